"""From paired samples of one metric to its effect, and what may be said about it.

A unit is what is paired: a round, a stretch of rounds long enough for a quantile or a mean, under
load a block of the switchback, and where servers are started again and again, a pair of starts.
"""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from contract.run.checks import are_times
from reports import units
from reports.model import (
    FAR_TAIL,
    MEAN,
    QUANTILES,
    TAIL,
    TYPICAL,
    UNITS_MIN,
    Effect,
    FloatArray,
    IntArray,
    Interval,
    Level,
    Unit,
    Verdict,
)
from reports.statistics import sequential, stats

BEYOND_CARRY_OVER = 3
"""An effect must be more than so many times a carry-over beside it, on the log scale.

A variant is shifted in at most three of four requests, so two opposite shifts could feign an effect
of 1.5 times the larger one; twice that leaves room for a shift that is itself an estimate.
"""

ROUNDS_PER_UNIT = {TYPICAL: 1, TAIL: 200, FAR_TAIL: 1000, MEAN: 50}
"""At least so many rounds to a unit; other metrics need one."""

# Below these a tail quantile is little more than the slowest request.
ROUNDS_MIN = {TYPICAL: 1, TAIL: 20, FAR_TAIL: 100}
"""At least so many rounds for any number."""

# A level's interval rests on medians, or means, of this many stretches of the run, not on single
# requests, because latency wanders and neighbours resemble each other.
_LEVEL_STRETCHES = 20


@dataclass(frozen=True)
class Terms:
    """What a scenario's comparisons have in common.

    Attributes:
        round_s: seconds of the whole run's measuring for one compared round.
        shifts: size of the carry-over on the log scale, of each variant that has one.
        look: which rounds may tell an effect, and how much chance of error is theirs.
        asked: the metrics to compare; None for all.
        primaries: the metrics that verdicts of the whole run rest on; none of a canary.
    """

    scenario: str
    baseline: str
    margins: Mapping[str, float]
    confidence: float
    canary: bool
    round_s: float
    shifts: Mapping[str, float]
    look: sequential.Look
    asked: Collection[str] | None = None
    primaries: Collection[str] = (TYPICAL, TAIL)


@dataclass(frozen=True)
class Pair:
    """One metric of two variants over the same rounds, (n_rounds,) each.

    Attributes:
        block: under load, the switchback block of each round, and with restarts the pair of starts,
            ascending: no unit may split one.
        units: what is paired where nothing is joined to make a quantile or a mean.
        members: what each number is of.
    """

    metric: str
    variant: str
    before: FloatArray
    after: FloatArray
    block: IntArray | None = None
    units: Unit = "rounds"
    members: str = "requests"

    def until(self, rounds: int) -> "Pair":
        """The same of the first rounds alone."""
        block = None if self.block is None else self.block[:rounds]
        return replace(self, before=self.before[:rounds], after=self.after[:rounds], block=block)

    @property
    def quantile(self) -> float:
        """The quantile that the metric is about; the median where it names none."""
        return QUANTILES.get(self.metric, 0.5)

    @property
    def rounds_min(self) -> int:
        """The fewest rounds in a unit."""
        return ROUNDS_PER_UNIT.get(self.metric, 1)

    @property
    def unit(self) -> Unit:
        """What is paired."""
        return self.units if self.rounds_min == 1 else "blocks"

    @property
    def rounds_per_unit(self) -> float:
        """How many rounds a unit takes at this run's pace."""
        if self.block is None:
            return self.rounds_min
        n_units = len(self.of_stretches(self.before, self.rounds_min))
        return len(self.before) / n_units if n_units else self.rounds_min

    def of(self, values: FloatArray) -> float:
        """What the metric tells of many requests together: their quantile or mean."""
        if self.metric == MEAN:
            return float(values.mean())
        return float(np.quantile(values, self.quantile))

    def of_stretches(self, values: FloatArray, rounds_min: int) -> FloatArray:
        """The same of each stretch of at least so many rounds, (n_stretches,)."""
        if self.block is not None:
            stretches = stats.joined_blocks(values, self.block, rounds_min)
            return np.array([self.of(stretch) for stretch in stretches])
        if self.metric == MEAN:
            return stats.block_means(values, rounds_min)
        return stats.block_quantiles(values, self.quantile, rounds_min)


def comparable(pair: Pair) -> bool:
    """Whether there is enough for a number, and each has a ratio."""
    enough = len(pair.before) >= ROUNDS_MIN.get(pair.metric, 1)
    return enough and all(are_times(one).all() for one in (pair.before, pair.after))


def judged_effect(pair: Pair, terms: Terms) -> Effect:
    """One metric's effect with its verdict."""
    logs, share = stats.ascending(unit_logs(pair)), _share(pair, terms)
    before, after = (_level(values, pair, terms) for values in (pair.before, pair.after))
    pooled = math.log(after.value / before.value)
    estimate = stats.centre(logs) if len(logs) else pooled
    ninety = sequential.signed_rank_interval(logs, 0.90, share)
    familywise = sequential.signed_rank_interval(logs, terms.confidence, share)
    effect = Effect(
        scenario=terms.scenario,
        variant=pair.variant,
        metric=pair.metric,
        ratio=math.exp(estimate),
        interval90=_as_ratios(ninety),
        interval_familywise=_as_ratios(familywise),
        p_value=sequential.signed_rank_p(logs, share),
        n=len(logs),
        unit=pair.unit,
        unit_s=terms.round_s * pair.rounds_per_unit,
        before=before,
        after=after,
        pooled_ratio=math.exp(pooled),
        margin=terms.margins.get(pair.metric, terms.margins[TYPICAL]),
        primary=pair.metric in terms.primaries and not terms.canary,
        verdict=Verdict.INCONCLUSIVE,
        detectable_ratio=math.exp(
            stats.detectable(_reach(ninety, estimate), _reach(familywise, estimate))
        ),
        needed_s=None,
    )
    return _judged(effect, pair, terms)


def _share(pair: Pair, terms: Terms) -> float:
    return terms.look.share(pair.rounds_min)


def units_min(confidence: float) -> int:
    """The fewest units with which a verdict is possible, at the end of a run."""
    return max(UNITS_MIN, stats.units_to_reach(confidence))


def _units_min(pair: Pair, terms: Terms) -> int:
    """The fewest units with which a verdict is possible at the latest look."""
    fewest = units_min(sequential.spend(terms.confidence, _share(pair, terms) or 1.0))
    if terms.look.at_end:
        return fewest
    return max(fewest, math.ceil(sequential.DECLARED[0] / pair.rounds_per_unit))


def unit_logs(pair: Pair) -> FloatArray:
    """The log ratio of each unit, (n_units,)."""
    if pair.unit != "blocks":
        logs = stats.log_ratios(pair.before, pair.after)
        if pair.block is None:
            return logs
        # Rounds of one pair of starts are neighbours, so they are paired first.
        return np.array([stats.centre(one) for one in stats.joined_blocks(logs, pair.block, 1)])
    size = pair.rounds_min
    return stats.log_ratios(
        pair.of_stretches(pair.before, size), pair.of_stretches(pair.after, size)
    )


def whole_unit_logs(pair: Pair) -> FloatArray:
    """The log ratio of each unit that was complete before measuring ended, (n_units,).

    Where a unit ends is then known when it begins, whatever may end the run.
    """
    size = pair.rounds_min if pair.block is None else 1
    whole = slice(len(pair.before) // size * size)
    return unit_logs(replace(pair, before=pair.before[whole], after=pair.after[whole]))


def _reach(interval: Interval, estimate: float) -> float:
    """The longer arm of an interval on the log scale; an estimate seldom stands in its middle."""
    return max(interval.high - estimate, estimate - interval.low)


def _log(interval: Interval) -> Interval:
    return Interval(math.log(interval.low), math.log(interval.high), interval.confidence)


def _as_ratios(interval: Interval) -> Interval:
    return Interval(math.exp(interval.low), math.exp(interval.high), interval.confidence)


def _level(values: FloatArray, pair: Pair, terms: Terms) -> Level:
    value = pair.of(values)
    stretches = pair.of_stretches(values, max(pair.rounds_min, len(values) // _LEVEL_STRETCHES, 1))
    if len(stretches) < UNITS_MIN:
        nothing = Interval(0.0, math.inf, 1.0)
        return Level(value, nothing, nothing)
    ninety, familywise = (
        stats.mean_interval(stretches, spent)
        if pair.metric == MEAN
        else stats.quantile_interval(stretches, 0.5, spent)
        for spent in (
            sequential.spend(one, _share(pair, terms)) for one in (0.90, terms.confidence)
        )
    )
    return Level(value, ninety, familywise)


def _judged(effect: Effect, pair: Pair, terms: Terms) -> Effect:
    """The effect with its verdict, or with why there is none and what would bring one."""
    few = _too_few(effect, pair, terms)
    # More of the same cures neither carry-over nor disagreement; too few cannot show the latter.
    lasting = _swamped(effect, terms) or ("" if few else _torn(effect, pair))
    doubts = tuple(doubt for doubt in (few, lasting) if doubt)
    verdict = decide(effect.interval90, effect.interval_familywise, effect.margin)
    if doubts:
        verdict = Verdict.INCONCLUSIVE
    curable = verdict is Verdict.INCONCLUSIVE and not lasting
    return replace(
        effect,
        verdict=verdict,
        needed_s=_needed_s(effect, pair, terms) if curable else None,
        warnings=doubts,
        notes=tuple(note for note in _notes(effect, pair, terms) if note not in " ".join(doubts)),
    )


def _notes(effect: Effect, pair: Pair, terms: Terms) -> Iterator[str]:
    if abs(math.log(effect.ratio / effect.pooled_ratio)) > math.log1p(effect.margin):
        yield _pooled_told(effect, pair)
    shift = _shift(effect, terms)
    if shift and not _swamped(effect, terms):
        yield f"{_shift_told(shift)}, small beside this"


def _pooled_told(effect: Effect, pair: Pair) -> str:
    pooled = "medians" if pair.quantile == 0.5 else f"p{100 * pair.quantile:.0f}"
    if pair.metric == MEAN:
        pooled = "means"
    return f"{pooled} over all {pair.members}: {units.change(effect.pooled_ratio)}"


def _shift(effect: Effect, terms: Terms) -> float:
    """The carry-over that could have fed this effect; a canary is there to show it."""
    if terms.canary:
        return 0.0
    return max(terms.shifts.get(name, 0.0) for name in (terms.baseline, effect.variant))


def _shift_told(shift: float) -> str:
    return f"carry-over of {bare_change(shift)}"


def bare_change(log_ratio: float) -> str:
    """The size of a change in words, its direction left out."""
    return units.change(math.exp(log_ratio)).removesuffix(" slower")


def _swamped(effect: Effect, terms: Terms) -> str:
    """Why carry-over forbids a verdict; empty when it does not."""
    shift = _shift(effect, terms)
    if abs(math.log(effect.ratio)) > BEYOND_CARRY_OVER * shift or not shift:
        return ""
    return (
        f"contaminated: {_shift_told(shift)}, so only a change over "
        f"{bare_change(BEYOND_CARRY_OVER * shift)} could be told"
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


def _too_few(effect: Effect, pair: Pair, terms: Terms) -> str:
    """Why there are not enough units for a verdict; empty when there are."""
    if effect.n == 0:
        return (
            f"pooled, not paired: fewer than {pair.rounds_min} rounds; a verdict needs "
            f"{_units_min(pair, terms)} blocks of as many"
        )
    if effect.short:
        size = f" of {pair.rounds_min} rounds" if pair.rounds_min > 1 else ""
        units_now = units.count_of(effect.n, effect.unit)
        return f"only {units_now}{size}; a verdict needs {_units_min(pair, terms)}"
    return ""


def _torn(effect: Effect, pair: Pair) -> str:
    """Why pairing and pooling forbid a verdict; empty when they agree."""
    if _agrees(effect, pair):
        return ""
    return (
        f"{_pooled_told(effect, pair)}, too far from {units.change(effect.ratio)} in pairs for a "
        "verdict"
    )


def _agrees(effect: Effect, pair: Pair) -> bool:
    """Whether pairing and pooling tell the same story.

    On the log scale they may differ by the margin, by what both estimates could be off (arms
    of 90 % intervals in quadrature), and by a tenth of the effect: where a distribution changes its
    shape, as when a request gets 30 times faster, the two need not be the same number.
    """
    paired, pooled = math.log(effect.ratio), math.log(effect.pooled_ratio)
    apart = abs(paired - pooled) - math.log1p(effect.margin) - abs(paired) / 10
    if apart <= 0:
        return True  # As nearly always; how far both may be off takes long to tell.
    off = math.hypot(
        _reach(_log(effect.interval90), paired),
        _pooled_reach(pair.before, effect.before, pair),
        _pooled_reach(pair.after, effect.after, pair),
    )
    return apart <= off


def _pooled_reach(values: FloatArray, level: Level, pair: Pair) -> float:
    """How far what is pooled may be off, on the log scale.

    Nothing is granted to a mean. Where few slow requests make it up, it may be off by much, and
    most blocks know nothing of them: pairing would call equivalent what nobody can tell.
    """
    if pair.metric == MEAN:
        return 0.0
    interval = stats.quantile_interval(np.log(values), pair.quantile, 0.90)
    return _reach(interval, math.log(level.value))


def _needed_s(effect: Effect, pair: Pair, terms: Terms) -> float | None:
    """Further seconds of the whole run at its own pace; None when nobody can say."""
    total: float = _units_min(pair, terms)
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
