"""Two runs compared, which were measured one after the other and not side by side.

Unchanged code wanders between runs as it does between the minutes of one, so a plain ratio of two
runs says little, and more samples do not help. There are two numbers, kept apart:

- The change of the effect: (variant / baseline in the second run) / (the same in the first). Each
  run is paired inside, so what the machine did to both variants cancels. It cannot show what
  changed variant and baseline alike.
- The change of the level: a variant in the second run / the same in the first, unpaired. Its
  interval allows for what the machine may have done, and it has no verdict where the canary or the
  baseline shows that it did.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from contract.errors import ReportError
from contract.run.record import RunRecord
from reports.effects.agreement import Difference, Side, differences, doubts
from reports.effects.comparison import Comparison
from reports.effects.estimating import decide
from reports.effects.family import confidence_of
from reports.effects.levels import METRICS, Change, Levels, as_ratios
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import Effect, Spread, Verdict
from reports.effects.validity import SEPARATE_SERVERS_DIFFER
from reports.statistics.values import Interval

# Each run has processes of its own.
_PROCESSES_DIFFER = math.log1p(SEPARATE_SERVERS_DIFFER)


@dataclass(frozen=True)
class ChangedCounter:
    """A counter that differs; `inconclusive` where it varies within a run, so that it may again."""

    scenario: str
    variant: str
    metric: str
    first: Spread
    second: Spread
    verdict: Verdict


@dataclass(frozen=True)
class RunsComparison:
    """Two runs, compared.

    Attributes:
        effects: how variant / baseline changed, both paired inside their run.
        levels: how each variant changed, unpaired.
        counters: those that differ.
        counters_alike: how many do not.
    """

    first: RunRecord
    second: RunRecord
    differences: tuple[Difference, ...]
    effects: tuple[Change, ...]
    levels: tuple[Change, ...]
    counters: tuple[ChangedCounter, ...]
    counters_alike: int


def compare_runs(first: Side, second: Side) -> RunsComparison:
    """Compare the second run with the first.

    Raises:
        ReportError: both are the same run, or have nothing in common.
    """
    if first.record.id == second.record.id:
        raise ReportError(
            f"both folders hold run {first.record.id}; two runs are needed. Measure again, and "
            "compare that run with this one."
        )
    rows = _rows(first.record, second.record)
    if not rows:
        raise ReportError(
            f"runs {first.record.id} and {second.record.id} have no scenario with a common "
            "variant; there is nothing to compare."
        )
    found = differences(first.record, second.record)
    confidence = confidence_of(len(rows) * len(METRICS))
    levels = Levels((first, second), rows, found, confidence)
    counters = tuple(_counters(first.comparison, second.comparison))
    changed = tuple(one for one in counters if one.verdict is not Verdict.EQUAL)
    return RunsComparison(
        first=first.record,
        second=second.record,
        differences=found,
        effects=tuple(_effects(first, second, found)),
        levels=tuple(
            levels.change(scenario, variant, metric)
            for scenario, variant in rows
            for metric in METRICS
        ),
        counters=changed,
        counters_alike=len(counters) - len(changed),
    )


def _rows(first: RunRecord, second: RunRecord) -> list[tuple[str, str]]:
    names = {one.name for one in second.scenarios}
    return [
        (scenario.name, variant)
        for scenario in first.scenarios
        if scenario.name in names
        for variant in first.variants
        if variant in second.variants
    ]


def _effects(first: Side, second: Side, found: Sequence[Difference]) -> Iterator[Change]:
    by_key = {_key(one): one for one in second.comparison.effects()}
    for before in first.comparison.effects():
        after = by_key.get(_key(before))
        if after is None or before.metric not in METRICS:
            continue
        concerned = (before.scenario, before.variant, first.record.baseline)
        reasons = tuple(doubts((first, second), found, *concerned))
        yield changed_effect(before, after, reasons)


def _key(effect: Effect) -> tuple[str, str, str]:
    return effect.scenario, effect.variant, effect.metric


def changed_effect(before: Effect, after: Effect, reasons: Sequence[Reason] = ()) -> Change:
    """The ratio of two ratios, each with the interval of its own run."""
    logs = [ratio_interval(before, after, familywise=wide) for wide in (False, True)]
    ninety, familywise = (as_ratios(one, _PROCESSES_DIFFER) for one in logs)
    margin = min(before.margin, after.margin)
    verdict = decide(ninety, familywise, margin)
    warnings = [
        reason(Name.IN_RUN, run=which, reason=warning)
        for effect, which in ((before, "A"), (after, "B"))
        for warning in effect.warnings
    ]
    doubts_found = (*reasons, *warnings) or _added_time(before, after, logs, verdict, margin)
    return Change(
        scenario=before.scenario,
        variant=before.variant,
        metric=before.metric,
        first=before.ratio,
        second=after.ratio,
        ratio=after.ratio / before.ratio,
        interval90=ninety,
        interval_familywise=familywise,
        verdict=Verdict.INCONCLUSIVE if doubts_found else verdict,
        reasons=doubts_found,
    )


def ratio_interval(before: Effect, after: Effect, *, familywise: bool) -> Interval:
    """The interval of after.ratio / before.ratio on the log scale.

    Two independent estimates, each with an interval of its own: squares of the arms add (Zou &
    Donner 2008, "Construction of confidence limits about effect measures: a general approach"),
    which needs no normal distribution of either.
    """
    one, other = (
        effect.interval_familywise if familywise else effect.interval90
        for effect in (before, after)
    )
    confidence = min(one.confidence, other.confidence)
    if not all(
        end > 0 and math.isfinite(end) for end in (one.low, one.high, other.low, other.high)
    ):
        return Interval(-math.inf, math.inf, 1.0)
    change = math.log(after.ratio / before.ratio)
    down = math.hypot(math.log(after.ratio / other.low), math.log(one.high / before.ratio))
    up = math.hypot(math.log(other.high / after.ratio), math.log(before.ratio / one.low))
    return Interval(change - down, change + up, confidence)


def _added_time(
    before: Effect,
    after: Effect,
    logs: Sequence[Interval],
    verdict: Verdict,
    margin: float,
) -> tuple[Reason, ...]:
    """Why a baseline that changed forbids a verdict, if it does.

    A machine that got slower by a factor cancels in a ratio. One that adds time to every request
    does not, where the variants differ much. So both readings must agree.
    """
    moved = math.log(after.before.value / before.before.value)
    if abs(moved) <= math.log1p(margin) or verdict is Verdict.INCONCLUSIVE:
        return ()
    expected_s = before.after.value + after.before.value - before.before.value
    baseline = math.exp(moved)
    if expected_s <= 0:
        # The added time is more than the variant took at all.
        return (reason(Name.BASELINE_CHANGED, baseline=baseline, ratio=None),)
    by_factor = math.log(after.after.value / before.after.value) - moved
    apart = math.log(after.after.value / expected_s) - by_factor
    ninety, familywise = (
        as_ratios(replace(one, low=one.low + apart, high=one.high + apart), _PROCESSES_DIFFER)
        for one in logs
    )
    if decide(ninety, familywise, margin) is verdict:
        return ()
    ratio = after.ratio / before.ratio * math.exp(apart)
    return (reason(Name.BASELINE_CHANGED, baseline=baseline, ratio=ratio),)


def _counters(first: Comparison, second: Comparison) -> Iterator[ChangedCounter]:
    spreads = _spreads(second)
    for (scenario, variant, metric), before in _spreads(first).items():
        after = spreads.get((scenario, variant, metric))
        if after is not None:
            verdict = counted_verdict(before, after)
            yield ChangedCounter(scenario, variant, metric, before, after, verdict)


def _spreads(comparison: Comparison) -> dict[tuple[str, str, str], Spread]:
    found = {}
    for one in comparison.counters():
        found[one.scenario, comparison.baseline, one.metric] = one.before
        found[one.scenario, one.variant, one.metric] = one.after
    return found


def counted_verdict(before: Spread, after: Spread) -> Verdict:
    """No noise, so no statistics: told apart where no count of one run occurs in the other."""
    if before == after:
        return Verdict.EQUAL
    if after.low > before.high:
        return Verdict.MORE
    return Verdict.FEWER if after.high < before.low else Verdict.INCONCLUSIVE
