"""From the processes of a suite to effects: what each variant changed in single functions.

The unit is the pair of processes: rounds of one process share where its memory lies and which hash
seed it drew, so however many they are, they are one measurement.
"""

import math
from collections.abc import Container, Iterator, Mapping, Sequence

import numpy as np

from contract.run.micro import BenchmarkRecord, Micro, MicroRecord
from reports.effects.effects import Pair, Terms, comparable, judged_effect
from reports.model import (
    TIME,
    Effect,
    FunctionLevel,
    Functions,
    Growth,
    Sweep,
)
from reports.statistics import family, growth, sequential

FALSE_ALARMS_MAX = 0.01
"""The chance, over all functions of a suite, that any interval misses its effect."""

_SWEPT_MIN = 3


def compare_functions(micro: Micro, margins: Mapping[str, float]) -> Functions:
    """Compare every variant of a suite with its baseline, function by function.

    Args:
        micro: as it was measured.
        margins: by metric, as ratios; a function has that of typical latency.
    """
    medians = _medians(micro)
    effects = tuple(_effects(micro.record, medians, margins))
    swept = _swept(micro.record.benchmarks)
    return Functions(
        suite=micro.record.suite,
        pairs=len(micro.record.order),
        effects=family.tell_together(effects, len(effects), FALSE_ALARMS_MAX),
        levels=tuple(_levels(micro, medians, swept)),
        revisions=tuple(micro.record.revisions.items()),
        files_changed=micro.record.files_changed,
        growths=tuple(_growths(micro.record, medians, swept)),
    )


def _medians(micro: Micro) -> dict[tuple[str, str], dict[int, float]]:
    """By benchmark and variant, the median of each pair's process."""
    found: dict[tuple[str, str], dict[int, float]] = {}
    for one in micro.processes:
        of_pairs = found.setdefault((one.benchmark, one.variant), {})
        of_pairs[one.pair] = float(np.median(one.times_s))
    return found


def _effects(
    record: MicroRecord,
    medians: Mapping[tuple[str, str], Mapping[int, float]],
    margins: Mapping[str, float],
) -> Iterator[Effect]:
    baseline, *others = record.variants
    asked = [
        (benchmark.name, variant)
        for benchmark in record.benchmarks
        for variant in others
        if {(benchmark.name, one) for one in (baseline, variant)} <= medians.keys()
        and _asked(record, variant, benchmark) != _asked(record, baseline, benchmark)
    ]
    for name, variant in asked:
        one, other = medians[name, baseline], medians[name, variant]
        shared = sorted(one.keys() & other.keys())
        before, after = (np.array([of[pair] for pair in shared]) for of in (one, other))
        pair = Pair(TIME, variant, before, after, units="pairs", members="processes")
        terms = Terms(
            scenario=name,
            baseline=baseline,
            margins=margins,
            # Bonferroni, as for scenarios.
            confidence=1 - FALSE_ALARMS_MAX / len(asked),
            canary=False,
            # How long a pair takes is a question of the suite, not of one function.
            round_s=math.nan,
            shifts={},
            look=sequential.Look(len(shared)),
            primaries=(TIME,),
        )
        if comparable(pair):
            yield judged_effect(pair, terms)


def _levels(
    micro: Micro,
    medians: Mapping[tuple[str, str], Mapping[int, float]],
    swept: Mapping[str, Sweep],
) -> Iterator[FunctionLevel]:
    """Each function in each variant; what is the same code in all of them stands there once."""
    record = micro.record
    rounds: dict[tuple[str, str], int] = {}
    for one in micro.processes:
        key = (one.benchmark, one.variant)
        rounds[key] = rounds.get(key, 0) + len(one.times_s)
    for benchmark in record.benchmarks:
        for asked, side in _sides(record, benchmark, medians).items():
            told = [time for one in side for time in medians[benchmark.name, one].values()]
            low, median, high = np.quantile(told, (0.25, 0.5, 0.75))
            yield FunctionLevel(
                name=benchmark.name,
                group=benchmark.group,
                strategy=_strategy(record, benchmark, side[0], asked),
                median_s=float(median),
                low_s=float(low),
                high_s=float(high),
                processes=len(told),
                rounds=sum(rounds[benchmark.name, one] for one in side),
                sweep=swept.get(benchmark.name),
            )


def _sides(
    record: MicroRecord, benchmark: BenchmarkRecord, medians: Container[tuple[str, str]]
) -> dict[tuple[str, ...], list[str]]:
    """The variants that measured a function, together where it is the same code."""
    sides: dict[tuple[str, ...], list[str]] = {}
    for variant in record.variants:
        if (benchmark.name, variant) in medians:
            sides.setdefault(_asked(record, variant, benchmark), []).append(variant)
    return sides


def _growths(
    record: MicroRecord,
    medians: Mapping[tuple[str, str], Mapping[int, float]],
    swept: Mapping[str, Sweep],
) -> Iterator[Growth]:
    """The lines of functions that were measured along a number, one for each strategy."""
    places: dict[tuple[str, str, str], dict[float, dict[tuple[str, int], float]]] = {}
    for benchmark in record.benchmarks:
        sweep = swept.get(benchmark.name)
        if sweep is None:
            continue
        for asked, side in _sides(record, benchmark, medians).items():
            strategy = _strategy(record, benchmark, side[0], asked)
            of_line = places.setdefault((sweep.along, sweep.axis, strategy), {})
            of_line[sweep.at] = {
                (variant, pair): time
                for variant in side
                for pair, time in medians[benchmark.name, variant].items()
            }
    for (along, axis, strategy), of_line in places.items():
        processes = set.intersection(*(set(times) for times in of_line.values()))
        if len(of_line) < growth.PLACES_MIN or not processes:
            continue
        at = np.array(sorted(of_line))
        times_s = np.array([[of_line[one][key] for one in at] for key in sorted(processes)])
        line = growth.fit_line(at, times_s)
        yield Growth(
            along=along,
            axis=axis,
            strategy=strategy,
            first=float(at[0]),
            last=float(at[-1]),
            fixed_s=line.fixed_s,
            each_s=line.each_s,
            each_interval=line.each_interval,
            misfit=line.misfit,
            processes=len(processes),
        )


def _asked(record: MicroRecord, variant: str, benchmark: BenchmarkRecord) -> tuple[str, ...]:
    """What makes a function another one in this variant; the same where it is the same code."""
    if not record.by_parameters:
        return (variant,)
    mine = record.parameters.get(variant, {})
    return tuple(mine[name] for name in sorted(benchmark.parameters) if name in mine)


def _strategy(
    record: MicroRecord, benchmark: BenchmarkRecord, variant: str, asked: tuple[str, ...]
) -> str:
    """What the function was asked to do: in the variant's words, or in the suite's."""
    if record.by_parameters and asked:
        return f"{variant} ({', '.join(asked)})"
    told = benchmark.extra_info.get("strategy")
    if told is None:
        return variant if len(record.variants) > 1 else ""
    # What the suite says is the same in every revision and environment.
    return str(told) if record.by_parameters or len(record.variants) == 1 else f"{variant}: {told}"


def _swept(benchmarks: Sequence[BenchmarkRecord]) -> dict[str, Sweep]:
    """Of functions that were measured along a number, which one and where each stands."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for benchmark in benchmarks:
        numbers = {name: number for name, number in _numbers(benchmark) if number > 0}
        for axis, number in numbers.items():
            along = benchmark.name.replace(f"{axis}={benchmark.parameters[axis]}", axis)
            found.setdefault((along, axis), {})[benchmark.name] = number
    return {
        name: Sweep(along, axis, number)
        for (along, axis), places in found.items()
        if len(places) >= _SWEPT_MIN
        for name, number in places.items()
    }


def _numbers(benchmark: BenchmarkRecord) -> Iterator[tuple[str, float]]:
    for name, text in benchmark.parameters.items():
        try:
            number = float(text)
        except ValueError:
            continue
        if math.isfinite(number) and f"{name}={text}" in benchmark.name:
            yield name, number
