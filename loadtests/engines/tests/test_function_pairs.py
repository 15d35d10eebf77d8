"""Pairs of processes: their order and their end, with a fake clock and a fake probe."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from contract.run.micro import LeftOutRecord, read_micro
from loadtests.engines.function_pairs import (
    PAIRS_MAX,
    SECONDS_MIN,
    Pairs,
    measure_suite,
    run_pairs,
    share,
)
from loadtests.errors import MeasureError
from loadtests.planning.suite import Suite, SuiteVariant
from loadtests.probes.function.names import Function
from loadtests.probes.function.observations import (
    FunctionObservation,
    LeftOut,
    ProcessObservation,
)

SUITE = Suite("bench", (SuiteVariant("before"), SuiteVariant("after", {"how": "new"})))
STARTUP_S = 1.0
WORK = Function("bench_it.py", "test_work")


class Machine:
    """Processes that take their start and their time, and a clock that shows it.

    Attributes:
        runs: variant and seconds of each process.
        fail_at: the process, counted from 0, that fails.
    """

    def __init__(self, fail_at: int = -1) -> None:
        self.now_s = 100.0
        self.runs: list[tuple[str, float]] = []
        self.fail_at = fail_at

    async def measure(self, variant: SuiteVariant, each_s: float) -> ProcessObservation:
        """Run one process, or fail."""
        if len(self.runs) == self.fail_at:
            raise MeasureError("a test failed")
        self.runs.append((variant.name, each_s))
        self.now_s += STARTUP_S + each_s
        number = len(self.runs)
        return ProcessObservation((observed(WORK, 0.001 * number, run=str(number)),))


def observed(function: Function, time_s: float, **parameters: str) -> FunctionObservation:
    return FunctionObservation(function, np.array([time_s]), parameters=parameters)


def paired(machine: Machine, seconds: float, seed: int = 1) -> tuple[Pairs, list[str]]:
    pairs, said = Pairs(SUITE), list[str]()
    try:
        asyncio.run(
            run_pairs(pairs, machine.measure, seconds, seed, said.append, lambda: machine.now_s)
        )
    except MeasureError as error:
        said.append(str(error))
    return pairs, said


def test_each_pair_runs_every_variant_once() -> None:
    """In an order by lot, which the record holds; the first process is not compared."""
    machine = Machine()
    pairs, _ = paired(machine, 60)
    names = [name for name, _ in machine.runs[1:]]

    assert ("before", SECONDS_MIN) == machine.runs[0]
    assert names == [SUITE.variants[index].name for order in pairs.order for index in order]
    assert {(0, 1), (1, 0)} == set(pairs.order)
    assert [one.variant for one in pairs.times()] == names
    assert [0, 0, 1, 1] == [one.pair for one in pairs.times()[:4]]
    assert [0, 1, 0, 1] == [one.position for one in pairs.times()[:4]]
    assert 0.002 == pairs.times()[0].times_s[0]


def test_the_seed_decides_the_order() -> None:
    """The same seed gives the same order, another seed another one."""
    first, again, other = (paired(Machine(), 60, seed)[0].order for seed in (1, 1, 2))

    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1, 1),  # one pair, whatever it takes
        (20, 12),  # up to twice the time for as many as a verdict needs
        (100, 16),  # then the time is kept: (100 - 1.5) / (2 * (1 + 2))
        (10_000, PAIRS_MAX),
    ],
)
def test_time_decides_the_number_of_pairs(seconds: float, expected: int) -> None:
    """By the clock alone, whatever was measured."""
    machine = Machine()
    pairs, said = paired(machine, seconds)

    assert expected == len(pairs.order)
    assert said[-1].startswith(f"suite: {expected} pairs · about ")


@pytest.mark.parametrize(("fail_at", "expected"), [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1)])
def test_an_interrupted_pair_is_left_out(fail_at: int, expected: int) -> None:
    """What was complete before is kept."""
    pairs, said = paired(Machine(fail_at), 60)

    assert "a test failed" == said[-1]
    assert (expected, 2 * expected) == (len(pairs.order), len(pairs.times()))


def test_the_record_describes_the_suite() -> None:
    """Benchmarks are those of the first process that had them."""
    pairs, _ = paired(Machine(), 20)
    record = pairs.record()

    assert ("bench", ("before", "after")) == (record.suite, record.variants)
    assert {"before": {}, "after": {"how": "new"}} == record.parameters
    assert (True, {}, tuple(pairs.order)) == (record.by_parameters, record.revisions, record.order)
    assert [{"run": "2"}] == [benchmark.parameters for benchmark in record.benchmarks]


def test_what_a_process_left_out_is_left_out_of_all() -> None:
    """Those processes that could measure it are no fair choice; the first reason is kept."""
    other, gone = Function("bench_it.py", "test_other"), Function("bench_it.py", "test_gone")
    both = ProcessObservation((observed(WORK, 0.1), observed(other, 0.1), observed(gone, 0.1)))
    first, later = (LeftOut(other, reason, by_suite=False) for reason in ("first", "later"))
    pairs = Pairs(SUITE)
    pairs.add((0, 1), [both, ProcessObservation((observed(WORK, 0.1), observed(other, 0.1)))])
    pairs.add((1, 0), [ProcessObservation((observed(WORK, 0.1),), (first,)), both])
    pairs.add((1, 0), [ProcessObservation((observed(WORK, 0.1),), (later,)), both])
    measured = [(one.variant, one.benchmark) for one in pairs.times()]

    assert 3 == measured.count(("before", "it.other")) == measured.count(("after", "it.work"))
    assert 0 == measured.count(("after", "it.other")) == measured.count(("after", "it.gone"))
    expected = LeftOutRecord(name="it.other", variant="after", reason="first", by_suite=False)
    assert (expected,) == pairs.record().left_out
    assert ["it.work", "it.other", "it.gone"] == [one.name for one in pairs.record().benchmarks]


def test_variants_have_one_name_for_one_function() -> None:
    """Also where a second file of that name is in one revision alone."""
    files = ("api/bench_it.py", "core/bench_it.py")
    one, other = (Function(file, "test_f") for file in files)
    pairs = Pairs(SUITE)
    both = ProcessObservation((observed(one, 0.1), observed(other, 0.1)))
    pairs.add((0, 1), [ProcessObservation((observed(one, 0.1),)), both])

    assert [("before", "api/it.f"), ("after", "api/it.f"), ("after", "core/it.f")] == [
        (each.variant, each.benchmark) for each in pairs.times()
    ]


@pytest.mark.parametrize(
    ("seconds", "startup_s", "variants", "expected"),
    [
        # 14 pairs of 2 processes in 112 s: 4 s each, of which 2 start.
        (112, 2.0, 2, 2.0),
        # No process measures longer than twice its start; the rest is for more pairs.
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
def test_a_real_suite_is_written(tmp_path: Path) -> None:
    """Both files hold what real processes took; nothing else is left."""
    path = tmp_path / "bench_it.py"
    path.write_text(
        "import time, pytest\n"
        "@pytest.mark.parametrize('how', ['slow', 'fast'])\n"
        "def test_work(benchmark, how):\n"
        "    benchmark(time.sleep, 0.004 if how == 'slow' else 0.001)\n",
        encoding="utf-8",
    )
    folder = tmp_path / "run"
    folder.mkdir()
    variants = (SuiteVariant("before", {"how": "slow"}), SuiteVariant("after", {"how": "fast"}))
    suite = Suite(str(path), variants)
    asyncio.run(measure_suite(suite, folder, {}, 2, 7, lambda _: None))
    found = read_micro(folder)

    assert found is not None
    times = {one.variant: min(one.times_s) for one in found.processes}
    assert times["before"] > 0.004 > times["after"] > 0.001
    assert {"micro.json", "micro.parquet", "suite.log"} == {one.name for one in folder.iterdir()}
