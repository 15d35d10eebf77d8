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
from reports.model import Effect, Verdict

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
    told = _stepped_down(effects, primaries, alpha) | _marked(effects)
    return tuple(told.get(index, effect) for index, effect in enumerate(effects))


def _stepped_down(effects: Sequence[Effect], primaries: int, alpha: float) -> dict[int, Effect]:
    """The primaries that only stepping down tells, by index."""
    told = {}
    open_ones = primaries
    # One with a doubt stays open, and so leaves no chance to the others.
    sound = (i for i, one in enumerate(effects) if one.primary and not one.warnings)
    for index in sorted(sound, key=lambda i: effects[i].p_value):
        effect = effects[index]
        if effect.p_value > alpha / open_ones:
            break
        open_ones -= 1
        if effect.verdict is Verdict.INCONCLUSIVE:
            told[index] = replace(
                effect,
                verdict=Verdict.SLOWER if effect.ratio > 1 else Verdict.FASTER,
                needed_s=None,
                notes=(*effect.notes, _BY_STEPS),
            )
    return told


def _marked(effects: Sequence[Effect]) -> dict[int, Effect]:
    """The undecided advisory effects that are likely real, by index."""
    advisory = [i for i, one in enumerate(effects) if not one.primary and not one.warnings]
    if not advisory:
        return {}
    adjusted = scipy_stats.false_discovery_control(
        np.array([effects[index].p_value for index in advisory])
    )
    note = (
        f"likely a change: at most {units.percent(FALSE_DISCOVERIES_MAX)} of the "
        f"{units.count_of(len(advisory), 'advisory effects')} marked so are expected to be none"
    )
    return {
        index: replace(effects[index], notes=(*effects[index].notes, note))
        for index, p_value in zip(advisory, adjusted, strict=True)
        if p_value <= FALSE_DISCOVERIES_MAX and effects[index].verdict is Verdict.INCONCLUSIVE
    }
