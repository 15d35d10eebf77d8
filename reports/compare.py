"""From samples to effects: what each variant changed, and what may be said about it.

Each number is a ratio variant / baseline over paired units. The typical latency is paired round by
round; a tail needs blocks of rounds long enough to hold it. Counters have no noise, so they get no
statistics.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from reports import stats, units, validity
from reports.model import (
    DEFAULT_MARGINS,
    FAR_TAIL,
    OUTSIDE,
    QUANTILES,
    TAIL,
    TOTAL_STAGE,
    TYPICAL,
    UNATTRIBUTED,
    UNITS_MIN,
    Comparison,
    CounterEffect,
    Curve,
    Delivery,
    Effect,
    FloatArray,
    Interval,
    Lack,
    Level,
    ReportError,
    ScenarioComparison,
    Spread,
    StageBreakdown,
    Verdict,
)
from reports.record import RunRecord, ScenarioRecord, counter_column, stage_column
from reports.rounds import CarryOver, Rounds, align, carry_over, right_answers

FALSE_ALARMS_MAX = 0.01
"""The chance, over all primaries of a run, that any interval misses its effect."""

BEYOND_CARRY_OVER = 3
"""An effect must be more than so many times a carry-over beside it, on the log scale.

A variant is shifted in at most three of four requests, so two opposite shifts could feign an effect
of 1.5 times the larger one; twice that leaves room for a shift that is itself an estimate.
"""

# Of a scenario's variants together. Rarer than other false alarms, because one takes away a verdict
# that the run had earned.
_FALSE_SHIFTS_MAX = 0.001
_ROUNDS_PER_UNIT = {TYPICAL: 1, TAIL: 200, FAR_TAIL: 1000}
# Below these a tail quantile is little more than the slowest request.
_ROUNDS_MIN = {TYPICAL: 1, TAIL: 20, FAR_TAIL: 100}
# A level's interval rests on medians of this many stretches of the run, not on single requests,
# because latency wanders and neighbours resemble each other.
_LEVEL_STRETCHES = 20


@dataclass(frozen=True)
class _Terms:
    """What a scenario's comparisons have in common.

    Attributes:
        round_s: seconds of the whole run's measuring for one compared round.
        shifts: size of the carry-over on the log scale, of each variant that has one.
    """

    scenario: str
    baseline: str
    margins: Mapping[str, float]
    confidence: float
    canary: bool
    round_s: float
    shifts: Mapping[str, float]

    @property
    def units_min(self) -> int:
        return max(UNITS_MIN, stats.units_to_reach(self.confidence))


@dataclass(frozen=True)
class _Pair:
    """One metric of two variants over the same rounds, (n_rounds,) each."""

    metric: str
    variant: str
    before: FloatArray
    after: FloatArray

    @property
    def quantile(self) -> float:
        return QUANTILES.get(self.metric, 0.5)

    @property
    def rounds_per_unit(self) -> int:
        return _ROUNDS_PER_UNIT.get(self.metric, 1)


def compare(record: RunRecord, samples: Any, margins: Mapping[str, float]) -> Comparison:
    """Compare every variant of a run with its baseline.

    Args:
        record: run.json.
        samples: an Arrow table of the record's columns.
        margins: by metric, as ratios; absent ones take their default.

    Raises:
        ReportError: there is nothing to compare, or the samples contradict themselves.
    """
    if len(record.variants) < 2 or record.baseline not in record.variants:
        raise ReportError(
            f"run {record.id}: variants {', '.join(record.variants) or 'none'}; a comparison needs "
            f"the baseline {record.baseline!r} and at least one more. Measure again with both."
        )
    frame = samples.to_pandas()
    margins = DEFAULT_MARGINS | dict(margins)
    scenarios = tuple(
        _compare_scenario(frame[frame["scenario"] == scenario.name], scenario, record, margins)
        for scenario in record.scenarios
    )
    state, reasons, warnings = validity.examine(record, scenarios)
    return Comparison(
        baseline=record.baseline,
        variants=record.variants,
        state=state,
        reasons=reasons,
        warnings=warnings,
        confidence=_confidence(record, canary=False),
        confidence_canary=_confidence(record, canary=True),
        scenarios=scenarios,
    )


def _confidence(record: RunRecord, *, canary: bool) -> float:
    # Bonferroni: if each of m intervals misses with chance a / m, any of them misses with at
    # most a.
    kin = sum(scenario.canary == canary for scenario in record.scenarios)
    return 1 - FALSE_ALARMS_MAX / max(1, kin * (len(record.variants) - 1) * 2)


def _compare_scenario(
    samples: pd.DataFrame,
    scenario: ScenarioRecord,
    record: RunRecord,
    margins: Mapping[str, float],
) -> ScenarioComparison:
    rounds = align(samples, record.variants)
    carried = carry_over(rounds, record.variants)
    shifted = [one for one in carried if _is_shift(one, len(record.variants), margins[TYPICAL])]
    run_s = sum(one.budget_s for one in record.scenarios)
    terms = _Terms(
        scenario=scenario.name,
        baseline=record.baseline,
        margins=margins,
        confidence=_confidence(record, canary=scenario.canary),
        canary=scenario.canary,
        # Scenarios share the run's time: more for this one means more for all.
        round_s=rounds.round_s * run_s / scenario.budget_s,
        shifts={one.variant: abs(one.shift) for one in shifted},
    )
    others = [variant for variant in record.variants if variant != record.baseline]
    compared = len(rounds.number) > 0
    lacks = _lacks(rounds, others, record, terms) if compared else ()
    return ScenarioComparison(
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
        rounds_bodies_differ=_rounds_bodies_differ(rounds, record.variants),
        effects=_effects(rounds, others, record, terms) if compared else (),
        counters=_counters(rounds, others, record, terms) if compared else (),
        stages=_stages(rounds, record) if compared else (),
        curves=_curves(rounds) if compared else (),
        deliveries=tuple(_delivery(samples, variant) for variant in record.variants),
        lacks=lacks,
        unchecked=_unchecked(carried, record.variants) if compared else (),
        warnings=(*map(_shift_warning, shifted), *_lack_warnings(lacks, terms)),
    )


def _rounds_bodies_differ(rounds: Rounds, variants: Sequence[str]) -> int:
    """Compared round by round: a list that grows while it is measured grows for all alike."""
    bodies = np.column_stack([rounds.frames[name]["body_hash"].to_numpy() for name in variants])
    return int((bodies != bodies[:, :1]).any(axis=1).sum())


def _time_columns(record: RunRecord) -> dict[str, str]:
    columns = dict.fromkeys(QUANTILES, "latency_s")
    columns |= {name: name for name in map(stage_column, record.stages)}
    return columns | {name: counter_column(name) for name in record.counters if _is_time(name)}


def _count_columns(record: RunRecord) -> dict[str, str]:
    columns = {"wire_bytes": "wire_bytes", "body_bytes": "body_bytes"}
    return columns | {name: counter_column(name) for name in record.counters if not _is_time(name)}


def _is_time(counter: str) -> bool:
    return counter.endswith("_s")


def _lacks(
    rounds: Rounds, others: Sequence[str], record: RunRecord, terms: _Terms
) -> tuple[Lack, ...]:
    timed = [(metric, column, False) for metric, column in _time_columns(record).items()]
    counts = [(metric, column, True) for metric, column in _count_columns(record).items()]
    found = (
        Lack(
            terms.scenario,
            variant,
            metric,
            _rounds_lacking(rounds, (terms.baseline, variant), column, counted=counted),
            len(rounds.number),
            counted,
        )
        for variant in others
        for metric, column, counted in (*timed, *counts)
    )
    return tuple(one for one in found if one.rounds_lacking)


def _rounds_lacking(rounds: Rounds, variants: Sequence[str], column: str, *, counted: bool) -> int:
    values = np.column_stack([rounds.values(name, column) for name in variants])
    told = np.isfinite(values) & (counted | (values > 0))
    return int((~told).any(axis=1).sum())


def _lack_warnings(lacks: Sequence[Lack], terms: _Terms) -> tuple[str, ...]:
    """Of what only some rounds lack: what none has, nobody expects."""
    return tuple(
        f"{one.rounds_lacking} of {units.count_of(one.rounds, 'rounds')} lack "
        f"{units.metric_name(one.metric)} in {terms.baseline} or {one.variant}, so it is not "
        "compared"
        for one in lacks
        if one.rounds_lacking < one.rounds
    )


def _effects(
    rounds: Rounds, others: Sequence[str], record: RunRecord, terms: _Terms
) -> tuple[Effect, ...]:
    pairs = (
        _Pair(
            metric, variant, rounds.values(terms.baseline, column), rounds.values(variant, column)
        )
        for variant in others
        for metric, column in _time_columns(record).items()
    )
    return tuple(_effect(pair, terms) for pair in pairs if _comparable(pair))


def _comparable(pair: _Pair) -> bool:
    enough = len(pair.before) >= _ROUNDS_MIN.get(pair.metric, 1)
    return enough and bool(np.all(pair.before > 0) and np.all(pair.after > 0))


def _effect(pair: _Pair, terms: _Terms) -> Effect:
    logs = _unit_logs(pair)
    pooled = math.log(_quantile(pair.after, pair) / _quantile(pair.before, pair))
    estimate = stats.centre(logs) if len(logs) else pooled
    ninety = stats.signed_rank_interval(logs, 0.90)
    familywise = stats.signed_rank_interval(logs, terms.confidence)
    effect = Effect(
        scenario=terms.scenario,
        variant=pair.variant,
        metric=pair.metric,
        ratio=math.exp(estimate),
        interval90=_as_ratios(ninety),
        interval_familywise=_as_ratios(familywise),
        p_value=stats.signed_rank_p(logs) if len(logs) else 1.0,
        n=len(logs),
        unit="rounds" if pair.rounds_per_unit == 1 else "blocks",
        unit_s=terms.round_s * pair.rounds_per_unit,
        before=_level(pair.before, pair, terms.confidence),
        after=_level(pair.after, pair, terms.confidence),
        pooled_ratio=math.exp(pooled),
        margin=terms.margins.get(pair.metric, terms.margins[TYPICAL]),
        primary=pair.metric in {TYPICAL, TAIL} and not terms.canary,
        verdict=Verdict.INCONCLUSIVE,
        detectable_ratio=math.exp(
            stats.detectable(_reach(ninety, estimate), _reach(familywise, estimate))
        ),
        needed_s=None,
    )
    return _judged(effect, pair, terms)


def _unit_logs(pair: _Pair) -> FloatArray:
    if pair.rounds_per_unit == 1:
        return stats.log_ratios(pair.before, pair.after)
    size, q = pair.rounds_per_unit, pair.quantile
    return stats.log_ratios(
        stats.block_quantiles(pair.before, q, size), stats.block_quantiles(pair.after, q, size)
    )


def _quantile(values: FloatArray, pair: _Pair) -> float:
    return float(np.quantile(values, pair.quantile))


def _reach(interval: Interval, estimate: float) -> float:
    """The longer arm of an interval on the log scale; an estimate seldom stands in its middle."""
    return max(interval.high - estimate, estimate - interval.low)


def _log(interval: Interval) -> Interval:
    return Interval(math.log(interval.low), math.log(interval.high), interval.confidence)


def _as_ratios(interval: Interval) -> Interval:
    return Interval(math.exp(interval.low), math.exp(interval.high), interval.confidence)


def _level(values: FloatArray, pair: _Pair, confidence: float) -> Level:
    value = _quantile(values, pair)
    stretch = max(pair.rounds_per_unit, len(values) // _LEVEL_STRETCHES, 1)
    stretches = stats.block_quantiles(values, pair.quantile, stretch)
    if len(stretches) < UNITS_MIN:
        nothing = Interval(0.0, math.inf, 1.0)
        return Level(value, nothing, nothing)
    return Level(
        value,
        stats.quantile_interval(stretches, 0.5, 0.90),
        stats.quantile_interval(stretches, 0.5, confidence),
    )


def _judged(effect: Effect, pair: _Pair, terms: _Terms) -> Effect:
    """The effect with its verdict, or with why there is none and what would bring one."""
    doubt = _too_few(effect, pair, terms) or _swamped(effect, terms) or _torn(effect, pair)
    verdict = decide(effect.interval90, effect.interval_familywise, effect.margin)
    if doubt:
        verdict = Verdict.INCONCLUSIVE
    # More of the same cures neither carry-over nor disagreement.
    curable = verdict is Verdict.INCONCLUSIVE and (effect.short or not doubt)
    return replace(
        effect,
        verdict=verdict,
        needed_s=_needed_s(effect, pair, terms) if curable else None,
        warnings=(doubt,) if doubt else (),
        notes=tuple(note for note in _notes(effect, pair, terms) if note not in doubt),
    )


def _notes(effect: Effect, pair: _Pair, terms: _Terms) -> Iterator[str]:
    if abs(math.log(effect.ratio / effect.pooled_ratio)) > math.log1p(effect.margin):
        yield _pooled_told(effect, pair)
    shift = _shift(effect, terms)
    if shift and not _swamped(effect, terms):
        yield f"{_shift_told(shift)}, small beside this"


def _pooled_told(effect: Effect, pair: _Pair) -> str:
    quantiles = "medians" if pair.quantile == 0.5 else f"p{100 * pair.quantile:.0f}"
    return f"{quantiles} over all requests: {units.change(effect.pooled_ratio)}"


def _shift(effect: Effect, terms: _Terms) -> float:
    """The carry-over that could have fed this effect; a canary is there to show it."""
    if terms.canary:
        return 0.0
    return max(terms.shifts.get(name, 0.0) for name in (terms.baseline, effect.variant))


def _shift_told(shift: float) -> str:
    return f"carry-over of {_bare_change(shift)}"


def _bare_change(log_ratio: float) -> str:
    return units.change(math.exp(log_ratio)).removesuffix(" slower")


def _swamped(effect: Effect, terms: _Terms) -> str:
    """Why carry-over forbids a verdict; empty when it does not."""
    shift = _shift(effect, terms)
    if abs(math.log(effect.ratio)) > BEYOND_CARRY_OVER * shift or not shift:
        return ""
    return (
        f"contaminated: {_shift_told(shift)}, so only a change over "
        f"{_bare_change(BEYOND_CARRY_OVER * shift)} could be told"
    )


def decide(interval90: Interval, interval_familywise: Interval, margin: float) -> Verdict:
    """Judge a ratio by its two intervals.

    Equivalent when two one-sided 5 % tests put it inside the margin; otherwise slower or faster
    when the family-wise interval excludes 1; otherwise inconclusive.
    """
    if interval90.low >= 1 / (1 + margin) and interval90.high <= 1 + margin:
        return Verdict.EQUIVALENT
    if interval_familywise.holds(1.0):
        return Verdict.INCONCLUSIVE
    return Verdict.SLOWER if interval_familywise.low > 1 else Verdict.FASTER


def _too_few(effect: Effect, pair: _Pair, terms: _Terms) -> str:
    """Why there are not enough units for a verdict; empty when there are."""
    if effect.n == 0:
        return (
            f"pooled, not paired: fewer than {pair.rounds_per_unit} rounds; a verdict needs "
            f"{terms.units_min} blocks of as many"
        )
    if effect.short:
        size = f" of {pair.rounds_per_unit} rounds" if effect.unit == "blocks" else ""
        units_now = units.count_of(effect.n, effect.unit)
        return f"only {units_now}{size}; a verdict needs {terms.units_min}"
    return ""


def _torn(effect: Effect, pair: _Pair) -> str:
    """Why pairing and pooling forbid a verdict; empty when they agree."""
    if _agrees(effect, pair):
        return ""
    return (
        f"{_pooled_told(effect, pair)}, too far from {units.change(effect.ratio)} in pairs for a "
        "verdict"
    )


def _agrees(effect: Effect, pair: _Pair) -> bool:
    """Whether pairing and pooling tell the same story.

    On the log scale they may differ by the margin, by what both estimates could be off (arms
    of 90 % intervals in quadrature), and by a tenth of the effect: where a distribution changes its
    shape, as when a request gets 30 times faster, the two need not be the same number.
    """
    paired, pooled = math.log(effect.ratio), math.log(effect.pooled_ratio)
    off = math.hypot(
        _reach(_log(effect.interval90), paired),
        *(
            _reach(
                stats.quantile_interval(np.log(values), pair.quantile, 0.90),
                math.log(_quantile(values, pair)),
            )
            for values in (pair.before, pair.after)
        ),
    )
    return abs(paired - pooled) <= math.log1p(effect.margin) + off + abs(paired) / 10


def _needed_s(effect: Effect, pair: _Pair, terms: _Terms) -> float | None:
    """Further seconds of the whole run at its own pace; None when nobody can say."""
    total: float = terms.units_min
    if not effect.short:
        estimate = math.log(effect.ratio)
        total = stats.units_needed(
            estimate,
            _reach(_log(effect.interval90), estimate),
            _reach(_log(effect.interval_familywise), estimate),
            math.log1p(effect.margin),
            effect.n,
        )
    rounds = total * pair.rounds_per_unit - len(pair.before)
    needed = max(rounds, 1) * terms.round_s
    return needed if math.isfinite(needed) else None


def _counters(
    rounds: Rounds, others: Sequence[str], record: RunRecord, terms: _Terms
) -> tuple[CounterEffect, ...]:
    return tuple(
        _counter(terms, variant, metric, before, after)
        for variant in others
        for metric, column in _count_columns(record).items()
        if np.isfinite(before := rounds.values(terms.baseline, column)).all()
        and np.isfinite(after := rounds.values(variant, column)).all()
    )


def _counter(
    terms: _Terms, variant: str, metric: str, before: FloatArray, after: FloatArray
) -> CounterEffect:
    nothing = np.where(after > 0, np.inf, 1.0)
    within = _spread(np.divide(after, before, out=nothing, where=before != 0))
    return CounterEffect(
        terms.scenario,
        variant,
        metric,
        _spread(before),
        _spread(after),
        within,
        _counted_verdict(within),
    )


def _counted_verdict(within: Spread) -> Verdict:
    """One round that grew is growth; a saving must show in every round."""
    if within.low == within.high == 1:
        return Verdict.EQUAL
    if within.low >= 1:
        return Verdict.MORE
    return Verdict.FEWER if within.high < 1 else Verdict.INCONCLUSIVE


def _spread(values: FloatArray) -> Spread:
    return Spread(float(np.median(values)), float(values.min()), float(values.max()))


def _stages(rounds: Rounds, record: RunRecord) -> tuple[StageBreakdown, ...]:
    return tuple(_breakdown(rounds, variant, record.stages) for variant in record.variants)


def _breakdown(rounds: Rounds, variant: str, stages: Sequence[str]) -> StageBreakdown:
    latency = rounds.values(variant, "latency_s")
    spent = {stage: np.nan_to_num(rounds.values(variant, stage_column(stage))) for stage in stages}
    total = spent.pop(TOTAL_STAGE, None)
    inside = np.sum(list(spent.values()), axis=0) if spent else np.zeros_like(latency)
    if total is not None:
        spent[UNATTRIBUTED] = np.maximum(total - inside, 0)
        inside = total
    spent[OUTSIDE] = np.maximum(latency - inside, 0)
    return StageBreakdown(
        variant,
        float(np.median(latency)),
        tuple((stage, float(np.median(values))) for stage, values in spent.items()),
    )


def _curves(rounds: Rounds) -> tuple[Curve, ...]:
    curves = []
    for variant in rounds.frames:
        probabilities, latencies = stats.curve(rounds.values(variant, "latency_s"))
        curves.append(
            Curve(
                variant,
                tuple(probabilities.tolist()),
                tuple(latencies.tolist()),
                len(rounds.number),
            )
        )
    return tuple(curves)


def _delivery(samples: pd.DataFrame, variant: str) -> Delivery:
    mine = samples[samples["variant"] == variant]
    wrong = mine[~right_answers(mine)]
    measured = wrong[~wrong["warmup"]]
    warmups = int(mine["warmup"].sum())
    kinds = measured["error"].replace("", "no usable answer").value_counts()
    return Delivery(
        variant=variant,
        requests=len(mine) - warmups,
        errors=len(measured),
        warmup_requests=warmups,
        warmup_errors=len(wrong) - len(measured),
        unanswered=int((measured["status"] == 0).sum()),
        kinds=tuple((str(kind), int(count)) for kind, count in kinds.items()),
    )


def _is_shift(found: CarryOver, n_variants: int, margin: float) -> bool:
    return (
        _told_by(found) >= UNITS_MIN
        and abs(found.shift) > math.log1p(margin) / 4
        and stats.shift_p(found.same, found.other) < _FALSE_SHIFTS_MAX / n_variants
    )


def _told_by(found: CarryOver) -> int:
    return min(len(found.same), len(found.other))


def _shift_warning(found: CarryOver) -> str:
    return (
        f"contaminated: requests of {found.variant} are {units.change(math.exp(found.shift))} "
        f"right after another variant's ({len(found.other)} rounds) than right after their own "
        f"({len(found.same)} rounds); changes up to "
        f"{_bare_change(BEYOND_CARRY_OVER * abs(found.shift))} cannot be told from that"
    )


def _unchecked(carried: Sequence[CarryOver], variants: Sequence[str]) -> tuple[str, ...]:
    told_by = dict.fromkeys(variants, 0) | {found.variant: _told_by(found) for found in carried}
    few = [f"{count} for {name}" for name, count in told_by.items() if count < UNITS_MIN]
    if not few:
        return ()
    return (
        f"carry-over could not be checked: only {', '.join(few)} of the {UNITS_MIN} rounds needed",
    )
