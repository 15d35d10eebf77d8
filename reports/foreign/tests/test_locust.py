"""Columns of Locust's versions; test_formats.py has files of its own, test_cases.py the others."""

import json

from reports.foreign.locust import read_csv, read_json
from reports.foreign.shapes import Identity
from reports.foreign.tests.made import HISTORY_COLUMNS, locust_csv
from reports.foreign.texts import Content


def test_the_last_row_of_an_endpoint_is_about_the_whole_test() -> None:
    """A history has one a second, whose other quantiles are about the last seconds."""
    rows: tuple[str, ...] = ("1,2,GET,/a,9,1,1,5,0,10,11,12", "1,2,,Aggregated,9,1,1,5,0,10,11,12")
    rows += ("2,2,GET,/a,9,1,1,9,0,20,21.5,22", "2,2,GET,NA,9,N/A,N/A,9,0,N/A,5,5")
    found = read_csv(Content(locust_csv(*rows, columns=HISTORY_COLUMNS).encode()))
    assert found is not None

    assert [
        (Identity("Aggregated"), {"latency_s_p50": 0.01, "latency_s_mean": 0.011}, True),
        (Identity("/a", "GET"), {"latency_s_p50": 0.02, "latency_s_mean": 0.0215}, False),
        (Identity("NA", "GET"), {"latency_s_mean": 0.005}, False),
    ] == [
        (
            one.identity,
            {metric: round(value, 6) for metric, value in one.values_s.items()},
            one.total,
        )
        for one in found.series
    ]


def test_quantiles_of_counted_times() -> None:
    """The least time that so many requests do not exceed; few requests have no tail."""
    times = {"100": 50, "20": 49, "3000": 1}
    entry = {"name": "/a", "method": "GET", "num_requests": 100, "num_none_requests": 0}
    content = [{**entry, "num_failures": 0, "total_response_time": 5000, "response_times": times}]
    found = read_json(Content(json.dumps(content).encode()))
    assert found is not None

    assert {
        "latency_s_p50": 0.1,
        "latency_s_mean": 0.05,
        "latency_s_p95": 0.1,
        "latency_s_p99": 0.1,
    } == dict(found.series[0].values_s)
