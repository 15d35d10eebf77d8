"""Two changes alone and both together: does the one take from what the other gains?

On the log scale effects add up where changes do not touch each other: the ratio of both is the
product of each one's. What is left, log(both / baseline) - log(first / baseline) -
log(second / baseline), is taken round by round, so that it is paired as every effect is: swapping
the coins of a round swaps its sign where there is no interaction. Advice alone: it is of no family.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from contract.config.judging import Interaction
from contract.metrics import MARGINS, TYPICAL, find
from contract.run.record import RunRecord
from contract.run.samples import Samples
from reports.effects.estimating import required
from reports.effects.levels import as_ratios
from reports.effects.requests import Requests
from reports.statistics import sequential, stats
from reports.statistics.ranks import SignedRanks
from reports.statistics.values import FloatArray, Interval

CONFIDENCE = 0.99


class Together(StrEnum):
    """What two changes do to each other."""

    INDEPENDENT = "independent"
    HELP = "help each other"
    HINDER = "hinder each other"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class InteractionEffect:
    """How two changes get on with each other in one scenario.

    Attributes:
        alone: ratio of each by itself, first and second.
        together: ratio of both.
        ratio: what both take beyond the product of each by itself; 1 where neither touches the
            other, above 1 where they hinder each other.
        interval: of that ratio, at 99 %, however measuring came to stop.
        n: rounds behind it.
    """

    scenario: str
    stated: Interaction
    alone: tuple[float, float]
    together: float
    ratio: float
    interval: Interval
    n: int
    verdict: Together


def find_interactions(
    record: RunRecord,
    samples: Samples,
    stated: Sequence[Interaction],
    margins: Mapping[str, float],
) -> tuple[InteractionEffect, ...]:
    """How pairs of changes act on each other, scenario by scenario.

    Args:
        record: run.json.
        samples: of the run.
        stated: which variants are meant; those that the run did not measure are passed over.
        margins: by metric, as ratios.
    """
    wanted = measured(stated, record.variants)
    if record.load or not wanted:
        return ()
    margin = (MARGINS | dict(margins))[TYPICAL]
    return tuple(
        interaction_of(
            scenario.name,
            one,
            {name: rounds.values(name, "latency_s")[: look.rounds] for name in record.variants},
            record.baseline,
            look,
            margin,
        )
        for scenario, rounds, look in Requests(record, samples, margins).looked_at()
        if not scenario.canary
        for one in wanted
    )


def interaction_of(
    scenario: str,
    stated: Interaction,
    latencies: Mapping[str, FloatArray],
    baseline: str,
    look: sequential.Look,
    margin: float,
) -> InteractionEffect:
    """How two changes get on with each other in one scenario.

    Args:
        scenario: its name.
        stated: which variants are meant.
        latencies: seconds by variant, (n_rounds,) each, positive, of the rounds that are looked at.
        baseline: one of the variants.
        look: which look these rounds are of.
        margin: ratios within a factor of 1 + margin count as 1.
    """
    logs = {name: np.log(latencies[name] / latencies[baseline]) for name in stated.variants}
    left = logs[stated.both] - logs[stated.first] - logs[stated.second]
    tested = SignedRanks(left)
    ninety = sequential.interval_at(look, tested, 0.90)
    wide = sequential.interval_at(look, tested, CONFIDENCE)
    enough = len(left) >= required(look, CONFIDENCE, find(TYPICAL)).units
    return InteractionEffect(
        scenario=scenario,
        stated=stated,
        alone=(_ratio(logs[stated.first]), _ratio(logs[stated.second])),
        together=_ratio(logs[stated.both]),
        ratio=_ratio(left),
        interval=as_ratios(wide, 0.0),
        n=len(left),
        verdict=_verdict(ninety, wide, margin) if enough else Together.INCONCLUSIVE,
    )


def _ratio(logs: FloatArray) -> float:
    return math.exp(stats.centre(logs)) if len(logs) else math.nan


def _verdict(ninety: Interval, wide: Interval, margin: float) -> Together:
    if max(abs(ninety.low), abs(ninety.high)) <= math.log1p(margin):
        return Together.INDEPENDENT
    if wide.holds(0.0):
        return Together.INCONCLUSIVE
    return Together.HINDER if wide.low > 0 else Together.HELP


def measured(stated: Sequence[Interaction], variants: Sequence[str]) -> list[Interaction]:
    """Those of which a run has all variants."""
    return [one for one in stated if set(one.variants) <= set(variants)]
