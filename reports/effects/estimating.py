"""From paired observations of one metric to an estimate, and whether it may have a verdict."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from contract.looks import LOOKS
from contract.metrics import TYPICAL, Direction, Metric
from reports.effects.pairing import Paired
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import Estimate, Level, Verdict
from reports.statistics import coins, sequential, stats
from reports.statistics.values import UNITS_MIN, FloatArray, Interval

BEYOND_CARRY_OVER = 3
"""An effect must be more than so many times a carry-over beside it, on the log scale.

A variant is shifted in at most three of four requests, so two opposite shifts could feign an effect
of 1.5 times the larger one; twice that leaves room for a shift that is itself an estimate.
"""

# A level's interval rests on medians, or means, of this many stretches of the run, not on single
# requests, because latency wanders and neighbours resemble each other.
_LEVEL_STRETCHES = 20


@dataclass(frozen=True)
class Terms:
    """What the comparisons of one subject have in common.

    Attributes:
        margins: by metric; one that is absent takes the typical latency's.
        confidence: of each primary interval.
        round_s: seconds of the whole run's measuring for one compared round.
        shifts: size of the carry-over on the log scale, of each variant that has one.
        look: which rounds may decide an effect, and how much chance of error is theirs.
        primaries: the metrics that verdicts of the whole run rest on; none of a canary.
        doubt: why no time of the whole run can be judged.
    """

    scenario: str
    baseline: str
    margins: Mapping[str, float]
    confidence: float
    canary: bool
    round_s: float
    look: sequential.Look
    primaries: Collection[str]
    shifts: Mapping[str, float]
    doubt: Reason | None = None

    def margin(self, metric: str) -> float:
        """The margin of a metric."""
        return self.margins.get(metric, self.margins[TYPICAL])


@dataclass(frozen=True)
class Alone:
    """An estimate with what it says by itself, before the other comparisons of the run count.

    Attributes:
        verdict: by its own intervals.
        needed_s, notes: as of an effect.
    """

    estimate: Estimate
    verdict: Verdict
    needed_s: float | None
    notes: tuple[Reason, ...]


def estimate_alone(paired: Paired, terms: Terms) -> Alone:
    """Estimate the effect that paired observations show."""
    made = _Estimating(paired, terms)
    verdict = made.verdict()
    needed_s = made.needed_s() if verdict is Verdict.INCONCLUSIVE else None
    return Alone(made.estimate, verdict, needed_s, tuple(made.notes()))


class _Estimating:
    """One metric's estimate in the making, with its observations."""

    def __init__(self, paired: Paired, terms: Terms) -> None:
        self._paired, self._terms = paired, terms
        look, first = terms.look, paired.metric.rounds_first
        tested = paired.tested()
        self._before, self._after = self._level(paired.before), self._level(paired.after)
        self._pooled = math.log(self._after.value / self._before.value)
        self._log_ratio = tested.log_ratio
        self._ninety = sequential.interval_at(look, tested, 0.90, first)
        self._wide = sequential.interval_at(look, tested, terms.confidence, first)
        self._p_value = sequential.p_value_at(look, tested, first)
        self._n = paired.n_units
        self._one_factor = self._is_found_as_one_factor()
        self._margin = terms.margin(paired.metric.name)
        few = self._too_few()
        # More of the same cures none of these; too few units cannot show the last.
        self._lasting = (
            terms.doubt or self._carry_over() or (None if few else self._pooling_disagrees())
        )
        self.estimate = Estimate(
            scenario=terms.scenario,
            variant=paired.variant,
            metric=paired.metric.name,
            ratio=math.exp(self._log_ratio),
            interval90=_as_ratios(self._ninety),
            interval_familywise=_as_ratios(self._wide),
            p_value=self._p_value,
            n=self._n,
            unit=paired.unit,
            unit_s=terms.round_s * paired.rounds_per_unit,
            before=self._before,
            after=self._after,
            pooled_ratio=math.exp(self._pooled),
            margin=self._margin,
            primary=paired.metric.name in terms.primaries and not terms.canary,
            detectable_ratio=math.exp(
                stats.detectable(
                    _reach(self._ninety, self._log_ratio), _reach(self._wide, self._log_ratio)
                )
            ),
            warnings=tuple(doubt for doubt in (few, self._lasting) if doubt),
        )

    def verdict(self) -> Verdict:
        """The verdict by this metric's own intervals."""
        found = self.estimate
        if found.warnings:
            return Verdict.INCONCLUSIVE
        direction = self._paired.metric.direction
        return decide(found.interval90, found.interval_familywise, found.margin, direction)

    def notes(self) -> Iterator[Reason]:
        """What else to know; a warning that states the same replaces a note."""
        apart = abs(math.log(self.estimate.ratio / self.estimate.pooled_ratio))
        disagrees = self._lasting is not None and self._lasting.name is Name.POOLING_DISAGREES
        if apart > math.log1p(self._margin) and not disagrees:
            yield reason(Name.POOLED_RATIO, **self._pooled_facts())
        if self._one_factor:
            rounds = self._rounds_required()
            yield reason(Name.AS_ONE_FACTOR, metric=self.estimate.metric, needed=rounds)
        shift = self._shift()
        if shift and not self._carry_over():
            yield reason(Name.SMALL_CARRY_OVER, shift=shift)

    def needed_s(self) -> float | None:
        """Further seconds of the whole run at its own pace; None when that is unknown."""
        if self._lasting:
            return None
        total: float = self._rounds_required()
        if not self.estimate.short:
            found = self.estimate
            log_ratio = math.log(found.ratio)
            total = stats.units_needed(
                log_ratio,
                _reach(_log(found.interval90), log_ratio),
                _reach(_log(found.interval_familywise), log_ratio),
                math.log1p(self._margin),
                len(self._paired.before),
            )
        rounds = total - len(self._paired.before)
        needed = max(rounds, 1) * self._terms.round_s
        return needed if math.isfinite(needed) else None

    def _is_found_as_one_factor(self) -> bool:
        """Whether a change of all requests is told where a tail alone has too few.

        The 90 % interval stays the tail's alone, so that this neither passes a budget nor is an
        equivalence: a tail that nobody saw may still be slow.
        """
        tested = None if _is_bounded(self._wide) else self._paired.tested_as_one_factor()
        if tested is None:
            return False
        look, first = self._terms.look, self._paired.metric.rounds_first
        wide = sequential.interval_at(look, tested, self._terms.confidence, first)
        if wide.holds(0.0):
            return False
        self._wide, self._p_value = wide, sequential.p_value_at(look, tested, first)
        return True

    def _level(self, values: FloatArray) -> Level:
        paired, terms = self._paired, self._terms
        value, stretches = paired.of(values), level_stretches(paired, values)
        if len(stretches) < UNITS_MIN:
            nothing = Interval(0.0, math.inf, 1.0)
            return Level(value, nothing, nothing)
        first = paired.metric.rounds_first
        promised = [terms.look.confidence(one, first) for one in (0.90, terms.confidence)]
        return Level(value, *_level_intervals(paired.metric, stretches, promised))

    def _rounds_required(self) -> int:
        """The fewest rounds with which a verdict is possible at the latest look."""
        terms, paired = self._terms, self._paired
        needed = required(terms.look, terms.confidence, paired.metric)
        rounds = max(needed.rounds, math.ceil(needed.units * paired.rounds_per_unit))
        return rounds if terms.look.at_end else max(rounds, LOOKS[0])

    def _too_few(self) -> Reason | None:
        """Why there are not enough rounds for a verdict."""
        if self._n >= UNITS_MIN and _is_bounded(self._wide):
            return None
        paired = self._paired
        rounds = self._rounds_required()
        return reason(
            Name.TOO_FEW_UNITS,
            n=self._n,
            unit=paired.unit,
            needed=math.ceil(rounds / paired.rounds_per_unit),
        )

    def _shift(self) -> float:
        """The carry-over that could contribute to this effect; a canary exists to show it."""
        if self._terms.canary:
            return 0.0
        names = (self._terms.baseline, self._paired.variant)
        return max(self._terms.shifts.get(name, 0.0) for name in names)

    def _carry_over(self) -> Reason | None:
        """Why carry-over forbids a verdict."""
        shift = self._shift()
        if not shift or abs(math.log(math.exp(self._log_ratio))) > BEYOND_CARRY_OVER * shift:
            return None
        return reason(Name.CARRY_OVER, shift=shift, detectable=BEYOND_CARRY_OVER * shift)

    def _pooling_disagrees(self) -> Reason | None:
        """Why pairing and pooling forbid a verdict.

        On the log scale they may differ by the margin, by the errors of both estimates (arms of
        90 % intervals in quadrature), and by a tenth of the effect: where a distribution changes
        its shape, as when a request gets 30 times faster, the two need not be the same number.
        """
        paired, pooled = (math.log(math.exp(one)) for one in (self._log_ratio, self._pooled))
        apart = abs(paired - pooled) - math.log1p(self._margin) - abs(paired) / 10
        # Nearly always no more is needed; the errors of both take long to find.
        if apart <= 0:
            return None
        off = math.hypot(
            _reach(_log(_as_ratios(self._ninety)), paired),
            _median_reach(self._paired.before, self._before),
            _median_reach(self._paired.after, self._after),
        )
        if apart <= off:
            return None
        ratio = math.exp(self._log_ratio)
        return reason(Name.POOLING_DISAGREES, ratio=ratio, **self._pooled_facts())

    def _pooled_facts(self) -> dict[str, object]:
        return {
            "metric": self._paired.metric.name,
            "kind": self._paired.metric.kind,
            "pooled_ratio": math.exp(self._pooled),
        }


def level_stretches(paired: Paired, values: FloatArray) -> list[FloatArray]:
    """The stretches that a level's interval rests on; of a tail, each expects a value beyond it."""
    metric = paired.metric
    smallest = metric.rounds_per_stretch if metric.is_mean else metric.rounds_min
    size = max(smallest, len(values) // _LEVEL_STRETCHES)
    return paired.stretches(values, size)


def _level_intervals(
    metric: Metric, stretches: Sequence[FloatArray], confidences: Sequence[float]
) -> list[Interval]:
    if metric.quantile > 0.5:
        return stats.tail_intervals(stretches, metric.quantile, confidences)
    if metric.is_mean:
        means = np.array([one.mean() for one in stretches])
        return [stats.mean_interval(means, one) for one in confidences]
    medians = np.array([np.median(one) for one in stretches])
    return [stats.quantile_interval(medians, 0.5, one) for one in confidences]


class Required(NamedTuple):
    """The fewest units, and the fewest rounds in them, with which a verdict is possible."""

    units: int
    rounds: int


def required(look: sequential.Look, promised: float, metric: Metric) -> Required:
    """What this look needs to give a verdict on a metric.

    Args:
        look: where there is none yet, what any look needs.
        promised: the confidence of all looks together.
        metric: to decide.
    """
    coming = sequential.Look(LOOKS[-1], 0, at_end=False)
    first = metric.rounds_first
    error = look.error(1 - promised, first) or coming.error(1 - promised, first)
    units = max(UNITS_MIN, stats.units_to_reach(1 - error))
    if not metric.by_coins or metric.is_mean:
        return Required(units, units)
    return Required(units, max(units, coins.rounds_to_bound(1 - error, metric.quantile)))


def decide(
    interval90: Interval,
    interval_familywise: Interval,
    margin: float,
    direction: Direction = Direction.LOWER,
) -> Verdict:
    """Judge a ratio by its two intervals.

    Equivalent when two one-sided 5 % tests put it inside the margin; otherwise slower or faster
    when the family-wise interval excludes 1; otherwise inconclusive.
    """
    if interval90.low >= 1 / (1 + margin) and interval90.high <= 1 + margin:
        return Verdict.EQUIVALENT
    if interval_familywise.holds(1.0):
        return Verdict.INCONCLUSIVE
    is_more = interval_familywise.low > 1
    return Verdict.SLOWER if is_more is (direction is Direction.LOWER) else Verdict.FASTER


def _is_bounded(interval: Interval) -> bool:
    return math.isfinite(interval.low) and math.isfinite(interval.high)


def _reach(interval: Interval, estimate: float) -> float:
    """The longer arm of an interval on the log scale; an estimate is seldom in its middle."""
    return max(interval.high - estimate, estimate - interval.low)


def _median_reach(values: FloatArray, level: Level) -> float:
    """The error of a pooled median, on the log scale; tails and means are pooled themselves."""
    return _reach(stats.quantile_interval(np.log(values), 0.5, 0.90), math.log(level.value))


def _log(interval: Interval) -> Interval:
    return Interval(math.log(interval.low), math.log(interval.high), interval.confidence)


def _as_ratios(interval: Interval) -> Interval:
    return Interval(math.exp(interval.low), math.exp(interval.high), interval.confidence)
