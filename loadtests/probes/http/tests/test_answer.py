"""What an answer says of itself is read as a stranger's."""

import math

import pytest

from loadtests.probes.http.answer import (
    HEADER_LENGTH_MAX,
    body_hash,
    joined_hash,
    parse_cost,
    parse_server_timing,
)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['db;dur=12.3, cache;desc="x";dur=9, sign;dur=0.4'], (0.0123, 0.0004)),
        (["db;dur=1", "sign;dur=2"], (0.001, 0.002)),
        (['db;desc="a, b;dur=9";dur=5, sign;dur="7"'], (0.005, 0.007)),
        (['db;desc="say \\", db;dur=9\\"";dur=5'], (0.005, math.nan)),
        (["DB;Dur=5, Sign ; DUR = 6"], (0.005, 0.006)),
        (["db;dur=3, db;dur=4", "db;dur=5"], (0.012, math.nan)),
        (["db;dur=3;dur=4"], (0.003, math.nan)),
        (["db;dur=-3, sign;dur=0"], (math.nan, 0.0)),
        (["db;dur=1_000, sign;dur=12ms"], (0.001, 0.012)),
        (["db;dur=.5, sign;dur=1e1"], (0.0005, 0.01)),
        (['db;dur="1\\2"'], (0.012, math.nan)),
        (['db;desc="no end, sign;dur=5'], (math.nan, math.nan)),
        (["db;durations=7, sign;dur =8"], (math.nan, 0.008)),
    ],
)
def test_server_timing_becomes_seconds_by_stage(
    lines: list[str], expected: tuple[float, ...]
) -> None:
    """By the grammar of RFC 9110, 5.6: lists, quoted texts, parameters without regard to case."""
    assert expected == pytest.approx(parse_server_timing(lines, ("db", "sign")), nan_ok=True)


@pytest.mark.parametrize(
    "line", ["", "db", "db;dur=", "db;dur=abc", "db;dur=inf", ";;;,,,", "x" * 100_000, '"' * 9000]
)
def test_a_header_without_sense_is_an_absent_stage(line: str) -> None:
    """Nothing a service sends can end the measurement."""
    (seconds,) = parse_server_timing([line], ("db",))

    assert math.isnan(seconds)
    assert all(math.isnan(one) for one in parse_server_timing([], ("db",)))


def test_a_number_is_never_cut() -> None:
    """Of a line that is too long what stands at the limit is left out, as is all behind it."""
    line = "x;dur=1,".ljust(HEADER_LENGTH_MAX - len("db;dur=12"), " ") + "db;dur=12"

    assert (0.012,) == parse_server_timing([line], ("db",))
    assert math.isnan(parse_server_timing([line + "345"], ("db",))[0])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["db_requests=2, db_rows=350, other=1"], (350.0, math.nan, 2.0)),
        (["db_rows=1", 'cpu_s="0.5"'], (1.0, 0.5, math.nan)),
        (["db_rows=1, db_rows=2"], (3.0, math.nan, math.nan)),
        (['note="db_rows=9, db_rows=8", db_rows=1'], (1.0, math.nan, math.nan)),
        (["db_rows=1e308, db_rows=1e308, cpu_s=1e308"], (math.nan, 1e308, math.nan)),
        (["db_rows=nan, cpu_s=x"], (math.nan, math.nan, math.nan)),
        (["db_rows=1_0, cpu_s=12ms, db_requests= 7 "], (math.nan, math.nan, 7.0)),
        ([], (math.nan, math.nan, math.nan)),
    ],
)
def test_cost_becomes_counters_in_the_plans_order(
    lines: list[str], expected: tuple[float, ...]
) -> None:
    """Counters that the plan does not name are left out, absent ones are NaN."""
    found = parse_cost(lines, ("db_rows", "cpu_s", "db_requests"))

    assert expected == pytest.approx(found, nan_ok=True)


def test_a_sequence_of_bodies_is_equal_in_its_order() -> None:
    """What was answered first is no other request's answer."""
    first, second = body_hash(b"a"), body_hash(b"b")

    assert joined_hash([first, second]) == joined_hash([first, second])
    assert joined_hash([first, second]) != joined_hash([second, first])
