"""Raw points of k6, as documented; test_cases.py has the files that users had."""

import pytest

from reports.foreign.k6_points import read_csv, read_lines
from reports.foreign.shapes import Identity
from reports.foreign.tests.made import k6_csv, k6_line, k6_row
from reports.foreign.texts import Content

POINTS: tuple[tuple[int, dict[str, str]], ...] = (
    (10, {}),
    (30, {}),
    (20, {}),
    (7, {"name": "/b"}),
    (9, {"method": "POST"}),
)


def test_both_forms_have_the_same_series() -> None:
    """A row of a table and a line of JSON state the same."""
    table = read_csv(Content(k6_csv(*(k6_row(value, **tags) for value, tags in POINTS)).encode()))
    lines = read_lines(Content("".join(k6_line(value, **tags) for value, tags in POINTS).encode()))
    assert table is not None
    assert lines is not None

    assert [
        (Identity("/a", "GET"), 0.02, 3),
        (Identity("/b", "GET"), 0.007, 1),
        (Identity("/a", "POST"), pytest.approx(0.009), 1),
    ] == [(one.identity, one.values_s["latency_s_p50"], one.count) for one in table.series]
    assert [(one.identity, one.values_s) for one in table.series] == [
        (one.identity, one.values_s) for one in lines.series
    ]


def test_a_document_is_no_line() -> None:
    """Lines of JSON begin with a metric or a point."""
    assert read_lines(Content(b'{"type": "x"}')) is None
    assert read_lines(Content(b"[" * 100_000)) is None


def test_metrics_that_are_no_requests_are_not_read() -> None:
    """Nor iterations where there are requests."""
    rows = [k6_row(9, metric=one) for one in ("iteration_duration", "vus", "http_req_waiting")]
    found = read_csv(Content(k6_csv(*rows, k6_row(5)).encode()))
    assert found is not None

    assert [0.005] == [one.values_s["latency_s_p50"] for one in found.series]
