"""What an answer says of itself is read as a stranger's."""

import math
import re

import pytest

from loadtests.answer import (
    body_hash,
    complaint,
    content_length,
    parse_cost,
    parse_server_timing,
)


def test_server_timing_becomes_seconds_by_stage() -> None:
    """Durations are milliseconds in the header and seconds in the record."""
    assert (0.0123, 0.0004) == pytest.approx(
        parse_server_timing('db;dur=12.3, cache;desc="x";dur=9, sign;dur=0.4', ("db", "sign"))
    )


@pytest.mark.parametrize(
    "header", [None, "", "db", "db;dur=", "db;dur=abc", "db;dur=inf", ";;;,,,", "x" * 100_000]
)
def test_a_header_without_sense_is_an_absent_stage(header: str | None) -> None:
    """Nothing a service sends can end the measurement."""
    (seconds,) = parse_server_timing(header, ("db",))

    assert math.isnan(seconds)


def test_cost_becomes_counters_in_the_plans_order() -> None:
    """Counters that the plan does not name are left out, absent ones are NaN."""
    rows, absent, requests = parse_cost(
        "db_requests=2, db_rows=350, other=1", ("db_rows", "cpu_s", "db_requests")
    )

    assert (350.0, 2.0) == (rows, requests)
    assert math.isnan(absent)


@pytest.mark.parametrize(
    ("status", "exception", "expected"),
    [
        (200, None, ""),
        (500, None, "status 500, expected 200"),
        (0, ConnectionRefusedError(), "ConnectionRefusedError"),
        (0, None, "no answer"),
    ],
)
def test_only_the_expected_status_is_right(
    status: int, exception: Exception | None, expected: str
) -> None:
    """An answer that is not the expected one says why."""
    assert expected == complaint(status, 200, exception)


@pytest.mark.parametrize(
    ("header", "expected"), [("12", 12), (None, 5), ("-1", 5), ("1e9", 5), ("9" * 40, 5), ("²", 5)]
)
def test_content_length_is_a_plain_number_or_not_believed(
    header: str | None, expected: int
) -> None:
    """Where the header makes no sense the body's own length stands."""
    assert expected == content_length(header, 5)


def test_bodies_are_equal_up_to_what_the_scenario_ignores() -> None:
    """Two signatures of the same address count as the same body; another address does not."""
    pattern = re.compile(rb'\?X-Amz-[^"]*')
    first = body_hash(b'{"url": "/a?X-Amz-Date=1&X-Amz-Signature=2"}', pattern)

    assert first == body_hash(b'{"url": "/a?X-Amz-Date=3&X-Amz-Signature=4"}', pattern)
    assert first != body_hash(b'{"url": "/b?X-Amz-Date=1&X-Amz-Signature=2"}', pattern)
    assert first != body_hash(b'{"url": "/a?X-Amz-Date=1&X-Amz-Signature=2"}', None)
