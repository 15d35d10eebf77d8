"""From the processes of a suite to effects: what each variant changed in single functions.

The unit is the pair of processes: rounds of one process share where its memory lies and which hash
seed it drew, so however many they are, they are one measurement.
"""

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contract.metrics import CALL_TIME, MARGINS, find
from contract.run.micro import BenchmarkRecord, Micro, MicroRecord
from reports.effects.comparer import Trial, compare_metrics
from reports.effects.estimating import Terms
from reports.effects.family import confidence_of, judge_together
from reports.effects.reasons import Name, Reason, reason
from reports.effects.rounds import Rounds
from reports.effects.shapes import Effect
from reports.statistics import growth, sequential
from reports.statistics.values import FloatArray, Interval

_SWEPT_MIN = 3

MISFIT_MAX = 0.25
"""A line that misses one of its places by a larger share is none."""


@dataclass(frozen=True)
class Sweep:
    """A function's place among others that differ by one number alone.

    Attributes:
        along: what all of them are called.
        axis: the number's name.
        at: this one's number, positive.
    """

    along: str
    axis: str
    at: float


@dataclass(frozen=True)
class FunctionLevel:
    """What one function takes by itself, seconds a call.

    Attributes:
        strategy: what it was asked to do.
        median_s: the median of its processes' medians; `low_s` and `high_s` are their quartiles.
        rounds: of all processes.
    """

    name: str
    group: str
    strategy: str
    median_s: float
    low_s: float
    high_s: float
    processes: int
    rounds: int
    sweep: Sweep | None = None


@dataclass(frozen=True)
class Growth:
    """How a function's time grows along a number, by a line through its places.

    Attributes:
        along, axis: the function and the number, as in `Sweep`.
        strategy: as in `FunctionLevel`.
        first, last: the smallest and the largest of its places.
        fixed_s: what remains where the number is none.
        each_s: for each one more; `each_interval` is its 90 % interval.
        misfit: the largest distance between line and place, as a share; a large one means that
            there is no straight line.
        processes: that the line was fitted to, one by one.
    """

    along: str
    axis: str
    strategy: str
    first: float
    last: float
    fixed_s: float
    each_s: float
    each_interval: Interval
    misfit: float
    processes: int


@dataclass(frozen=True)
class MissingFunction:
    """A function that one variant did not measure, so that it is not compared there.

    Attributes:
        variant: the one that lacks it.
        why: it is left out, or not there at all.
        is_open: whether a budget on every function is undecided by it: the baseline has it, or it
            was left out for another reason than the suite's own choice.
    """

    function: str
    variant: str
    why: Reason
    is_open: bool


@dataclass(frozen=True)
class Functions:
    """A pytest-benchmark suite, compared.

    Attributes:
        pairs: of processes, in which each variant had one.
        effects: of the functions that variants can differ in; `scenario` is the function's name.
        revisions: variants and which code each of them ran, where that is known.
        files_changed: of the suite itself, between the variants: where a benchmark changed, its
            effect is not the code's alone.
        changed: how many files differ between the variants' revisions.
        changed_imported: some of these that a process imported; where there are none, nothing shows
            that the variants ran different code.
        growths: of the functions that were measured along a number by several strategies.
        missing: functions that some variant lacks.
    """

    suite: str
    pairs: int
    effects: tuple[Effect, ...]
    levels: tuple[FunctionLevel, ...]
    revisions: tuple[tuple[str, str], ...] = ()
    files_changed: tuple[str, ...] = ()
    changed: int = 0
    changed_imported: tuple[str, ...] = ()
    growths: tuple[Growth, ...] = ()
    missing: tuple[MissingFunction, ...] = ()


def compare_functions(micro: Micro, margins: Mapping[str, float]) -> Functions:
    """Compare every variant of a suite with its baseline, function by function.

    Args:
        micro: as it was measured.
        margins: by metric, as ratios; a function has that of typical latency.
    """
    medians = _medians(micro)
    swept = _swept(micro.record.benchmarks)
    return Functions(
        suite=micro.record.suite,
        pairs=len(micro.record.order),
        effects=_effects(micro.record, medians, margins),
        levels=tuple(_levels(micro, medians, swept)),
        revisions=tuple(micro.record.revisions.items()),
        files_changed=micro.record.files_changed,
        changed=micro.record.changed,
        changed_imported=micro.record.changed_imported,
        growths=tuple(_growths(micro.record, medians, swept)),
        missing=tuple(_missing(micro.record, medians)),
    )


def _missing(record: MicroRecord, medians: Container[tuple[str, str]]) -> Iterator[MissingFunction]:
    """Functions that some variant lacks, but for those that its parameters exclude."""
    left_out = {(one.name, one.variant): one for one in record.left_out}
    parameters = {one.name: one.parameters for one in record.benchmarks}
    for name in dict.fromkeys((*parameters, *(one.name for one in record.left_out))):
        measured = [one for one in record.variants if (name, one) in medians]
        for variant in record.variants:
            stated = record.parameters.get(variant, {})
            excluded = any(stated.get(one) == "" for one in parameters.get(name, ()))
            found = left_out.get((name, variant))
            if variant in measured or excluded or not (found or measured):
                continue
            why = reason(Name.FUNCTION_ABSENT, name, variant=variant, others=measured)
            if found:
                why = reason(Name.FUNCTION_LEFT_OUT, name, variant=variant, text=found.reason)
            chosen = found is None or found.by_suite
            yield MissingFunction(name, variant, why, record.variants[0] in measured or not chosen)


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
) -> tuple[Effect, ...]:
    baseline, *others = record.variants
    compared = [
        (benchmark, variant)
        for benchmark in record.benchmarks
        for variant in others
        if {(benchmark.name, one) for one in (baseline, variant)} <= medians.keys()
        and _strategy_of(record, variant, benchmark) != _strategy_of(record, baseline, benchmark)
    ]
    trials = []
    for benchmark, variant in compared:
        rounds = _pairs({one: medians[benchmark.name, one] for one in (baseline, variant)})
        terms = Terms(
            scenario=benchmark.name,
            baseline=baseline,
            margins=MARGINS | dict(margins),
            confidence=confidence_of(len(compared)),
            canary=False,
            # How long a pair takes is a question of the suite, not of one function.
            round_s=math.nan,
            look=sequential.Look(len(rounds.number)),
            primaries=(CALL_TIME,),
            shifts={},
        )
        trials.append(Trial(rounds, (find(CALL_TIME),), terms, (variant,), unit="pairs"))
    estimated = [alone for one in compare_metrics(trials) for alone in one.effects]
    return judge_together(estimated, len(estimated))


def _pairs(medians: Mapping[str, Mapping[int, float]]) -> Rounds:
    """The pairs of processes that both variants have, as rounds of one median each."""
    shared = sorted(set.intersection(*(set(of_pairs) for of_pairs in medians.values())))
    values: dict[str, FloatArray] = {
        name: np.array([of_pairs[pair] for pair in shared]) for name, of_pairs in medians.items()
    }
    return Rounds(
        number=np.array(shared, np.int64),
        read=lambda variant, _: values[variant],
        left_out=0,
        silent=0,
        round_s=math.nan,
    )


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
        for strategy, side in _sides(record, benchmark, medians).items():
            times_s = [time for one in side for time in medians[benchmark.name, one].values()]
            low, median, high = np.quantile(times_s, (0.25, 0.5, 0.75))
            yield FunctionLevel(
                name=benchmark.name,
                group=benchmark.group,
                strategy=_label(record, benchmark, side[0], strategy),
                median_s=float(median),
                low_s=float(low),
                high_s=float(high),
                processes=len(times_s),
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
            sides.setdefault(_strategy_of(record, variant, benchmark), []).append(variant)
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
        for strategy, side in _sides(record, benchmark, medians).items():
            label = _label(record, benchmark, side[0], strategy)
            of_line = places.setdefault((sweep.along, sweep.axis, label), {})
            of_line[sweep.at] = {
                (variant, pair): time
                for variant in side
                for pair, time in medians[benchmark.name, variant].items()
            }
    for (along, axis, label), of_line in places.items():
        processes = set.intersection(*(set(times) for times in of_line.values()))
        if len(of_line) < growth.PLACES_MIN or not processes:
            continue
        at = np.array(sorted(of_line))
        times_s = np.array([[of_line[one][key] for one in at] for key in sorted(processes)])
        line = growth.fit_line(at, times_s)
        yield Growth(
            along=along,
            axis=axis,
            strategy=label,
            first=float(at[0]),
            last=float(at[-1]),
            fixed_s=line.fixed_s,
            each_s=line.each_s,
            each_interval=line.each_interval,
            misfit=line.misfit,
            processes=len(processes),
        )


def _strategy_of(record: MicroRecord, variant: str, benchmark: BenchmarkRecord) -> tuple[str, ...]:
    """What makes a function another one in this variant; the same where it is the same code."""
    if not record.by_parameters:
        return (variant,)
    mine = record.parameters.get(variant, {})
    return tuple(mine[name] for name in sorted(benchmark.parameters) if name in mine)


def _label(
    record: MicroRecord, benchmark: BenchmarkRecord, variant: str, strategy: tuple[str, ...]
) -> str:
    """The name of a function's strategy: the variant's, or the one that the suite states."""
    if record.by_parameters and strategy:
        return f"{variant} ({', '.join(strategy)})"
    stated = benchmark.extra_info.get("strategy")
    if stated is None:
        return variant if len(record.variants) > 1 else ""
    # What the suite says is the same in every revision and environment.
    same = record.by_parameters or len(record.variants) == 1
    return str(stated) if same else f"{variant}: {stated}"


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
