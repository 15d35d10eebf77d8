"""Two changes alone and both together: does the one take from what the other gains?

On the log scale effects add up where changes do not touch each other: the ratio of both is the
product of each one's. What is left, log(both / baseline) - log(first / baseline) -
log(second / baseline), is taken round by round, so that it is paired as every effect is: swapping
the coins of a round swaps its sign where there is no interaction. Advice alone: it is of no family.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from reports.effects.effects import units_min
from reports.effects.levels import as_ratios
from reports.model import (
    FloatArray,
    Interaction,
    InteractionEffect,
    Interval,
    Together,
)
from reports.statistics import sequential, stats

CONFIDENCE = 0.99


def interaction_of(
    scenario: str,
    asked: Interaction,
    latencies: Mapping[str, FloatArray],
    baseline: str,
    look: sequential.Look,
    margin: float,
) -> InteractionEffect:
    """How two changes get on with each other in one scenario.

    Args:
        scenario: its name.
        asked: which variants are meant.
        latencies: seconds by variant, (n_rounds,) each, positive, of the rounds that may tell.
        baseline: one of the variants.
        look: which look these rounds are of.
        margin: ratios within a factor of 1 + margin count as 1.
    """
    logs = {name: np.log(latencies[name] / latencies[baseline]) for name in asked.variants}
    left = logs[asked.both] - logs[asked.first] - logs[asked.second]
    share = look.share(1)
    ninety = sequential.signed_rank_interval(left, 0.90, share)
    wide = sequential.signed_rank_interval(left, CONFIDENCE, share)
    enough = len(left) >= units_min(sequential.spend(CONFIDENCE, share or 1.0))
    return InteractionEffect(
        scenario=scenario,
        asked=asked,
        alone=(_ratio(logs[asked.first]), _ratio(logs[asked.second])),
        together=_ratio(logs[asked.both]),
        ratio=_ratio(left),
        interval=as_ratios(wide, 0.0),
        n=len(left),
        verdict=_told(ninety, wide, margin) if enough else Together.INCONCLUSIVE,
    )


def _ratio(logs: FloatArray) -> float:
    return math.exp(stats.centre(logs)) if len(logs) else math.nan


def _told(ninety: Interval, wide: Interval, margin: float) -> Together:
    if max(abs(ninety.low), abs(ninety.high)) <= math.log1p(margin):
        return Together.INDEPENDENT
    if wide.holds(0.0):
        return Together.INCONCLUSIVE
    return Together.HINDER if wide.low > 0 else Together.HELP


def measured(asked: Sequence[Interaction], variants: Sequence[str]) -> list[Interaction]:
    """Those of which a run has all variants."""
    return [one for one in asked if set(one.variants) <= set(variants)]
