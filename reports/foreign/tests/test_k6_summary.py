"""Summaries of k6, as documented; test_cases.py has the files that users had."""

import json
from typing import Any

import pytest

from reports.foreign.k6_summary import read_summary
from reports.foreign.shapes import Findings, UnusableError
from reports.foreign.tests.made import k6_summary
from reports.foreign.texts import Content

NUMBERS = {"avg": 12.5, "min": 1, "med": 10.25, "max": 90, "p(90)": 20, "p(95)": 30.5}
EXPORTED = {"root_group": {}, "metrics": {"http_req_duration": NUMBERS}}
HANDLED = {"metrics": {"http_req_duration": {"type": "trend", "values": NUMBERS}}}
LISTED = {"results": {"metrics": [{"name": "http_req_duration", "values": NUMBERS}]}}


def found_in(content: dict[str, Any]) -> Findings:
    """What is read from a summary."""
    found = read_summary(Content(json.dumps(content).encode()))
    assert found is not None
    return found


@pytest.mark.parametrize("content", [EXPORTED, HANDLED, LISTED])
def test_all_forms_are_read(content: dict[str, Any]) -> None:
    """In seconds; what a summary does not state is not made up."""
    (series,) = found_in(content).series

    assert {
        "latency_s_p50": 0.01025,
        "latency_s_mean": 0.0125,
        "latency_s_p95": 0.0305,
    } == pytest.approx(dict(series.values_s))
    assert (None, 0) == (series.count, series.failed)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ({"passes": 3, "fails": 7, "value": 0.3}, (3, 10)),
        ({"passes": 7, "fails": 3, "rate": 0.3}, (3, 10)),
        ({"matches": 3, "total": 10, "rate": 0.3}, (3, 10)),
        ({"passes": 3, "fails": 7}, (3, 10)),
        ({"passes": 1, "fails": 999_999, "rate": 1e-9}, (1, 1_000_000)),
        ({"rate": 0.3}, (1, None)),
        ({"rate": 0}, (0, None)),
    ],
)
def test_the_share_is_how_many_failed(rate: dict[str, float], expected: object) -> None:
    """Versions of k6 give the two counts the opposite names."""
    (series,) = found_in(k6_summary(5, more={"http_req_failed": rate})).series

    assert expected == (series.failed, series.count)


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ({"passes": 9, "fails": 1, "value": 0.9}, "1 of 10 checks failed"),
        ({"passes": 999_999, "fails": 1, "value": 0.999999}, "1 of 1,000,000 checks failed"),
        ({"passes": 9, "fails": 0, "value": 1}, ""),
        ({"passes": 0, "fails": 0, "value": 0}, ""),
    ],
)
def test_checks_that_failed_are_reported(checks: dict[str, float], expected: str) -> None:
    """A wrong answer has status 200, too."""
    assert expected == found_in(k6_summary(5, more={"checks": checks})).failures


def test_checks_of_k6_2_stand_apart() -> None:
    """In a list of their own."""
    values = {"rate": 0.5, "matches": 1, "total": 2}
    checks = {"metrics": [{"name": "checks_succeeded", "values": values}]}
    content = {"results": {**LISTED["results"], "checks": checks}}

    assert "1 of 2 checks failed" == found_in(content).failures


def test_a_metric_that_stands_twice_is_refused() -> None:
    """One of the two would be lost."""
    listed = LISTED["results"]["metrics"]
    with pytest.raises(UnusableError, match="twice"):
        found_in({"results": {"metrics": [*listed, *listed]}})
