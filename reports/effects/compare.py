"""From samples to effects: what each variant changed, and what may be said about it.

Each number is a ratio variant / baseline over paired units. The typical latency is paired round by
round; a tail needs blocks of rounds long enough to hold it.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from contract.run.checks import are_times
from contract.run.columns import stage_column
from contract.run.record import Design, LoadRecord, RunRecord, ScenarioRecord
from contract.run.samples import Samples
from reports import units
from reports.effects import capacity, interactions, validity
from reports.effects.counting import (
    compare_counts,
    count_columns,
    find_lack,
    lack_warnings,
    time_columns,
)
from reports.effects.effects import (
    BEYOND_CARRY_OVER,
    Pair,
    Terms,
    bare_change,
    comparable,
    judged_effect,
    whole_unit_logs,
)
from reports.effects.rounds import (
    CarryOver,
    Rounds,
    align,
    arrivals,
    carry_over,
    lopsided,
    measuring_s,
    places_of,
    right_answers,
    switchback,
)
from reports.model import (
    DEFAULT_MARGINS,
    OUTSIDE,
    TAIL,
    TOTAL_STAGE,
    TYPICAL,
    UNATTRIBUTED,
    UNITS_MIN,
    BoolArray,
    Comparison,
    CounterEffect,
    Curve,
    Delivery,
    Effect,
    FloatArray,
    IntArray,
    Interaction,
    InteractionEffect,
    Lack,
    LoadComparison,
    ReportError,
    ScenarioComparison,
    ShiftFunction,
    StageBreakdown,
    Timeline,
    Unit,
)
from reports.statistics import drift, family, sequential, shift, stats
from reports.statistics.timeline import timeline

_OfVariant = TypeVar("_OfVariant", Effect, CounterEffect, Lack)
_Told = TypeVar("_Told")

FALSE_ALARMS_MAX = 0.01
"""The chance, over all primaries of a run, that any interval misses its effect."""

# Each takes memory of its own.
_THREADS = 2

# Of a scenario's variants together. Rarer than other false alarms, because one takes away a verdict
# that the run had earned.
_FALSE_SHIFTS_MAX = 0.001

_UNITS: Mapping[Design, Unit] = {"paired": "rounds", "load": "blocks", "restarts": "pairs"}

# Below this the slowest tenth is a handful of requests.
_TAIL_MIN = 100


def compare(
    record: RunRecord,
    samples: Any,
    margins: Mapping[str, float],
    *,
    asked: Collection[str] | None = None,
    drawn: bool = False,
) -> Comparison:
    """Compare every variant of a run with its baseline.

    Args:
        record: run.json.
        samples: the record's columns, as `Samples` or an Arrow table.
        margins: by metric, as ratios; absent ones take their default.
        asked: the metrics whose effects are wanted; None for all.
        drawn: whether to take what nothing but a picture needs: shift functions and timelines.

    Raises:
        ReportError: there is nothing to compare, or the samples contradict themselves.
    """
    if len(record.variants) < 2 or record.baseline not in record.variants:
        raise ReportError(
            f"run {record.id}: variants {', '.join(record.variants) or 'none'}; a comparison needs "
            f"the baseline {record.baseline!r} and at least one more. Measure again with both."
        )
    parts = {"load": record.load, "restarts": record.restarts}
    if any((record.design == name) != (part is not None) for name, part in parts.items()):
        raise ReportError(
            f"run {record.id}: its design is {record.design!r}, which its steps contradict. "
            "Measure again."
        )
    samples = Samples.of(samples)
    kept, right = _kept(samples, record), right_answers(samples)
    margins = DEFAULT_MARGINS | dict(margins)
    aligned = [_rounds(samples, kept, right, scenario, record) for scenario in record.scenarios]

    def of_latency(one: tuple[Rounds, ScenarioRecord]) -> tuple[ScenarioComparison, Terms]:
        return _compare_scenario(*one, record, margins, asked, drawn=drawn)

    # Sorting and searching leave the interpreter to others meanwhile.
    with ThreadPoolExecutor(_THREADS) as threads:
        compared = list(threads.map(of_latency, zip(aligned, record.scenarios, strict=True)))
    scenarios = tuple(
        replace(scenario, deliveries=_deliveries(samples, right, scenario.name, record.variants))
        for scenario in _with_metrics(compared, aligned, record)
    )
    scenarios = _told_together(scenarios, record)
    load = _under_load(samples, np.flatnonzero(kept), record.load, record) if record.load else None
    state, reasons, warnings = validity.examine(record, scenarios, load)
    return Comparison(
        baseline=record.baseline,
        variants=record.variants,
        state=state,
        reasons=reasons,
        warnings=warnings,
        confidence=_confidence(record, canary=False),
        confidence_canary=_confidence(record, canary=True),
        scenarios=scenarios,
        design=record.design,
        load=load,
    )


def _kept(samples: Samples, record: RunRecord) -> BoolArray:
    """Which samples are in the stretches of the run that are compared, (n_samples,)."""
    if record.load:
        return switchback(samples, record.variants, cut_off=record.state != "complete")
    return np.ones(samples.num_rows, bool)


def _under_load(
    samples: Samples, kept: IntArray, load: LoadRecord, record: RunRecord
) -> LoadComparison:
    steps = capacity.switchback_steps(load)
    sent = sum(sum(one.sent) for one in steps)
    block = samples.values("block")
    held = int(np.isin(block, [one.block for one in steps]).sum())
    searched = any(one.phase == "capacity" for one in load.steps)
    capacities = tuple(capacity.find_capacity(load, name) for name in record.variants)
    return LoadComparison(
        rate_per_s=load.rate_per_s,
        blocks=len(np.unique(block[kept])),
        samples_missing=max(0, sent - held),
        lag_s_p99=_lag_s_p99(samples, kept),
        capacities=capacities if searched else (),
        ratios=capacity.capacity_ratios(capacities, record.baseline) if searched else (),
        workers=capacity.deliveries(load),
    )


def _lag_s_p99(samples: Samples, kept: IntArray) -> float:
    lag_s = samples.values("start_s")[kept] - samples.values("intended_s")[kept]
    return float(np.quantile(lag_s, 0.99)) if len(lag_s) else math.nan


def _rounds(
    samples: Samples, kept: BoolArray, right: BoolArray, scenario: ScenarioRecord, record: RunRecord
) -> Rounds:
    rows = np.flatnonzero(kept & places_of(samples, "scenario", scenario.name))
    if record.load is None:
        return align(samples, rows, samples.values("round")[rows], record.variants, right)
    number = arrivals(samples, rows, len(record.variants))
    rounds = align(samples, rows, number, record.variants, right)
    found = len(rounds.number)
    measured_s = measuring_s(samples, np.flatnonzero(kept))
    return replace(rounds, round_s=measured_s / found if found else math.nan)


def _confidence(record: RunRecord, *, canary: bool) -> float:
    # Bonferroni: if each of m intervals misses with chance a / m, any of them misses with at
    # most a.
    return 1 - FALSE_ALARMS_MAX / max(1, _kin(record, canary=canary))


def _kin(record: RunRecord, *, canary: bool) -> int:
    """How many comparisons share a promise: of each scenario and variant those of primaries."""
    scenarios = sum(scenario.canary == canary for scenario in record.scenarios)
    return scenarios * (len(record.variants) - 1) * len(_primaries(record))


def _primaries(record: RunRecord) -> Collection[str]:
    """A pair of starts is too short for the 200 requests that a p95 needs: advice, there."""
    return (TYPICAL,) if record.restarts else (TYPICAL, TAIL)


def _told_together(
    scenarios: Sequence[ScenarioComparison], record: RunRecord
) -> tuple[ScenarioComparison, ...]:
    alone = tuple(one for scenario in scenarios if not scenario.canary for one in scenario.effects)
    told = iter(family.tell_together(alone, _kin(record, canary=False), FALSE_ALARMS_MAX))
    return tuple(
        scenario
        if scenario.canary
        else replace(scenario, effects=tuple(next(told) for _ in scenario.effects))
        for scenario in scenarios
    )


def _compare_scenario(
    rounds: Rounds,
    scenario: ScenarioRecord,
    record: RunRecord,
    margins: Mapping[str, float],
    asked: Collection[str] | None,
    *,
    drawn: bool,
) -> tuple[ScenarioComparison, Terms]:
    """What latency alone tells, and on which terms the metrics are to be compared."""
    # Under load a step is drained and burned in before it counts: nothing is left to carry over.
    looked_for = record.load is None and len(rounds.number) > 0
    carried = carry_over(rounds, record.variants) if looked_for else ()
    if record.restarts:
        carried = lopsided(carried)
    shifted = [one for one in carried if _is_shift(one, len(record.variants), margins[TYPICAL])]
    # Under load all scenarios are measured at the same time.
    run_s = scenario.budget_s if record.load else sum(one.budget_s for one in record.scenarios)
    terms = Terms(
        scenario=scenario.name,
        baseline=record.baseline,
        margins=margins,
        confidence=_confidence(record, canary=scenario.canary),
        canary=scenario.canary,
        # Scenarios share the run's time: more for this one means more for all.
        round_s=rounds.round_s * run_s / scenario.budget_s,
        shifts={one.variant: abs(one.shift) for one in shifted},
        look=_look(rounds, scenario, record),
        asked=asked,
        primaries=_primaries(record),
    )
    compared = len(rounds.number) > 0
    changed = drift.warnings_of(
        {name: rounds.values(name, "latency_s") for name in record.variants},
        record.baseline,
        rounds.exactly(record.baseline, "block"),
        margins[TYPICAL],
        by_block=record.design != "paired",
    )
    found = ScenarioComparison(
        name=scenario.name,
        request=scenario.request,
        description=scenario.description,
        canary=scenario.canary,
        rounds=len(rounds.number),
        rounds_left_out=rounds.left_out,
        rounds_planned=scenario.rounds_max,
        budget_s=scenario.budget_s,
        ended=scenario.ended,
        rounds_silent=rounds.silent,
        round_s=rounds.round_s,
        rounds_bodies_differ=0,
        effects=(),
        counters=(),
        stages=(),
        curves=_curves(rounds) if compared else (),
        deliveries=(),
        unchecked=_unchecked(carried, record.variants) if looked_for else (),
        warnings=(*changed, *(_shift_warning(one, record.design) for one in shifted)),
        objective_s=scenario.objective_s,
        shift_functions=_shift_functions(rounds, record, terms) if drawn and compared else (),
        timeline=_timeline(rounds, record) if drawn and compared else None,
    )
    return found, terms


def _with_metrics(
    compared: Sequence[tuple[ScenarioComparison, Terms]],
    aligned: Sequence[Rounds],
    record: RunRecord,
) -> Iterator[ScenarioComparison]:
    """The scenarios with all that is told metric by metric."""
    told: list[list[Effect | CounterEffect | Lack]] = [[] for _ in aligned]
    terms = [one for _, one in compared]
    for tell in (_effects, _counters):
        for index, one in tell(aligned, terms, record):
            told[index].append(one)
    bodies = [_rounds_bodies_differ(rounds, record.variants) for rounds in aligned]
    stages = _stages(aligned, record)
    for index, (scenario, _) in enumerate(compared):
        lacks = _by_variant(Lack, told[index], record)
        yield replace(
            scenario,
            rounds_bodies_differ=bodies[index],
            effects=_by_variant(Effect, told[index], record),
            counters=_by_variant(CounterEffect, told[index], record),
            stages=stages[index],
            lacks=lacks,
            warnings=(*scenario.warnings, *lack_warnings(lacks, terms[index])),
        )


def _effects(
    aligned: Sequence[Rounds], terms: Sequence[Terms], record: RunRecord
) -> Iterator[tuple[int, Effect | Lack]]:
    """The effects of each scenario, and what some rounds lack for one."""

    def judged(index: int, pair: Pair) -> Iterator[Effect | Lack]:
        mine = terms[index]
        if lack := find_lack(pair, mine, counted=False):
            yield lack
        looked_at = pair.until(mine.look.rounds)
        if (mine.asked is None or pair.metric in mine.asked) and comparable(looked_at):
            yield judged_effect(looked_at, mine)

    yield from _told_of_pairs(aligned, time_columns(record), record, judged)


def _counters(
    aligned: Sequence[Rounds], terms: Sequence[Terms], record: RunRecord
) -> Iterator[tuple[int, CounterEffect | Lack]]:
    """Every counter that no round lacks, and what some rounds lack of the others."""

    def counted(index: int, pair: Pair) -> Iterator[CounterEffect | Lack]:
        lack = find_lack(pair, terms[index], counted=True)
        yield lack or compare_counts(pair, terms[index])

    yield from _told_of_pairs(aligned, count_columns(record), record, counted)


def _told_of_pairs(
    aligned: Sequence[Rounds],
    columns: Mapping[str, str],
    record: RunRecord,
    tell: Callable[[int, Pair], Iterable[_Told]],
) -> Iterator[tuple[int, _Told]]:
    """What there is to tell of each pair, and which scenario's rounds it is of."""

    def of_column(one: tuple[str, Sequence[str]]) -> list[tuple[int, _Told]]:
        pairs = _pairs_of(*one, aligned, record)
        return [(index, told) for index, pair in pairs for told in tell(index, pair)]

    with ThreadPoolExecutor(_THREADS) as threads:
        for told in threads.map(of_column, _metrics_of(columns)):
            yield from told


def _by_variant(
    kind: type[_OfVariant], found: Iterable[object], record: RunRecord
) -> tuple[_OfVariant, ...]:
    mine = [one for one in found if isinstance(one, kind)]
    return tuple(sorted(mine, key=lambda one: record.variants.index(one.variant)))


def _look(rounds: Rounds, scenario: ScenarioRecord, record: RunRecord) -> sequential.Look:
    found = len(rounds.number)
    looked = record.looks or any(one.ended == "decided" for one in record.scenarios)
    if not looked or not found or record.load:
        return sequential.Look(found)
    block = rounds.values(record.baseline, "block")
    ends = [*(np.flatnonzero(np.diff(block)) + 1).tolist(), found]
    at_end = scenario.ended in {"rounds", "time"}
    if record.restarts:
        return sequential.find_pairs_look(ends, record.restarts.looks, at_end=at_end)
    return sequential.find_look(ends, at_end=at_end)


def _rounds_bodies_differ(rounds: Rounds, variants: Sequence[str]) -> int:
    """Compared round by round: a list that grows while it is measured grows for all alike."""
    bodies = np.column_stack([rounds.exactly(name, "body_hash") for name in variants])
    return int((bodies != bodies[:, :1]).any(axis=1).sum())


def _shift_functions(rounds: Rounds, record: RunRecord, terms: Terms) -> tuple[ShiftFunction, ...]:
    """Of the same rounds as the effects."""
    looked_at = slice(terms.look.rounds)
    latencies = {name: rounds.values(name, "latency_s")[looked_at] for name in record.variants}
    block = _unsplit(rounds, record)
    return shift.shift_functions(
        latencies, terms.baseline, record.seed, None if block is None else block[looked_at]
    )


def _unsplit(rounds: Rounds, record: RunRecord) -> IntArray | None:
    """The block of each round, where no unit may split one; else there is no need to read it."""
    return None if record.design == "paired" else rounds.exactly(record.baseline, "block")


def _timeline(rounds: Rounds, record: RunRecord) -> Timeline:
    latencies = {name: rounds.values(name, "latency_s") for name in record.variants}
    # Under load a variant's step has a time of its own; the order is what the picture is about.
    start_s = rounds.values(record.baseline, "start_s")
    return timeline(latencies, record.baseline, start_s, rounds.exactly(record.baseline, "block"))


def _metrics_of(columns: Mapping[str, str]) -> list[tuple[str, Sequence[str]]]:
    """Each column with its metrics, so that it is read once, and not all are in memory."""
    return [
        (column, list(metrics))
        for column, metrics in itertools.groupby(columns, key=columns.__getitem__)
    ]


def _pairs_of(
    column: str, metrics: Sequence[str], aligned: Sequence[Rounds], record: RunRecord
) -> Iterator[tuple[int, Pair]]:
    """The metrics of one column, of each variant against the baseline, by scenario."""
    for index, rounds in enumerate(aligned):
        if not len(rounds.number):
            continue
        block = _unsplit(rounds, record)
        before = rounds.values(record.baseline, column)
        for variant in record.variants:
            if variant != record.baseline:
                after = rounds.values(variant, column)
                for metric in metrics:
                    yield index, Pair(metric, variant, before, after, block, _UNITS[record.design])


def all_unit_logs(
    record: RunRecord, samples: Any, asked: Collection[str]
) -> dict[tuple[str, str, str], FloatArray]:
    """The log ratios of all complete units of a run in order of time, whatever ended it.

    Inputs: as `compare`; `asked` names metrics.
    Returns: (n_units,) by scenario, variant and metric, where comparable.
    """
    samples = Samples.of(samples)
    kept, right = _kept(samples, record), right_answers(samples)
    aligned = [_rounds(samples, kept, right, scenario, record) for scenario in record.scenarios]
    columns = {metric: column for metric, column in time_columns(record).items() if metric in asked}
    return {
        (record.scenarios[index].name, pair.variant, pair.metric): whole_unit_logs(pair)
        for column, metrics in _metrics_of(columns)
        for index, pair in _pairs_of(column, metrics, aligned, record)
        if comparable(pair)
    }


def find_interactions(
    record: RunRecord, samples: Any, asked: Sequence[Interaction], margins: Mapping[str, float]
) -> tuple[InteractionEffect, ...]:
    """How pairs of changes get on with each other, scenario by scenario.

    Args:
        record: run.json.
        samples: as `compare`.
        asked: which variants are meant; those that the run did not measure are passed over.
        margins: by metric, as ratios.
    """
    wanted = interactions.measured(asked, record.variants)
    if record.load or not wanted:
        return ()
    samples = Samples.of(samples)
    kept, right = _kept(samples, record), right_answers(samples)
    found = []
    for scenario in record.scenarios:
        rounds = _rounds(samples, kept, right, scenario, record)
        if scenario.canary or not len(rounds.number):
            continue
        look = _look(rounds, scenario, record)
        latencies = {
            name: rounds.values(name, "latency_s")[: look.rounds] for name in record.variants
        }
        margin = (DEFAULT_MARGINS | dict(margins))[TYPICAL]
        found += [
            interactions.interaction_of(
                scenario.name, one, latencies, record.baseline, look, margin
            )
            for one in wanted
        ]
    return tuple(found)


def _stages(aligned: Sequence[Rounds], record: RunRecord) -> list[tuple[StageBreakdown, ...]]:
    """Of each scenario; one column after the other."""
    spent = [
        (index, variant, _Spent())
        for index, rounds in enumerate(aligned)
        if len(rounds.number)
        for variant in record.variants
    ]

    def values(index: int, variant: str, column: str) -> FloatArray:
        return aligned[index].values(variant, column)

    def add(stage: str, one: tuple[int, str, _Spent]) -> None:
        index, variant, mine = one
        mine.add(stage, _times(values(index, variant, stage_column(stage))))

    def broken_down(one: tuple[int, str, _Spent]) -> StageBreakdown:
        index, variant, mine = one
        return mine.breakdown(variant, values(index, variant, "latency_s"))

    with ThreadPoolExecutor(_THREADS) as threads:
        for stage in record.stages:
            list(threads.map(partial(add, stage), spent))
        found = list(threads.map(broken_down, spent))
    return [
        tuple(one for (of, _, _), one in zip(spent, found, strict=True) if of == index)
        for index in range(len(aligned))
    ]


class _Spent:
    """What a variant's stages took, (n_rounds,) each, kept as sum and medians."""

    def __init__(self) -> None:
        self._medians: list[tuple[str, float]] = []
        self._inside: FloatArray | None = None
        self._total: FloatArray | None = None

    def add(self, stage: str, seconds: FloatArray) -> None:
        if stage == TOTAL_STAGE:
            self._total = seconds
            return
        self._medians.append((stage, float(np.median(seconds))))
        self._inside = seconds if self._inside is None else self._inside + seconds

    def breakdown(self, variant: str, latency_s: FloatArray) -> StageBreakdown:
        inside = np.zeros_like(latency_s) if self._inside is None else self._inside
        told = self._medians
        if self._total is not None:
            told = [*told, (UNATTRIBUTED, _median_left(self._total, inside))]
            inside = self._total
        told = [*told, (OUTSIDE, _median_left(latency_s, inside))]
        return StageBreakdown(variant, float(np.median(latency_s)), tuple(told))


def _median_left(whole: FloatArray, part: FloatArray) -> float:
    return float(np.median(np.maximum(whole - part, 0), overwrite_input=True))


def _times(seconds: FloatArray) -> FloatArray:
    return np.where(are_times(seconds), seconds, 0.0)


def _curves(rounds: Rounds) -> tuple[Curve, ...]:
    curves = []
    for variant in rounds.rows:
        values = rounds.values(variant, "latency_s")
        probabilities, latencies = stats.curve(values)
        tail = zip(*stats.tail_curve(values), strict=True) if len(values) >= _TAIL_MIN else ()
        curves.append(
            Curve(
                variant,
                tuple(probabilities.tolist()),
                tuple(latencies.tolist()),
                len(values),
                tuple((float(share), float(time)) for share, time in tail),
            )
        )
    return tuple(curves)


def _deliveries(
    samples: Samples, right: BoolArray, scenario: str, variants: Sequence[str]
) -> tuple[Delivery, ...]:
    mine = places_of(samples, "scenario", scenario)
    return tuple(
        _delivery(samples, mine & places_of(samples, "variant", variant), right, variant)
        for variant in variants
    )


def _delivery(samples: Samples, mine: BoolArray, right: BoolArray, variant: str) -> Delivery:
    warmup = samples.values("warmup")
    wrong = np.flatnonzero(mine & ~right)
    measured = wrong[~warmup[wrong]]
    warmups = int((mine & warmup).sum())
    said, words = samples.labels("error")
    kinds = Counter(words[code] or "no usable answer" for code in said[measured])
    return Delivery(
        variant=variant,
        requests=int(mine.sum()) - warmups,
        first=int((mine & ~warmup & (samples.values("position") == 0)).sum()),
        errors=len(measured),
        warmup_requests=warmups,
        warmup_errors=len(wrong) - len(measured),
        unanswered=int((samples.values("status")[measured] == 0).sum()),
        kinds=tuple(kinds.most_common()),
    )


def _is_shift(found: CarryOver, n_variants: int, margin: float) -> bool:
    return (
        _told_by(found) >= UNITS_MIN
        and abs(found.shift) > math.log1p(margin) / 4
        and stats.shift_p(found.same, found.other) < _FALSE_SHIFTS_MAX / n_variants
    )


def _told_by(found: CarryOver) -> int:
    return min(len(found.same), len(found.other))


def _shift_warning(found: CarryOver, design: Design) -> str:
    size = units.change(math.exp(found.shift))
    told = (
        f"right after another variant's ({len(found.other)} rounds) than right after their own "
        f"({len(found.same)} rounds)"
    )
    if design == "restarts":
        told = (
            "after the other revision's than the other's are after theirs "
            f"({_told_by(found)} rounds)"
        )
    return (
        f"contaminated: requests of {found.variant} are {size} {told}; changes up to "
        f"{bare_change(BEYOND_CARRY_OVER * abs(found.shift))} cannot be told from that"
    )


def _unchecked(carried: Sequence[CarryOver], variants: Sequence[str]) -> tuple[str, ...]:
    told_by = dict.fromkeys(variants, 0) | {found.variant: _told_by(found) for found in carried}
    few = [f"{count} for {name}" for name, count in told_by.items() if count < UNITS_MIN]
    if not few:
        return ()
    return (
        f"carry-over could not be checked: only {', '.join(few)} of the {UNITS_MIN} rounds needed",
    )
