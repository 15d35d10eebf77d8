"""Measures a pytest-benchmark suite: each variant in fresh processes, in pairs and random order.

Where a program's parts come to lie in memory and which hash seed it draws differs from start to
start, and so does its speed. Rounds of one process share that, so the unit is the process: in each
pair every variant gets one, in an order drawn by lot, and the process's median is what is compared
(Kalibera & Jones 2013, "Rigorous Benchmarking in Reasonable Time").
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from contract.run.micro import BenchmarkRecord, MicroRecord, ProcessTimes, write_micro
from loadtests.course import MeasureError
from loadtests.engines.allotment import UNITS_PLANNED, has_time, time_left_s
from loadtests.planning.suite import Suite, SuiteVariant
from loadtests.probes.function.processes import run_pytest

SUITE_LOG = "suite.log"
PAIRS_MAX = 60
SECONDS_MIN = 0.5
"""Of measuring in a process; where its start takes longer than what it measures, fewer pairs."""


async def measure_suite(
    suite: Suite,
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    seed: int,
    say: Callable[[str], None],
) -> None:
    """Measure pairs of processes for about so long, and write what they took.

    Args:
        suite: variants that differ.
        folder: of the run; takes micro.json, micro.parquet and the log.
        environment: of all processes, beside each variant's own.
        seconds: for all of it.
        seed: of the order within each pair.
        say: takes a line of progress.

    Raises:
        MeasureError: a process failed, or measured nothing.
    """
    began_s = time.monotonic()
    say(f"running the suite {suite.path} ({seconds:.0f} s)")
    # Nobody compares the first process: it compiles what others load, and tells what a start takes.
    processes = [_Process(suite, one, folder, environment) for one in suite.variants]
    await processes[0].run(SECONDS_MIN)
    startup_s = max(0.0, time.monotonic() - began_s - SECONDS_MIN)
    each_s = share(seconds - startup_s, startup_s, len(suite.variants))
    # Four numbers, so that it is no coin of the schedule or of the servers' start.
    coins = np.random.default_rng([seed, 0, 0, 2])
    found: list[ProcessTimes] = []
    benchmarks: dict[str, BenchmarkRecord] = {}
    order: list[tuple[int, ...]] = []
    pair_s = 0.0
    before_s = time.monotonic() - began_s
    try:
        while len(order) < PAIRS_MAX and has_time(
            len(order), time.monotonic() - began_s, pair_s, seconds
        ):
            pair_began_s = time.monotonic()
            drawn = tuple(int(one) for one in coins.permutation(len(suite.variants)))
            of_pair: list[ProcessTimes] = []
            for position, index in enumerate(drawn):
                for benchmark, times_s in await processes[index].run(each_s):
                    benchmarks.setdefault(benchmark.name, benchmark)
                    name = suite.variants[index].name
                    of_pair.append(
                        ProcessTimes(len(order), position, name, benchmark.name, times_s)
                    )
            # A pair that was interrupted is none.
            order.append(drawn)
            found += of_pair
            pair_s = max(pair_s, time.monotonic() - pair_began_s)
            paired_s = time.monotonic() - began_s - before_s
            left_s = time_left_s(len(order), paired_s, seconds - before_s)
            say(f"suite: {len(order)} pairs · about {left_s:.0f} s left")
    finally:
        if found:
            record = MicroRecord(
                suite=suite.path,
                variants=tuple(one.name for one in suite.variants),
                parameters={one.name: dict(one.parameters) for one in suite.variants},
                by_parameters=suite.by_parameters,
                revisions={one.name: one.revision for one in suite.variants if one.revision},
                files_changed=suite.files_changed,
                order=tuple(order),
                benchmarks=tuple(benchmarks.values()),
            )
            write_micro(folder, record, found)


def share(seconds: float, startup_s: float, variants: int) -> float:
    """How long each process measures: in as many pairs as a verdict needs, if there is time."""
    each_s = seconds / (UNITS_PLANNED * variants) - startup_s
    # Longer processes tell little more; more of them do.
    return max(SECONDS_MIN, min(each_s, 2 * startup_s))


class _Process:
    """A variant's process, which can be run again and again."""

    def __init__(
        self, suite: Suite, variant: SuiteVariant, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._suite = suite
        self._variant = variant
        self._folder = folder
        self._environment = environment

    async def run(self, seconds: float) -> list[tuple[BenchmarkRecord, Sequence[float]]]:
        """Each benchmark and the seconds that its rounds took."""
        # A revision's processes run in its own folder.
        written = (self._folder / "suite.json").absolute()
        log = self._folder / SUITE_LOG
        options = [f"--versus-seconds={seconds}", "-q", "--benchmark-only"]
        options += [f"--benchmark-json={written}", "--benchmark-save-data"]
        for name, value in self._variant.parameters.items():
            options.append(f"--versus-parameter={name}={value}")
        options += [f"--versus-without={part}" for part in self._suite.without]
        try:
            await run_pytest(self._variant, [self._suite.path], options, self._environment, log)
            content = await asyncio.to_thread(written.read_bytes)
        finally:
            written.unlink(missing_ok=True)
        found = [self._one(benchmark) for benchmark in json.loads(content)["benchmarks"]]
        names = [benchmark.name for benchmark, _ in found]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise MeasureError(
                f"the suite {self._suite.path} has two benchmarks that are called {twice!r} in "
                f"{self._variant.name}. Rename one, or let the variant's parameters choose one."
            )
        return found

    def _one(self, benchmark: Mapping[str, Any]) -> tuple[BenchmarkRecord, Sequence[float]]:
        params = {name: str(value) for name, value in (benchmark["params"] or {}).items()}
        fixed = self._variant.parameters
        left = {name: value for name, value in params.items() if name not in fixed}
        record = BenchmarkRecord(
            name=function_name(benchmark["fullname"], left),
            group=benchmark["group"] or "",
            parameters=params,
            extra_info=benchmark["extra_info"],
        )
        return record, benchmark["stats"]["data"]


def function_name(fullname: str, parameters: Mapping[str, str]) -> str:
    """What a benchmark is called in every variant: without what tells the variants apart."""
    file, _, rest = fullname.partition("::")
    module = Path(file).stem.removeprefix("bench_").removeprefix("test_")
    function = rest.partition("[")[0].replace("::", ".").removeprefix("test_")
    told = ", ".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    return f"{module}.{function}[{told}]" if told else f"{module}.{function}"
