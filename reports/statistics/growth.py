"""How a cost grows along a number: a fixed part, and so much more for each.

The line is fitted to one process at a time, which is the unit here as everywhere in a suite, so
that what processes differ by widens the interval.
"""

from dataclasses import dataclass

import numpy as np

from reports.statistics.stats import centre, signed_rank_interval
from reports.statistics.values import FloatArray, Interval

CONFIDENCE = 0.9
"""It is advice, as every interval that no budget rests on."""

PLACES_MIN = 3


@dataclass(frozen=True)
class Line:
    """A fixed part and a slope.

    Attributes:
        fixed_s: what remains where the number is none; never negative.
        each_s: for each one more.
        each_interval: of `each_s`.
        misfit: the largest distance between the line and a place's median, as a share of it.
    """

    fixed_s: float
    each_s: float
    each_interval: Interval
    misfit: float


def fit_line(at: FloatArray, times_s: FloatArray) -> Line:
    """The line that misses by the smallest shares, since every place's noise is a share of it.

    Inputs: (n_places,) positive, three at least; (n_processes, n_places) positive.
    """
    lines = np.array([_fit(at, times) for times in times_s])
    fixed_s, each_s = (centre(column) for column in lines.T)
    middle_s = np.median(times_s, axis=0)
    return Line(
        fixed_s=fixed_s,
        each_s=each_s,
        each_interval=signed_rank_interval(lines[:, 1], CONFIDENCE),
        misfit=float(np.max(np.abs(fixed_s + each_s * at - middle_s) / middle_s)),
    )


def _fit(at: FloatArray, times_s: FloatArray) -> tuple[float, float]:
    """Least squares of the relative distances; without a fixed part where it would be negative."""
    terms = np.stack([1 / times_s, at / times_s], axis=1)
    (fixed_s, each_s), *_ = np.linalg.lstsq(terms, np.ones(len(at)))
    if fixed_s >= 0:
        return float(fixed_s), float(each_s)
    return 0.0, float(terms[:, 1].sum() / np.square(terms[:, 1]).sum())
