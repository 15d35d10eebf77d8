"""What an answer says of itself is read as a stranger's."""

import math
import re

import pytest

from loadtests.probes.http.answer import (
    body_hash,
    body_size,
    complaint,
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
    ("status", "wanted", "exception", "missing_bytes", "expected"),
    [
        (200, 200, None, 0, ""),
        (404, 404, ConnectionError(), 0, ""),
        (500, 200, ConnectionError(), 0, "status 500, expected 200"),
        (0, 200, ConnectionRefusedError(), 0, "ConnectionRefusedError"),
        (0, 200, None, 0, "no answer"),
        (200, 200, None, 83, "the body lacks 83 bytes"),
        (200, 200, EOFError(), 0, "unreadable: EOFError"),
    ],
)
def test_only_a_whole_answer_of_the_expected_status_is_right(
    status: int, wanted: int, exception: Exception | None, missing_bytes: int, expected: str
) -> None:
    """An answer that is not the expected one says why."""
    assert expected == complaint(status, wanted, exception, missing_bytes)


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", {"content-length": "5"}, (5, 0)),
        ("GET", {"content-length": "100"}, (5, 95)),
        ("GET", {}, (5, 0)),
        ("GET", {"content-length": "3", "content-encoding": "gzip"}, (3, 0)),
        ("GET", {"content-encoding": "gzip"}, (None, 0)),
        ("HEAD", {"content-length": "100"}, (0, 0)),
        ("GET", {"content-length": "-1"}, (5, 0)),
        ("GET", {"content-length": "1e9"}, (5, 0)),
        ("GET", {"content-length": "9" * 40}, (5, 0)),
        ("GET", {"content-length": "²"}, (5, 0)),
    ],
)
def test_a_body_is_as_long_as_it_came(
    method: str, headers: dict[str, str], expected: tuple[int | None, int]
) -> None:
    """What was promised and did not come is missing; a header without sense promises nothing."""
    assert expected == body_size(method, headers, 5)


def test_bodies_are_equal_up_to_what_the_scenario_ignores() -> None:
    """Two signatures of the same address count as the same body; another address does not."""
    pattern = re.compile(rb'\?X-Amz-[^"]*')
    first = body_hash(b'{"url": "/a?X-Amz-Date=1&X-Amz-Signature=2"}', pattern)

    assert first == body_hash(b'{"url": "/a?X-Amz-Date=3&X-Amz-Signature=4"}', pattern)
    assert first != body_hash(b'{"url": "/b?X-Amz-Date=1&X-Amz-Signature=2"}', pattern)
    assert first != body_hash(b'{"url": "/a?X-Amz-Date=1&X-Amz-Signature=2"}', None)
