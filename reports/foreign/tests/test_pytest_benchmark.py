"""Benchmarks of pytest-benchmark; test_formats.py has a file of its own, test_cases.py others."""

import json

from reports.foreign.pytest_benchmark import read_benchmarks
from reports.foreign.shapes import Identity
from reports.foreign.tests.made import benchmarks
from reports.foreign.texts import Content


def test_parameters_stand_in_a_name_once() -> None:
    """A name with ids states them already; without, they tell tests apart."""
    found = read_benchmarks(
        Content(
            json.dumps(
                benchmarks(
                    {"fullname": "t[1-x]", "params": {"n": 1, "m": "x"}},
                    {"fullname": "t", "params": {"n": 1}, "group": "g"},
                    {"fullname": None, "name": None},
                )
            ).encode()
        )
    )
    assert found is not None

    assert [
        Identity("t[1-x]"),
        Identity("t", group="g", parameters="n=1"),
        Identity("benchmark 3"),
    ] == [one.identity for one in found.series]


def test_time_and_machine_are_read() -> None:
    """As far as they are there."""
    content = benchmarks({}, datetime="2026", machine_info={"cpu": {"brand_raw": "Xeon"}})
    found = read_benchmarks(Content(json.dumps(content).encode()))
    assert found is not None

    assert "2026, Xeon" == found.measured
