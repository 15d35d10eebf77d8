"""What is counted, not estimated: no noise, so no statistics; and which values are missing.

Counts are compared round by round.
"""

import numpy as np

from contract.run.checks import are_times
from reports.effects.pairing import Paired
from reports.effects.shapes import CounterEffect, MissingMetric, Spread, Verdict
from reports.statistics.values import BoolArray, FloatArray

ROUNDS_KNOWN_MIN = 0.5
"""With fewer than this share of all rounds, the rest may be no fair sample of a metric that rounds
may do without."""


def find_missing(paired: Paired, scenario: str) -> MissingMetric | None:
    """How many rounds lack a metric in one of two variants; None where none does."""
    is_estimated = paired.metric.is_estimated
    usable = are_times if is_estimated else _are_counts
    missing = int((~(usable(paired.before) & usable(paired.after))).sum())
    n = len(paired.before)
    if not missing or (paired.metric.optional and missing <= n - ROUNDS_KNOWN_MIN * n):
        return None
    return MissingMetric(
        scenario, paired.variant, paired.metric.name, missing, n, counted=not is_estimated
    )


def _are_counts(values: FloatArray) -> BoolArray:
    return np.isfinite(values) & (values >= 0)


def compare_counts(paired: Paired, scenario: str) -> CounterEffect:
    """One counter of a variant against the baseline; no round may lack it."""
    before, after = paired.before, paired.after
    nothing = np.where(after > 0, np.inf, 1.0)
    # A service may count anything: of numbers near the largest there is the ratio is infinite.
    with np.errstate(over="ignore"):
        within = _spread(np.divide(after, before, out=nothing, where=before != 0))
    return CounterEffect(
        scenario,
        paired.variant,
        paired.metric.name,
        _spread(before),
        _spread(after),
        within,
        _counted_verdict(within),
    )


def _counted_verdict(within: Spread) -> Verdict:
    """One round that grew is growth; a saving must show in every round."""
    if within.low == within.high == 1:
        return Verdict.EQUAL
    if within.low >= 1:
        return Verdict.MORE
    return Verdict.FEWER if within.high < 1 else Verdict.INCONCLUSIVE


def _spread(values: FloatArray) -> Spread:
    low, high = float(values.min()), float(values.max())
    # Most counts never change, and a median takes longer than both.
    return Spread(low if low == high else _median(values), low, high)


def _median(values: FloatArray) -> float:
    """Of numbers from 0 on; the sum of two may be beyond the largest number."""
    middle = (len(values) - 1) // 2, len(values) // 2
    below, above = np.partition(values, middle)[list(middle)].tolist()
    return float(below if below == above else below + (above - below) / 2)
