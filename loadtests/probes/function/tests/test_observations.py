"""What a process wrote, read back: functions with their times, and what is left out."""

from array import array
from pathlib import Path
from typing import Any

import pytest

from loadtests.planning.suite import Suite, SuiteVariant
from loadtests.probes.function.names import Function
from loadtests.probes.function.observations import (
    ProcessObservation,
    observe,
    read_results,
    shown,
)


def entry(tmp_path: Path, name: str, rounds: int, **more: Any) -> dict[str, Any]:
    found = {"file": str(tmp_path / "bench_it.py"), "function": name, "parameters": []}
    return {**found, "group": "", "extra_info": {}, "rounds": rounds, **more}


def observed(tmp_path: Path, entries: list[dict[str, Any]], *times: float) -> ProcessObservation:
    path = tmp_path / "suite.times"
    path.write_bytes(array("d", times).tobytes())
    variant = SuiteVariant("one", {"how": "fast"})
    content = {"benchmarks": entries, "left_out": []}
    return observe(content, path, Suite(str(tmp_path / "bench_it.py"), (variant,)), variant)


@pytest.mark.parametrize("odd", [0.0, -1e-9, float("nan"), float("inf")])
def test_a_round_without_a_time_leaves_the_function_out(tmp_path: Path, odd: float) -> None:
    """It alone; the others keep their own times."""
    entries = [entry(tmp_path, "test_a", 2), entry(tmp_path, "b", 3), entry(tmp_path, "c", 0)]
    found = observed(tmp_path, entries, 0.1, 0.2, 0.3, odd, 0.3)

    assert [[0.1, 0.2]] == [list(one.times_s) for one in found.functions]
    assert [Function("bench_it.py", "b"), Function("bench_it.py", "c")] == [
        one.function for one in found.left_out
    ]
    assert "1 of its 3 rounds took no time that its timer can tell from 0" == (
        found.left_out[0].reason
    )


def test_the_parameter_that_chooses_the_variant_is_not_in_the_name(tmp_path: Path) -> None:
    """It is among the parameters; long ids are cut there, too."""
    parameters = [[["how"], "fast"], [["data"], "x" * 5000]]
    (found,) = observed(tmp_path, [entry(tmp_path, "f", 1, parameters=parameters)], 0.1).functions

    assert found.function.case.startswith("data=xxx")
    assert found.parameters is not None
    assert {"how": 4, "data": 80} == {name: len(text) for name, text in found.parameters.items()}


def test_nothing_is_read_where_a_process_ended_before(tmp_path: Path) -> None:
    """It wrote no results."""
    assert {} == read_results(tmp_path / "suite.json")


def test_what_a_suite_reports_is_one_line_of_bounded_length() -> None:
    """Without commands to a terminal."""
    assert "a b ?[1m" == shown("a\n  b \x1b[1m")
    assert 203 == len(shown("x" * 5000))
