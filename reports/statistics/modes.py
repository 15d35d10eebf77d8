"""Groups of latencies: where a distribution has more than one peak, and where it divides.

A density is estimated on the log scale, so that a group counts by how many times slower it is. A
valley between two peaks divides them only if it is deep, the peaks are well apart, both groups are
large, and chance does not explain it: unimodal data with a heavy tail have no second group.
"""

import math
from dataclasses import dataclass

import numpy as np

from reports.statistics.values import BoolArray, FloatArray, IntArray

SHARE_MIN = 0.02
"""A smaller group is a few outliers."""

_REQUESTS_MIN = 8
# Peaks less than so far apart on the log scale, half again, are one.
_APART_MIN = math.log(1.5)
# A valley is at most so high, as a share of the lower peak beside it.
_DEPTH = 0.5
# Standard errors between the requests at the lower peak and in the valley.
_ERRORS_MIN = 3.2
# Of the kernel by which groups are divided.
_WIDTH_MIN, _WIDTH_MAX = 0.07, 0.1
_CELLS_PER_WIDTH = 4
# A kernel of one in ten thousand: finer than any clock or chart.
_FINEST = 1e-4
_CELLS_MAX = 4096
_KERNEL_WIDTHS = 4


@dataclass(frozen=True)
class Density:
    """How dense a distribution is along the log scale.

    Attributes:
        places: log values, ascending and evenly spaced.
        counts: the requests within the kernel's width of each place, as many.
    """

    places: FloatArray
    counts: FloatArray


def density_of(logs: FloatArray, width: float) -> Density:
    """The density of logarithms, by a Gaussian kernel over a fine histogram.

    Inputs: (n,), n >= 1, finite; the kernel's standard deviation, above 0.
    """
    reach = _KERNEL_WIDTHS * width
    low, high = float(logs.min()) - reach, float(logs.max()) + reach
    cells = min(_CELLS_MAX, math.ceil((high - low) / width * _CELLS_PER_WIDTH))
    step = (high - low) / cells
    found = np.bincount(((logs - low) / step).astype(np.int64), minlength=cells)[:cells]
    away = np.arange(-math.ceil(reach / step), math.ceil(reach / step) + 1) * (step / width)
    # Its peak is 1: what it sums is the number of requests near a place.
    smooth: FloatArray = np.asarray(np.convolve(found, np.exp(-(away**2) / 2)), np.float64)
    places: FloatArray = np.linspace(low + step / 2, high - step / 2, cells)
    return Density(places, smooth[len(away) // 2 :][:cells])


def silverman_width(logs: FloatArray) -> float:
    """The standard deviation of a kernel for these values: Silverman's rule with a robust spread.

    Inputs: (n,), n >= 1, finite. Returns: above 0, also where all values are the same.
    """
    quarters = np.quantile(logs, [0.25, 0.75])
    spread = min(float(logs.std()), float(quarters[1] - quarters[0]) / 1.34)
    rule: float = 0.9 * spread * len(logs) ** -0.2
    return max(rule, _FINEST)


def log_cuts(logs: FloatArray) -> tuple[float, ...]:
    """The values that divide a distribution into its groups, ascending; none if it is one.

    Inputs: (n,), logarithms. Returns: likewise.
    """
    if len(logs) < 2 * _REQUESTS_MIN:
        return ()
    logs = np.sort(logs)
    if logs[-1] - logs[0] < _APART_MIN:
        return ()
    # No narrower than what is compared, no wider than what would hide a valley.
    found = density_of(logs, min(max(silverman_width(logs), _WIDTH_MIN), _WIDTH_MAX))
    below = np.searchsorted(logs, found.places)
    least = max(_REQUESTS_MIN, SHARE_MIN * len(logs))
    places = _divide(found, below, least, 0, len(found.places))
    return tuple(float(found.places[place]) for place in sorted(places))


def _divide(found: Density, below: IntArray, least: float, begin: int, end: int) -> list[int]:
    """The valleys between two places of a density, the surest one first."""
    counts = found.counts[begin:end]
    if len(counts) < 3:
        return []
    # The highest peak on either side of each place, and where it is.
    left, right = _running_peak(counts), _running_peak(counts[::-1])[::-1]
    right = len(counts) - 1 - right
    lower = np.minimum(counts[left], counts[right])
    errors = (lower - counts) / np.sqrt(lower + counts + 1e-9)
    inside = below[begin:end]
    large = np.minimum(inside - below[begin], _ends_at(below, end) - inside) >= least
    apart = found.places[begin:end][right] - found.places[begin:end][left] >= _APART_MIN
    divides = large & apart & (counts <= _DEPTH * lower) & (errors >= _ERRORS_MIN)
    if not divides.any():
        return []
    deepest = np.where(divides, errors, -np.inf)
    place = _middle(deepest >= deepest.max() - 1e-6) + begin
    return [
        place,
        *_divide(found, below, least, begin, place),
        *_divide(found, below, least, place, end),
    ]


def _ends_at(below: IntArray, end: int) -> int:
    return int(below[min(end, len(below) - 1)])


def _middle(chosen: BoolArray) -> int:
    """The middle of the first stretch of equally good places."""
    places = np.flatnonzero(chosen)
    stretch = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)[0]
    return int(stretch[len(stretch) // 2])


def _running_peak(counts: FloatArray) -> IntArray:
    """Where the highest of all up to each place is, (n,)."""
    highest = np.maximum.accumulate(counts)
    new = np.concatenate([[True], highest[1:] > highest[:-1]])
    return np.maximum.accumulate(np.where(new, np.arange(len(counts)), 0))
