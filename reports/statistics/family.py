"""Many comparisons in one run: p-values that allow for each other.

Intervals are Bonferroni's, because those hold together and can be shown. Verdicts gain where the
run's primaries are tested by stepping down (Holm 1979, "A simple sequentially rejective multiple
test procedure"): a decided comparison leaves its chance of error to the others. Other effects are
advice, marked at a false discovery rate (Benjamini & Hochberg 1995).
"""

import numpy as np

from reports.statistics.values import FloatArray

FALSE_DISCOVERIES_MAX = 0.05
"""Of the advisory effects that are marked, the expected share without a real change."""


def holm(p_values: FloatArray, planned: int) -> FloatArray:
    """Holm's adjusted p-values: at most alpha where stepping down at alpha rejects.

    Inputs: (n,), of `planned` or fewer. Returns: (n,).
    """
    up = np.argsort(p_values, kind="stable")
    adjusted = np.empty_like(p_values)
    steps = planned - np.arange(len(p_values))
    adjusted[up] = np.minimum(1, np.maximum.accumulate(steps * p_values[up]))
    return adjusted


def benjamini_hochberg(p_values: FloatArray) -> FloatArray:
    """Benjamini and Hochberg's adjusted p-values.

    Inputs: (n,). Returns: (n,).
    """
    n = len(p_values)
    down = np.argsort(-p_values, kind="stable")
    adjusted = np.empty_like(p_values)
    shares = n / np.arange(n, 0, -1)
    adjusted[down] = np.minimum(1, np.minimum.accumulate(shares * p_values[down]))
    return adjusted
