"""Whether an effect stayed the same while it was measured.

A number for the whole run is only half the truth where the effect grew meanwhile, as when a cache
fills or a table bloats. Two rank tests look for the two simple shapes: one step (Pettitt 1979, "A
non-parametric approach to the change-point problem", Applied Statistics 28) and a steady drift
(Mann 1945, "Nonparametric tests against trend"; Kendall 1975, "Rank correlation methods").

Both ask whether the order of the paired log ratios is mere chance: pairing has taken out what the
machine did to a whole round, so that what is left resembles its neighbours no more than others.
Non-goal: to find more than one step.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reports.statistics import stats
from reports.statistics.values import UNITS_MIN, FloatArray, IntArray, mean_ranks

FALSE_CHANGES_MAX = 0.001
"""The chance of any warning in a scenario whose effects stay as they are."""

_STRETCHES_MAX = 1000


@dataclass(frozen=True)
class Change:
    """How an effect changed during a run.

    Attributes:
        before, after: log ratios: left and right of the step, or in the first and last third.
        block: the first block after the step; None where the effect drifted.
    """

    before: float
    after: float
    block: int | None


def find_changes(
    latency_s: Mapping[str, FloatArray],
    baseline: str,
    block: IntArray,
    margin: float,
    *,
    by_block: bool,
) -> dict[str, Change]:
    """The changes during a run, of each variant whose effect changed by more than the margin.

    Args:
        latency_s: by variant, the baseline's too, (n_rounds,) each, in order of time.
        baseline: what the others are compared with.
        block: (n_rounds,), ascending, as recorded.
        margin: effects within a factor of 1 + margin count as none.
        by_block: whether requests of a block queue behind each other, so that it is one unit.
    """
    before = latency_s[baseline]
    alpha = FALSE_CHANGES_MAX / max(1, len(latency_s) - 1)
    changes = {}
    for variant, after in latency_s.items():
        if variant != baseline:
            logs, starts = _unit_logs(before, after, block, by_block=by_block)
            if change := find_change(logs, starts, margin, alpha):
                changes[variant] = change
    return changes


def _unit_logs(
    before: FloatArray, after: FloatArray, block: IntArray, *, by_block: bool
) -> tuple[FloatArray, IntArray]:
    """Log ratios in order of time, and the block that each one begins in."""
    if not by_block:
        return stats.log_ratios(before, after), block
    medians = (
        np.array([np.median(part) for part in stats.joined_blocks(values, block, 1)])
        for values in (before, after)
    )
    return stats.log_ratios(*medians), np.unique(block)


def find_change(logs: FloatArray, block: IntArray, margin: float, alpha: float) -> Change | None:
    """The change that chance would bring with at most `alpha`, if it exceeds the margin.

    Inputs: (n,) log ratios in order of time, and the block that each belongs to.
    """
    # Of a long run a few rounds are summed up: the tests need no more, and time matters.
    size = -(-len(logs) // _STRETCHES_MAX)
    medians = stats.block_quantiles(logs, 0.5, size) if size > 1 else logs
    if len(medians) < UNITS_MIN:
        return None
    p_value, cut = step_p(medians)
    change = _nearer(medians, cut, int(block[cut * len(logs) // len(medians)]))
    if abs(change.after - change.before) <= math.log1p(margin):
        return None
    return change if min(p_value, drift_p(medians)) <= alpha / 2 else None


def _nearer(values: FloatArray, cut: int, block: int) -> Change:
    """The step or the straight line, whichever the values lie nearer to."""
    third = len(values) // 3
    parts = (values[:cut], values[cut:]), (values[:third], values[-third:])
    step, drift = ((stats.centre(one), stats.centre(other)) for one, other in parts)
    # The centre of the first third is reached at a sixth of the time.
    slope = (drift[1] - drift[0]) / (2 / 3)
    line = np.mean(drift) + slope * (np.linspace(0, 1, len(values)) - 0.5)
    level = np.where(np.arange(len(values)) < cut, *step)
    if np.abs(values - level).sum() <= np.abs(values - line).sum():
        return Change(step[0], step[1], block)
    return Change(drift[0], drift[1], None)


def step_p(values: FloatArray) -> tuple[float, int]:
    """Pettitt's p-value that nothing changed, and how many values lie before the likeliest step.

    His closed form is conservative: simulated, who asks 100 values for 0.0005 gets 0.0002.

    Inputs: (n,) in order of time, n >= 2.
    """
    n = len(values)
    ranks = mean_ranks(values)
    sums = 2 * np.cumsum(ranks)[:-1] - np.arange(1, n) * (n + 1)
    cut = int(np.abs(sums).argmax())
    return min(1.0, 2 * math.exp(-6 * float(sums[cut]) ** 2 / (n**3 + n**2))), cut + 1


def drift_p(values: FloatArray) -> float:
    """The Mann-Kendall p-value, two-sided, that values neither rise nor fall.

    Inputs: (n,) in order of time, n >= 2.
    """
    if np.ptp(values) == 0:
        return 1.0
    from scipy.stats import kendalltau  # noqa: PLC0415 - see `mean_ranks`

    return float(kendalltau(np.arange(len(values)), values).pvalue)
