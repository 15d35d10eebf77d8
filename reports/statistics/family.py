"""Many comparisons in one run: what may be said of an effect, given how all the others came out.

Intervals are Bonferroni's, because those hold together and can be shown. Verdicts gain where the
run's primaries are tested by stepping down (Holm 1979, "A simple sequentially rejective multiple
test procedure"): what is already told needs no more of the chance of error, and leaves it to the
rest. Other effects are advice, marked at a false discovery rate (Benjamini & Hochberg 1995).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import stats as scipy_stats

from reports import units
from reports.model import Effect, FloatArray, Verdict

FALSE_DISCOVERIES_MAX = 0.05
"""Of the advisory effects that are marked, the share that is expected to be none."""

_BY_STEPS = (
    "told by stepping down (Holm), because most other comparisons were told; the interval allows "
    "for all of them"
)


def tell_together(effects: Sequence[Effect], primaries: int, alpha: float) -> tuple[Effect, ...]:
    """The effects, with the verdicts and notes that they owe to each other, in the same order.

    Args:
        effects: all of a run but its canaries', which are a family of their own.
        primaries: how many of them the run set out to tell.
        alpha: the chance that any primary is told wrongly.
    """
    # One with a doubt is not told, and so leaves no chance to the others.
    sound = [index for index, one in enumerate(effects) if not one.warnings]
    primary = [index for index in sound if effects[index].primary]
    advisory = [index for index in sound if not effects[index].primary]
    told = dict(enumerate(effects))
    for index, p_value in zip(primary, _holm(_p_values(effects, primary), primaries), strict=True):
        told[index] = _stepped_down(effects[index], float(p_value), alpha)
    discovered = scipy_stats.false_discovery_control(_p_values(effects, advisory))
    for index, p_value in zip(advisory, discovered, strict=True):
        told[index] = _marked(effects[index], float(p_value), len(advisory))
    return tuple(told.values())


def _p_values(effects: Sequence[Effect], indices: Sequence[int]) -> FloatArray:
    return np.array([effects[index].p_value for index in indices], np.float64)


def _holm(p_values: FloatArray, planned: int) -> FloatArray:
    """Each p-value, such that it is at most alpha where stepping down at alpha tells it.

    Inputs: (n,), of `planned` or fewer. Returns: (n,).
    """
    up = np.argsort(p_values, kind="stable")
    adjusted = np.empty_like(p_values)
    steps = planned - np.arange(len(p_values))
    adjusted[up] = np.minimum(1, np.maximum.accumulate(steps * p_values[up]))
    return adjusted


def _stepped_down(effect: Effect, p_adjusted: float, alpha: float) -> Effect:
    """A primary, told where only stepping down tells it."""
    effect = replace(effect, p_adjusted=p_adjusted)
    if p_adjusted > alpha or effect.verdict is not Verdict.INCONCLUSIVE:
        return effect
    return replace(
        effect,
        verdict=Verdict.SLOWER if effect.ratio > 1 else Verdict.FASTER,
        needed_s=None,
        notes=(*effect.notes, _BY_STEPS),
    )


def _marked(effect: Effect, p_adjusted: float, advisory: int) -> Effect:
    """An advisory effect, marked where it is undecided and likely real."""
    effect = replace(effect, p_adjusted=p_adjusted)
    if p_adjusted > FALSE_DISCOVERIES_MAX or effect.verdict is not Verdict.INCONCLUSIVE:
        return effect
    note = (
        f"likely a change: at most {units.percent(FALSE_DISCOVERIES_MAX)} of the "
        f"{units.count_of(advisory, 'advisory effects')} marked so are expected to be none"
    )
    return replace(effect, notes=(*effect.notes, note))
