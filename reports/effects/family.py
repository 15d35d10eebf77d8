"""From single estimates to effects: the verdicts of a run's comparisons allow for each other."""

from collections.abc import Sequence

import numpy as np

from reports.effects.estimating import Alone
from reports.effects.reasons import Name, reason
from reports.effects.shapes import Effect, Verdict
from reports.statistics.family import FALSE_DISCOVERIES_MAX, benjamini_hochberg, holm

FALSE_ALARMS_MAX = 0.01
"""The chance, over all primaries of a family, that any interval misses its effect."""


def confidence_of(comparisons: int) -> float:
    """The confidence of each of so many intervals, so that all of them hold jointly at 99 %.

    Bonferroni: if each of m intervals misses with chance a / m, any of them misses with at most a.
    """
    return 1 - FALSE_ALARMS_MAX / max(1, comparisons)


def judge_alone(estimated: Sequence[Alone]) -> tuple[Effect, ...]:
    """The effects of a canary, which is no finding of the run."""
    return tuple(_effect(one, None, 0) for one in estimated)


def judge_together(estimated: Sequence[Alone], planned: int) -> tuple[Effect, ...]:
    """The effects of a family, in the same order.

    Args:
        estimated: all of a family.
        planned: how many primaries the run set out to decide.
    """
    # One with a warning stays undecided, and so leaves no chance of error to the others.
    sound = [index for index, one in enumerate(estimated) if not one.estimate.warnings]
    primary = [index for index in sound if estimated[index].estimate.primary]
    advisory = [index for index in sound if not estimated[index].estimate.primary]
    p_values = np.array([one.estimate.p_value for one in estimated], np.float64)
    adjusted: dict[int, float] = dict(
        zip(primary, holm(p_values[primary], planned).tolist(), strict=True)
    )
    adjusted |= dict(zip(advisory, benjamini_hochberg(p_values[advisory]).tolist(), strict=True))
    return tuple(
        _effect(one, adjusted.get(index), len(advisory)) for index, one in enumerate(estimated)
    )


def _effect(one: Alone, p_adjusted: float | None, advisory: int) -> Effect:
    estimate, verdict, needed_s, notes = one.estimate, one.verdict, one.needed_s, one.notes
    if p_adjusted is not None and verdict is Verdict.INCONCLUSIVE:
        if estimate.primary and p_adjusted <= FALSE_ALARMS_MAX:
            verdict = Verdict.SLOWER if estimate.ratio > 1 else Verdict.FASTER
            needed_s = None
            notes = (*notes, reason(Name.DECIDED_BY_HOLM))
        elif not estimate.primary and p_adjusted <= FALSE_DISCOVERIES_MAX:
            marked = reason(Name.LIKELY_CHANGE, share=FALSE_DISCOVERIES_MAX, effects=advisory)
            notes = (*notes, marked)
    return Effect(
        **vars(estimate), verdict=verdict, needed_s=needed_s, notes=notes, p_adjusted=p_adjusted
    )
