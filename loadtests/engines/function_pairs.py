"""Measures a suite in pairs: one fresh process of each variant, in random order.

Memory layout and hash seed differ from process to process, and the speed with them. Rounds of one
process share both, so the unit is the process: in each pair every variant runs once, and the
medians of the processes are compared (Kalibera & Jones 2013, "Rigorous Benchmarking in Reasonable
Time").
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from contract.run.micro import (
    BenchmarkRecord,
    LeftOutRecord,
    MicroRecord,
    ProcessTimes,
    write_micro,
)
from loadtests.engines.allotment import UNITS_PLANNED, has_time, time_left_s
from loadtests.planning.disclosure import printable
from loadtests.planning.suite import Suite, SuiteVariant
from loadtests.probes.function.names import Function, names_of
from loadtests.probes.function.observations import (
    FloatArray,
    FunctionObservation,
    LeftOut,
    ProcessObservation,
)
from loadtests.probes.function.process import measure_process

PAIRS_MAX = 60
CHANGED_NAMED_MAX = 20
SECONDS_MIN = 0.5
"""Of measuring in a process. If a start takes long, this gives fewer pairs, not shorter ones."""

Measure = Callable[[SuiteVariant, float], Awaitable[ProcessObservation]]
"""Runs a variant in a process that measures for so many seconds."""


async def measure_suite(
    suite: Suite,
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    seed: int,
    say: Callable[[str], None],
) -> None:
    """Measure pairs of processes, and write what they took, also when it ends early.

    Args:
        suite: variants that differ.
        folder: of the run; takes micro.json, micro.parquet and the log.
        environment: added to this process's own; each variant's is added to both.
        seconds: for all of it, about.
        seed: of the order within each pair.
        say: takes a line of progress.

    Raises:
        MeasureError: a process failed, or measured nothing.
    """
    say(f"running the suite {suite.path} ({seconds:.0f} s)")

    async def measure(variant: SuiteVariant, each_s: float) -> ProcessObservation:
        return await measure_process(suite, variant, each_s, folder, environment)

    pairs = Pairs(suite)
    try:
        await run_pairs(pairs, measure, seconds, seed, say, time.monotonic)
    finally:
        if pairs.order:
            write_micro(folder, pairs.record(), pairs.times())


class Pairs:
    """The complete pairs so far.

    Attributes:
        order: of the variants in each pair, as indices.
    """

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.order: list[tuple[int, ...]] = []
        self._times: list[tuple[int, int, str, Function, FloatArray]] = []
        self._first: dict[Function, FunctionObservation] = {}
        self._left_out: dict[tuple[Function, str], LeftOut] = {}
        self._changed: set[str] = set()

    def add(self, order: tuple[int, ...], observed: Sequence[ProcessObservation]) -> None:
        """Add a pair: for each process, in the order of the pair, what it measured."""
        for position, (index, process) in enumerate(zip(order, observed, strict=True)):
            variant = self.suite.variants[index].name
            self._changed |= process.changed
            for one in process.functions:
                self._first.setdefault(one.function, one)
                times = (len(self.order), position, variant, one.function, one.times_s)
                self._times.append(times)
            for left_out in process.left_out:
                self._left_out.setdefault((left_out.function, variant), left_out)
        self.order.append(order)

    def times(self) -> list[ProcessTimes]:
        """Of all processes, in order of time.

        A function that a process left out is left out of all of its variant's: those that measured
        it are a choice by what was to be measured.
        """
        names = self._names()
        return [
            ProcessTimes(pair, position, variant, names[function], times_s)
            for pair, position, variant, function, times_s in self._times
            if (function, variant) not in self._left_out
        ]

    def record(self) -> MicroRecord:
        """How the suite was measured."""
        suite = self.suite
        names = self._names()
        return MicroRecord(
            suite=suite.path,
            variants=tuple(variant.name for variant in suite.variants),
            parameters={variant.name: dict(variant.parameters) for variant in suite.variants},
            by_parameters=suite.by_parameters,
            revisions={one.name: one.revision for one in suite.variants if one.revision},
            files_changed=suite.files_changed,
            changed=len(suite.changed),
            changed_imported=tuple(map(printable, sorted(self._changed)[:CHANGED_NAMED_MAX])),
            order=tuple(self.order),
            benchmarks=tuple(
                BenchmarkRecord(
                    name=names[function],
                    group=first.group,
                    parameters=dict(first.parameters or {}),
                    extra_info=dict(first.extra_info or {}),
                )
                for function, first in self._first.items()
                if any((function, one.name) not in self._left_out for one in suite.variants)
            ),
            left_out=tuple(
                LeftOutRecord(
                    name=names[function],
                    variant=variant,
                    reason=one.reason,
                    by_suite=one.by_suite,
                )
                for (function, variant), one in self._left_out.items()
            ),
        )

    def _names(self) -> dict[Function, str]:
        # Of all variants together, so that each has the same name for the same function.
        return names_of((*self._first, *(function for function, _ in self._left_out)))


async def run_pairs(
    pairs: Pairs,
    measure: Measure,
    seconds: float,
    seed: int,
    say: Callable[[str], None],
    clock: Callable[[], float],
) -> None:
    """Measure pairs until the time is over; a pair that is interrupted is left out.

    Args:
        pairs: takes them.
        measure: runs one process.
        seconds: for all of it, about.
        seed: of the order within each pair.
        say: takes a line of progress.
        clock: seconds that only grow.
    """
    variants = pairs.suite.variants
    began_s = clock()
    # The first process is not compared: it compiles what others load, and its time beyond the
    # measuring is that of a start.
    await measure(variants[0], SECONDS_MIN)
    startup_s = max(0.0, clock() - began_s - SECONDS_MIN)
    each_s = share(seconds - startup_s, startup_s, len(variants))
    # Four numbers, so that the generators of schedule and starts are independent of it.
    random = np.random.default_rng([seed, 0, 0, 2])
    pairs_began_s = clock()
    longest_s = 0.0
    while len(pairs.order) < PAIRS_MAX and has_time(
        len(pairs.order), clock() - began_s, longest_s, seconds
    ):
        pair_began_s = clock()
        order = tuple(int(index) for index in random.permutation(len(variants)))
        pairs.add(order, [await measure(variants[index], each_s) for index in order])
        longest_s = max(longest_s, clock() - pair_began_s)
        done = len(pairs.order)
        left_s = time_left_s(done, clock() - pairs_began_s, seconds - (pairs_began_s - began_s))
        say(f"suite: {done} pairs · about {left_s:.0f} s left")


def share(seconds: float, startup_s: float, variants: int) -> float:
    """How long each process measures: in as many pairs as a verdict needs, if there is time."""
    each_s = seconds / (UNITS_PLANNED * variants) - startup_s
    # More processes are more informative than longer ones.
    return max(SECONDS_MIN, min(each_s, 2 * startup_s))
