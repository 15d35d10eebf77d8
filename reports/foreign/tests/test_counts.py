"""Counts of failures that nobody can read: the file is refused, and nothing looks faster."""

import io
from pathlib import Path
from typing import Any

import pytest

from contract.errors import ReportError
from reports.foreign.tests.made import (
    HISTORY_COLUMNS,
    autocannon,
    benchmarks,
    hyperfine,
    k6_2,
    k6_csv,
    k6_line,
    k6_row,
    k6_summary,
    locust_csv,
    written,
)
from reports.publish import compare_runs_of

NO_COUNT = "which is no whole number from 0 to"
NO_SHARE = "which is no number from 0 to 1"
CELLS = ['"1,100"', "x", "", "-5", "inf", "nan", "0x10", "1_100", "0.5", "True", "9" * 500]
VALUES: list[Any] = ["50", "1,100", "", -3, 0.5, True, [1], {}, float("inf"), 10**400, "x" * 500]
SHARES: list[Any] = ["1", "", True, -1, -0.1, 1.5, [1], {}, float("nan"), float("inf")]
ENTRY = {"name": "/a", "method": "GET", "num_requests": 9, "response_times": {"5": 9}}


def history(cell: str) -> str:
    """A history of Locust with this count of failures."""
    return locust_csv(f"1,2,GET,/a,9,5,5,100,{cell},10,10,10", columns=HISTORY_COLUMNS)


def failed(**rate: Any) -> dict[str, Any]:
    """A summary of k6 with this rate of failures."""
    return k6_summary(5, more={"http_req_failed": rate})


def k6_2_rate(**rate: Any) -> dict[str, Any]:
    """The same in the form of k6 2.x."""
    content = k6_2(5)
    content["results"]["metrics"][1]["values"] = rate
    return content


def point(value: Any, metric: str) -> str:
    """Lines of k6 with this point."""
    return k6_line(5) + k6_line(value, metric=metric)


UNREADABLE = [
    *(
        ("Locust", locust_csv(f"GET,/a,{count},5,5,5,5,5"), at, NO_COUNT)
        for cell in CELLS
        for count, at in (
            (f"100,{cell}", "'Failure Count' of 'GET /a'"),
            (f"{cell},0", "'Request Count' of 'GET /a'"),
        )
    ),
    *(("Locust", history(cell), "'Total Failure Count' of 'GET /a'", NO_COUNT) for cell in CELLS),
    *(
        ("Locust", [ENTRY, {**ENTRY, key: value}], f"the '{key}' of its entry 2", NO_COUNT)
        for key in ("num_failures", "num_requests", "num_none_requests")
        for value in VALUES
    ),
    *(
        ("Locust", [{**ENTRY, "response_times": {"5": value}}], "a count in the", NO_COUNT)
        for value in VALUES
    ),
    *(
        ("autocannon", autocannon(5, **{key: value}), f"its '{key}'", NO_COUNT)
        for key in ("non2xx", "errors", "timeouts", "mismatches", "resets")
        for value in VALUES
    ),
    *(
        ("autocannon", autocannon(5, requests={"total": value}), "its 'total'", NO_COUNT)
        for value in VALUES
    ),
    *(
        ("k6", form(**{key: value}), f"the '{key}' of its 'http_req_failed'", NO_SHARE)
        for form in (failed, k6_2_rate)
        for key in ("rate", "value")
        for value in SHARES
    ),
    *(
        ("k6", form(**{key: value}), f"the '{key}' of its 'http_req_failed'", NO_COUNT)
        for form in (failed, k6_2_rate)
        for key in ("passes", "fails", "matches", "total")
        for value in VALUES
    ),
    *(
        ("k6", k6_summary(5, more={name: value}), f"its '{name}'", "which is no object")
        for name in ("http_req_failed", "http_req_failed{name:a}", "checks")
        for value in (1, "1", True, [1])
    ),
    ("k6", k6_summary(5, more={"checks": {"value": "0"}}), "the 'value' of its 'checks'", NO_SHARE),
    (
        "k6",
        k6_summary(5, more={"http_req_duration": {"med": 5, "count": "9"}}),
        "'count'",
        NO_COUNT,
    ),
    *(
        ("k6", point(value, metric), f"in its line 2, a point of '{metric}'", NO_SHARE)
        for metric in ("http_req_failed", "checks")
        for value in SHARES
    ),
    *(
        ("k6", k6_csv(k6_row(5), k6_row(cell, metric=metric)), f"a point of '{metric}'", NO_SHARE)
        for metric in ("http_req_failed", "checks")
        for cell in ("", "x", "NaN", "true", "True", "-1", "inf", "2", "0x1")
    ),
    *(
        ("k6", form(5, status=cell, expected_response=""), "the 'status' of 'GET /a'", "no number")
        for form in (lambda *one, **tags: k6_csv(k6_row(*one, **tags)), k6_line)
        for cell in ("5xx", "-1", "nan", "OK")
    ),
    *(
        ("k6", k6_csv(k6_row(5, expected_response=cell)), "'expected_response'", "true or false")
        for cell in ("0", "no", "maybe")
    ),
    *(
        ("hyperfine", hyperfine({"times": [1], "exit_codes": [code]}), "of 'x'", "whole number")
        for code in list[Any](("0", "1", True, False, 0.5, [0], {}))
    ),
    *(
        ("hyperfine", hyperfine({"times": [1], "exit_codes": codes}), "of 'x'", "no list")
        for codes in list[Any](("0", 0, {}, False))
    ),
    *(
        (
            "pytest-benchmark",
            benchmarks({"stats": {"median": 1, "rounds": value}}),
            "the 'rounds' of its benchmark 1",
            NO_COUNT,
        )
        for value in VALUES
    ),
]


@pytest.mark.parametrize(("tool", "content", "place", "wanted"), UNREADABLE)
def test_a_count_that_cannot_be_read_is_refused(
    tmp_path: Path, tool: str, content: object, place: str, wanted: str
) -> None:
    """In one line with the tool, the place and the value."""
    path = written(tmp_path, content)

    with pytest.raises(ReportError, match=f"looks like {tool}'s, but ") as refused:
        compare_runs_of(path, path, io.StringIO())
    message = str(refused.value)
    assert place in message
    assert wanted in message
    assert 1 == len(message.splitlines())
    assert len(message) < 500


def test_the_message_shows_the_value(tmp_path: Path) -> None:
    """As the file has it, so that a person finds it."""
    path = written(tmp_path, locust_csv('GET,/a,2000,"1,100",5,5,5,5,5'))

    with pytest.raises(ReportError) as refused:
        compare_runs_of(path, path, io.StringIO())
    assert (
        f"{path}: looks like Locust's, but its 'Failure Count' of 'GET /a' is \"1,100\", which is "
        "no whole number from 0 to 10^15. Export it again with --csv." == str(refused.value)
    )


STATED = [
    (locust_csv("GET,/a,100,0.0,5,5,5,5,5"), "no change"),
    (locust_csv("GET,/a,100,3.0,5,5,5,5,5"), "3 of 100 failed"),
    (locust_csv("GET,/a,5,5", columns="Type,Name,50%,95%"), "no change"),
    ([{**ENTRY, "num_failures": None}], "no change"),
    ([{**ENTRY, "num_requests": None, "num_failures": 2}], "5.00 ms, some failed"),
    (autocannon(5, non2xx=None, errors=None), "no change"),
    (autocannon(5, requests={"total": None}), "no change"),
    (autocannon(5, requests={}, errors=3), "5.00 ms, some failed"),
    (failed(rate=None, value=0.5, passes=1, fails=1), "1 of 2 failed"),
    (failed(), "no change"),
    (k6_summary(5, more={"http_req_failed": None, "checks": None}), "no change"),
    (k6_summary(5, more={"http_req_duration": {"med": 5, "count": None}}), "no change"),
    (k6_csv(k6_row(5), k6_row("0.0", metric="http_req_failed")), "no change"),
    (k6_csv(k6_row(5), k6_row("1.0", metric="http_req_failed")), "1 of 1 failed"),
    (point(0, "http_req_failed"), "no change"),
    (point(1, "http_req_failed"), "1 of 1 failed"),
    (k6_csv(k6_row(5, status="200.0", expected_response="")), "no change"),
    (k6_csv(k6_row(5, status="5xx", expected_response="True")), "no change"),
    (k6_csv(k6_row(5, status="", expected_response="")), "no change"),
    (hyperfine({"times": [1], "exit_codes": None}), "no change"),
    (hyperfine({"times": [1, 1], "exit_codes": [None, -1]}), "2 of 2 failed"),
    (benchmarks({"stats": {"median": 1, "rounds": None}}), "no change"),
]


@pytest.mark.parametrize(("content", "shown"), STATED)
def test_what_is_stated_is_read_and_what_is_missing_is_not_made_up(
    tmp_path: Path, content: object, shown: str
) -> None:
    """A file that states no failures has none that could be shown."""
    out, path = io.StringIO(), written(tmp_path, content)
    compare_runs_of(path, path, out)

    assert shown in out.getvalue()


@pytest.mark.parametrize(("cell", "lost"), [("N/A", 0), ("", 0), ('"1,100"', 1), ("-1", 1)])
def test_times_of_locust_that_cannot_be_read_are_counted(
    tmp_path: Path, cell: str, lost: int
) -> None:
    """N/A is what Locust writes where it has none."""
    out = io.StringIO()
    path = written(tmp_path, locust_csv(f"GET,/a,100,0,5,5,{cell},9,9"))
    compare_runs_of(path, path, out)

    assert lost == out.getvalue().count("A: left out values that are no time")
    assert "no change" in out.getvalue()
    assert f" {cell} " not in out.getvalue() or not lost
