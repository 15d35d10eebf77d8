"""Suites in real processes: what each variant runs, in which order, and what goes wrong."""

import asyncio
import time
from pathlib import Path

import pytest

from contract.run.micro import Micro, read_micro
from loadtests.course import MeasureError
from loadtests.engines.allotment import OVERRUN
from loadtests.engines.function_pairs import SECONDS_MIN, measure_suite, share
from loadtests.planning.suite import Suite, SuiteVariant

SUITE = '''
import os
import time

import pytest

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("how", ["slow", "fast"])
def test_work(benchmark, how):
    """Sleeps as long as its parameter says."""
    benchmark(time.sleep, 0.004 if how == "slow" else 0.001)


def test_same(benchmark):
    """Needs no parameter."""
    benchmark(sum, range(100))


def test_environment(benchmark):
    """Sleeps as long as the environment says."""
    benchmark(time.sleep, float(os.environ.get("PAUSE_S", "0.001")))


def test_no_benchmark():
    raise AssertionError("not asked for")
'''


def measured(
    tmp_path: Path,
    *variants: SuiteVariant,
    suite: str = SUITE,
    seconds: float = 4,
    without: tuple[str, ...] = (),
) -> Micro:
    path = tmp_path / "bench_it.py"
    path.write_text(suite, encoding="utf-8")
    folder = tmp_path / "run"
    folder.mkdir(exist_ok=True)
    asked = Suite(str(path), variants, without)
    asyncio.run(measure_suite(asked, folder, {}, seconds, 7, lambda _: None))
    found = read_micro(folder)
    assert found is not None
    return found


def test_variants_by_parameter(tmp_path: Path) -> None:
    """Each process runs its variant's tests; what has no such parameter is the same in both."""
    found = measured(
        tmp_path,
        SuiteVariant("before", {"how": "slow"}),
        SuiteVariant("after", {"how": "fast"}),
    )
    names = {one.name: one.parameters for one in found.record.benchmarks}
    medians = {
        one.variant: sorted(one.times_s)[len(one.times_s) // 2]
        for one in found.processes
        if one.benchmark == "it.work"
    }

    assert {"it.work", "it.same", "it.environment"} == set(names)
    assert (["how"], []) == (list(names["it.work"]), list(names["it.same"]))
    assert found.record.by_parameters
    assert medians["before"] > 2 * medians["after"]
    assert {0, 1} == {one.position for one in found.processes}


@pytest.mark.slow
def test_variants_by_environment(tmp_path: Path) -> None:
    """Any test may differ, so all are compared."""
    found = measured(
        tmp_path,
        SuiteVariant("before", {"how": "fast"}),
        SuiteVariant("after", {"how": "fast"}, {"PAUSE_S": "0.005"}),
    )

    assert not found.record.by_parameters
    assert {"it.work", "it.same", "it.environment"} == {one.name for one in found.record.benchmarks}


def test_variants_without_a_difference_are_one() -> None:
    """Nothing is measured twice under two names."""
    same = Suite("suite", (SuiteVariant("one"), SuiteVariant("two"), SuiteVariant("x", {"a": "b"})))

    assert ["one", "x"] == [one.name for one in same.distinct().variants]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"how": "quick"}, "no benchmark has how=quick; there are fast, slow"),
        ({"whence": "x"}, "no benchmark has a parameter 'whence'"),
    ],
)
def test_a_parameter_that_is_nowhere(tmp_path: Path, parameters: dict[str, str], told: str) -> None:
    """Two variants that are the same are no comparison."""
    with pytest.raises(MeasureError, match=r"the suite .*, wrong, exited with 4") as refused:
        measured(tmp_path, SuiteVariant("wrong", parameters))
    assert told in str(refused.value)


@pytest.mark.slow
def test_a_failing_test_ends_the_suite(tmp_path: Path) -> None:
    """A wrong answer is no fast answer."""
    wrong = "def test_wrong(benchmark):\n    assert benchmark(lambda: 1) == 2\n"

    with pytest.raises(MeasureError, match=r"exited with 1; last output: .*1 failed"):
        measured(tmp_path, SuiteVariant("only"), suite=wrong)


@pytest.mark.parametrize(
    ("seconds", "startup_s", "variants", "expected"),
    [
        # 14 pairs of 2 processes in 112 s: 4 s each, of which 2 start.
        (112, 2.0, 2, 2.0),
        # Longer than twice its start no process measures; the rest is for more pairs.
        (280, 2.0, 2, 4.0),
        # No time for as many: half a second each, in fewer pairs.
        (15, 2.0, 2, SECONDS_MIN),
        (86_400, 0.1, 2, SECONDS_MIN),
    ],
)
def test_shares_by_hand(seconds: float, startup_s: float, variants: int, expected: float) -> None:
    """Time for as many pairs as a verdict needs, then for longer processes, then for more pairs."""
    assert expected == pytest.approx(share(seconds, startup_s, variants))


@pytest.mark.slow
def test_the_clock_ends_it(tmp_path: Path) -> None:
    """As many whole pairs as there is time for, twice that for those that a verdict needs."""
    began_s = time.monotonic()
    found = measured(
        tmp_path,
        SuiteVariant("before", {"how": "fast"}),
        SuiteVariant("after", {"how": "slow"}),
        seconds=5,
    )

    assert 2 <= len(found.record.order)
    assert {0, *range(1, len(found.record.order))} == {one.pair for one in found.processes}
    # One pair may begin before that time is up.
    assert time.monotonic() - began_s < OVERRUN * 5 + 8


@pytest.mark.slow
def test_some_are_left_out_by_name(tmp_path: Path) -> None:
    """By a part of their name, in every variant."""
    found = measured(
        tmp_path,
        SuiteVariant("before", {"how": "fast"}),
        SuiteVariant("after", {"how": "slow"}),
        seconds=2,
        without=("test_same", "work[fast"),
    )

    assert {"it.work", "it.environment"} == {one.name for one in found.record.benchmarks}
    assert {"after"} == {one.variant for one in found.processes if one.benchmark == "it.work"}


@pytest.mark.slow
def test_an_empty_value_leaves_tests_out(tmp_path: Path) -> None:
    """A variant of the suite need not measure everything again."""
    found = measured(
        tmp_path,
        SuiteVariant("before", {"how": "fast"}),
        SuiteVariant("rest", {"how": ""}),
    )

    assert {"before"} == {one.variant for one in found.processes if one.benchmark == "it.work"}
    assert {"before", "rest"} == {
        one.variant for one in found.processes if one.benchmark == "it.same"
    }
