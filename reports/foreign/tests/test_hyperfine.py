"""Commands of hyperfine; test_formats.py has a file that it wrote, test_cases.py the others."""

import json

from reports.foreign.hyperfine import read_results
from reports.foreign.tests.made import hyperfine
from reports.foreign.texts import Content


def test_exit_codes_that_fit_no_times_leave_all_times_in() -> None:
    """Which one failed is unknown, yet one did."""
    content = hyperfine({"times": [1, 2, 3], "median": 2, "exit_codes": [0, 1]})
    found = read_results(Content(json.dumps(content).encode()))
    assert found is not None
    (series,) = found.series

    assert {"latency_s_p50": 2.0} == dict(series.values_s)
    assert 1 == series.failed


def test_other_results_are_not_hyperfines() -> None:
    """A list of results is no invention of one tool."""
    assert read_results(Content(b'{"results": [{"name": "x"}]}')) is None
    assert read_results(Content(b'{"results": {"metrics": []}}')) is None
