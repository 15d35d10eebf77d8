"""How fast something grows that is read now and then: slopes, and how sure their mean is."""

import math

import numpy as np
from scipy import special

from reports.statistics.values import FloatArray, Interval

STRETCHES_MIN, STRETCHES_MAX = 5, 10
"""Of one series: with fewer no interval is made; more would be shorter than the steps in which
memory grows."""


def slope(x: FloatArray, y: FloatArray) -> float:
    """The least-squares slope; NaN where x does not change.

    Inputs: (n,) each. Returns: units of y per unit of x.
    """
    away = x - x.mean()
    spread = float(away @ away)
    return float(away @ (y - y.mean())) / spread if spread else math.nan


def stretch_slopes(x: FloatArray, y: FloatArray) -> FloatArray:
    """The slope of each of up to ten stretches of one series, about equally long in x.

    Inputs: (n,) each, x ascending. Returns: (n_stretches,), each from its first to its last point.
    """
    ends = np.searchsorted(x, np.linspace(x[0], x[-1], STRETCHES_MAX + 1))
    ends = np.unique(np.clip(ends, 0, len(x) - 1))
    ends = ends[np.diff(x[ends], prepend=-math.inf) > 0]
    found: FloatArray = np.diff(y[ends]) / np.diff(x[ends])
    return found


def mean_between(values: FloatArray, confidence: float) -> Interval:
    """Student's interval of the mean of values of either sign.

    Inputs: (n,) independent values. Returns: same unit; without ends where n < 2.
    """
    n = len(values)
    if n < 2:
        return Interval(-math.inf, math.inf, 1.0)
    centre, spread = float(values.mean()), float(values.std(ddof=1))
    reach = float(special.stdtrit(n - 1, (1 + confidence) / 2)) * spread / math.sqrt(n)
    return Interval(centre - reach, centre + reach, confidence)
