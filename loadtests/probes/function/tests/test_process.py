"""One real process of a suite: which tests it runs, and what it says when it fails."""

import asyncio
from pathlib import Path

import pytest

from loadtests.errors import MeasureError
from loadtests.planning.suite import Suite, SuiteVariant
from loadtests.probes.function.process import (
    SUITE_LOG,
    FunctionObservation,
    function_name,
    measure_process,
)

SUITE = '''
import os
import time

import pytest


@pytest.mark.parametrize("how", ["slow", "fast"])
def test_work(benchmark, how):
    """Sleeps as long as its parameter says."""
    benchmark.extra_info["how"] = how
    benchmark(time.sleep, 0.004 if how == "slow" else 0.001)


def test_environment(benchmark):
    """Sleeps as long as the environment says."""
    benchmark.group = "sleeps"
    benchmark(time.sleep, float(os.environ["PAUSE_S"]))


def test_no_benchmark():
    raise AssertionError("it must not run")
'''
TWICE = """
import pytest


@pytest.mark.parametrize("a", [1, "1"])
def test_x(benchmark, a):
    benchmark(int)
"""
# Other plugins make a start longer.
ENVIRONMENT = {
    "PAUSE_S": "0.001",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "pytest_benchmark.plugin",
}


def observed(
    tmp_path: Path, variant: SuiteVariant, suite: str = SUITE, excluded: tuple[str, ...] = ()
) -> dict[str, FunctionObservation]:
    """By the names of benchmarks."""
    path = tmp_path / "bench_it.py"
    path.write_text(suite, encoding="utf-8")
    found = asyncio.run(
        measure_process(Suite(str(path), (variant,), excluded), variant, 0.2, tmp_path, ENVIRONMENT)
    )
    assert [] == list(tmp_path.glob("suite.json"))
    return {one.benchmark.name: one for one in found}


def refused(tmp_path: Path, variant: SuiteVariant, suite: str = SUITE) -> str:
    with pytest.raises(MeasureError) as caught:
        observed(tmp_path, variant, suite)
    return str(caught.value)


def test_a_variant_runs_the_benchmarks_with_its_parameters(tmp_path: Path) -> None:
    """Each has all its rounds; a test without a benchmark does not run."""
    found = observed(tmp_path, SuiteVariant("before", {"how": "slow"}))
    work, environment = found["it.work"], found["it.environment"]

    assert {"it.work", "it.environment"} == set(found)
    assert ({"how": "slow"}, {"how": "slow"}) == (
        work.benchmark.parameters,
        work.benchmark.extra_info,
    )
    assert "sleeps" == environment.benchmark.group
    assert min(work.times_s) > 0.004
    assert min(environment.times_s) > 0.001
    assert len(environment.times_s) > 10


def test_a_variant_has_its_environment(tmp_path: Path) -> None:
    """It replaces the one of all processes; excluded tests do not run."""
    variant = SuiteVariant("after", {"how": ""}, {"PAUSE_S": "0.01"})
    found = observed(tmp_path, variant, excluded=("test_work",))

    assert ["it.environment"] == list(found)
    assert min(found["it.environment"].times_s) > 0.01


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"how": "quick"}, "no benchmark has how=quick; there are fast, slow"),
        ({"whence": "x"}, "no benchmark has a parameter 'whence'"),
    ],
)
def test_an_unknown_parameter_is_refused(
    tmp_path: Path, parameters: dict[str, str], expected: str
) -> None:
    """Two variants that are the same would be no comparison."""
    said = refused(tmp_path, SuiteVariant("wrong", parameters))

    assert f"{tmp_path}/bench_it.py, wrong, exited with 4; last output: ERROR: {expected}" in said


@pytest.mark.parametrize(
    ("suite", "expected"),
    [
        ("def test_x(benchmark):\n    assert benchmark(int) == 1\n", "last output: 1 failed"),
        (
            TWICE,
            "two benchmarks that are called 'it.x[a=1]' in only. Rename one",
        ),
    ],
)
def test_a_suite_that_fails_is_no_measurement(tmp_path: Path, suite: str, expected: str) -> None:
    """A wrong answer is no fast answer, and two results need two names."""
    assert expected in refused(tmp_path, SuiteVariant("only"), suite)


def test_the_log_is_kept(tmp_path: Path) -> None:
    """The message names it."""
    said = refused(tmp_path, SuiteVariant("only"), "import nothing_like_it\n")

    assert said.endswith(f"; see {tmp_path / SUITE_LOG}")
    assert "nothing_like_it" in (tmp_path / SUITE_LOG).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("fullname", "parameters", "expected"),
    [
        ("benchmarks/bench_codec.py::test_decode", {}, "codec.decode"),
        (
            "test_codec.py::TestX::test_decode[1-a]",
            {"size": "1"},
            "codec.TestX.test_decode[size=1]",
        ),
        ("codec.py::test_x[b-a]", {"b": "2", "a": "1"}, "codec.x[a=1, b=2]"),
    ],
)
def test_names_are_those_of_every_variant(
    fullname: str, parameters: dict[str, str], expected: str
) -> None:
    """Module, function and the parameters that all variants have, in order."""
    assert expected == function_name(fullname, parameters)
