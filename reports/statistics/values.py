"""The values that all mathematics here share: arrays, intervals, and the fewest units."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

UNITS_MIN = 12
"""With fewer units there is no verdict, however large the effect looks."""


def mean_ranks(values: FloatArray) -> FloatArray:
    """The rank of each value, from 1; equal values share the mean of theirs.

    As `scipy.stats.rankdata`, whose package takes longer to load than most runs to judge. What is
    needed in every run does without it; what is seldom needed loads it then.

    Inputs: (n,). Returns: (n,).
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks: FloatArray = (np.cumsum(count) - (count - 1) / 2)[place]
    return ranks


@dataclass(frozen=True)
class Interval:
    """A confidence interval; infinite ends mean that the data bound nothing.

    Attributes:
        confidence: the confidence reached, at least the one that was requested.
    """

    low: float
    high: float
    confidence: float

    def holds(self, value: float) -> bool:
        """Whether the value lies inside, ends included."""
        return self.low <= value <= self.high
