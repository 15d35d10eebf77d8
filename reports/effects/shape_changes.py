"""Scenarios in which a variant changed the shape of the latencies, and what that does to a verdict.

The centre of the rounds' ratios and the ratio of all requests' medians are two numbers for the
same thing as long as a variant changes all requests alike. Where the share of slow requests
changed, both are right and differ. So a verdict stands where both say the same.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from contract.metrics import TYPICAL
from reports.effects.comparer import Compared, Trial
from reports.effects.estimating import Alone, decide
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import Estimate, Verdict
from reports.statistics.slow_share import FALSE_CHANGES_MAX, ShapeChange, find_change


def explain_shapes(
    trials: Sequence[Trial], compared: Sequence[Compared]
) -> tuple[list[tuple[ShapeChange, ...]], list[Compared]]:
    """Find the changes of every scenario, and say them beside its typical latency.

    Args:
        trials: each scenario's rounds.
        compared: what their metrics show, in the same order.

    Returns: the changes, and the same findings, in which a changed shape replaces what pooled
        medians would say.
    """
    changes = [_changes(trial, one) for trial, one in zip(trials, compared, strict=True)]
    return changes, [
        _explain(one, found, trial.terms.baseline)
        for trial, one, found in zip(trials, compared, changes, strict=True)
    ]


def _changes(trial: Trial, compared: Compared) -> tuple[ShapeChange, ...]:
    """Of the same rounds as the effects; without a typical latency nothing is looked for."""
    terms = trial.terms
    spent = terms.look.error(FALSE_CHANGES_MAX)
    ratios = {
        one.estimate.variant: one.estimate.ratio
        for one in compared.effects
        if one.estimate.metric == TYPICAL
    }
    if not ratios or not spent:
        return ()
    rounds = slice(terms.look.rounds)
    before = trial.rounds.values(terms.baseline, "latency_s")[rounds]
    found = (
        find_change(
            variant,
            before,
            trial.rounds.values(variant, "latency_s")[rounds],
            ratio,
            spent / len(ratios),
            None if trial.block is None else trial.block[rounds],
        )
        for variant, ratio in ratios.items()
    )
    return tuple(one for one in found if one)


def _explain(compared: Compared, changes: Sequence[ShapeChange], baseline: str) -> Compared:
    by_variant = {one.variant: one for one in changes}
    effects = [
        _explained(one, by_variant[one.estimate.variant], baseline)
        if one.estimate.metric == TYPICAL and one.estimate.variant in by_variant
        else one
        for one in compared.effects
    ]
    return replace(compared, effects=effects)


def _explained(alone: Alone, change: ShapeChange, baseline: str) -> Alone:
    estimate = alone.estimate
    pooled = {Name.POOLING_DISAGREES, Name.POOLED_RATIO}
    apart = any(one.name is Name.POOLING_DISAGREES for one in estimate.warnings)
    noted = any(one.name is Name.POOLED_RATIO for one in alone.notes)
    message = _in_facts(change, baseline, estimate.pooled_ratio if apart or noted else None)
    others = tuple(one for one in estimate.warnings if one.name not in pooled)
    notes = tuple(one for one in alone.notes if one.name not in pooled)
    if not apart:
        return replace(alone, notes=(*notes, message))
    verdict = decide(estimate.interval90, estimate.interval_familywise, estimate.margin)
    if others or not _both_say(estimate, verdict):
        # That the middle stayed where it was is not shown where the median moved.
        return replace(alone, estimate=replace(estimate, warnings=(*others, message)), notes=notes)
    sound = replace(estimate, warnings=())
    return replace(alone, estimate=sound, verdict=verdict, needed_s=None, notes=(*notes, message))


def _both_say(estimate: Estimate, verdict: Verdict) -> bool:
    """Whether the ratio of all requests' medians has the direction of a verdict."""
    direction = {Verdict.SLOWER: 1, Verdict.FASTER: -1}.get(verdict, 0)
    return direction * math.log(estimate.pooled_ratio) > 0


def _in_facts(change: ShapeChange, baseline: str, pooled_ratio: float | None) -> Reason:
    return reason(
        Name.SHAPE_CHANGED,
        variant=change.variant,
        baseline=baseline,
        kind=change.kind,
        share_before=change.share_before,
        share_after=change.share_after,
        slow_s=change.slow_s,
        others_ratio=change.others_ratio,
        others_interval=change.others_interval,
        groups_before=change.groups_before,
        groups_after=change.groups_after,
        pooled_ratio=pooled_ratio,
    )
