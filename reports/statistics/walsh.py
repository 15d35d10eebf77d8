"""Order statistics of the averages of two units, without listing all of them."""

import math
from collections.abc import Callable

import numpy as np

from reports.statistics.values import FloatArray, IntArray

_TOLERANCE = 1e-13
# What walsh_averages samples: at least so many units, and at least one of so many.
_SAMPLED_MIN, _STEP_MAX = 2000, 100
# Beyond so many more averages than units, it does not list them.
_LISTED_MAX = 1_000_000


def ascending(values: FloatArray) -> FloatArray:
    """The values in order; those that are in order already are not sorted again.

    Inputs: (n,), none of them NaN.
    """
    return values if np.all(values[1:] >= values[:-1]) else np.sort(values)


def walsh_averages(up: FloatArray, first: int, last: int) -> tuple[float, float]:
    """Two order statistics of the averages of two units, each unit also paired with itself.

    The n (n + 1) / 2 averages would not fit into memory for long runs, but a sorted array counts
    how many lie below a value in n log n (Johnson & Mizoguchi 1978, "Selecting the kth element in
    X + Y and X_1 + ... + X_m"). So a sample of the units tells about where those ranks lie, and
    only the few averages around are listed.

    Inputs: (n,) ascending; ranks near each other, counted from 1. Returns: exact ones; to 1e-13
    where so many averages are the same that they cannot be listed.
    """
    low, high = _around(up, first, last)
    smaller = up[: np.searchsorted(up, high, side="right")]
    row = np.arange(len(smaller))
    # The smaller of two is at most the limit; its partners stand at its own place or later.
    partner = np.maximum(_places_after(up, 2 * low - smaller[::-1])[::-1], row)
    below = int(partner.sum()) - int(row.sum())
    listed = _sums_up_to(2 * high, up, smaller, partner)
    if not below < first <= last <= below + len(listed):
        one, other = _bisected(up, (first, last), (low, high))
        return one, other
    ranks = (first - below - 1, last - below - 1)
    found = np.partition(listed, ranks)
    return float(found[ranks[0]]) / 2, float(found[ranks[1]]) / 2


def _places_after(up: FloatArray, values: FloatArray) -> IntArray:
    """How many units are at most each value; in half of searchsorted's time.

    Its own search for each value starts anew; this one goes on from where the last one ended. What
    is nearer to a unit than a rounding error may be taken for it.

    Inputs: (n,) and (m,), ascending.
    """
    places: IntArray = np.interp(values, up, np.arange(1.0, len(up) + 1), left=0.0).astype(np.int64)
    return places


def _around(up: FloatArray, first: int, last: int) -> tuple[float, float]:
    """Two values that most likely have the ranks between them, and few others."""
    step = min(len(up) // _SAMPLED_MIN, _STEP_MAX) | 1  # Odd, so that each stands for its middle.
    index = np.arange(step // 2, len(up), step)
    smaller = up[index]
    # The sampled count is off by less than half of what the search below leaves for it.
    room = 1.5 * step * math.sqrt(len(up))

    def find(rank: float) -> float:
        def beyond(value: float) -> float:
            many = int(np.searchsorted(smaller, value, side="right"))
            ends = np.searchsorted(up, 2 * value - smaller[:many], side="right")
            count = step * int((ends - index[:many]).sum())
            return 0.0 if abs(count - rank) <= room / 3 else count - rank

        # Where a share q of the units is, of their averages at least q² are, at most 1 - (1 - q)².
        share = min(2 * rank / len(up) / (len(up) + 1), 1)
        fewest, most = 1 - math.sqrt(1 - share), math.sqrt(share)
        low = float(up[max(0, math.floor(fewest * len(up)) - 2 * step)])
        high = float(up[min(len(up) - 1, math.ceil(most * len(up)) + 2 * step)])
        if beyond(low) >= 0:
            return low
        if beyond(high) <= 0:
            return high
        return _zero(beyond, low, high)

    # Where many averages are the same, the search ends beside them, on either side.
    low = find(first - room) - 2 * _TOLERANCE if first > room else -math.inf
    return low, find(last + room) + 2 * _TOLERANCE


def _zero(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function is 0 or steps over it: by false position, each third time by halving.

    It is below 0 at the low end and above at the high one. Loading scipy.optimize, whose `brentq`
    asks no less often, takes a fifth of a second, more than all searches of most runs.
    """
    below, above, turn = rising(low), rising(high), 0
    while high - low > _TOLERANCE:
        turn += 1
        middle = low + (high - low) * (0.5 if turn % 3 == 0 else below / (below - above))
        if not low < middle < high:
            middle = (low + high) / 2
            if not low < middle < high:
                break
        found = rising(middle)
        if found == 0:
            return middle
        # The end that stays counts half, or it would stay for ever (the Illinois method).
        if found < 0:
            low, below, above = middle, found, above / 2
        else:
            high, above, below = middle, found, below / 2
    return high


def _sums_up_to(limit: float, up: FloatArray, smaller: FloatArray, partner: IntArray) -> FloatArray:
    """The sums of units and their partners, from the one given on, up to a limit.

    Inputs: (n_smaller,) units, and the place of each one's first partner. Returns: (n_sums,), in no
    order; none where there are too many.
    """
    found = []
    room = _LISTED_MAX + len(up)
    # Behind the last one comes one that is never near enough.
    up = np.append(up, np.inf)
    while len(smaller) and room > 0:
        sums = smaller + up[partner]
        kept = np.flatnonzero(sums <= limit)
        found.append(sums[kept])
        room -= len(kept)
        smaller, partner = smaller[kept], partner[kept] + 1
    return np.concatenate(found) if found and not len(smaller) else np.empty(0)


def _bisected(up: FloatArray, ranks: tuple[int, int], ends: tuple[float, float]) -> list[float]:
    """Two order statistics of the averages, which most likely lie between two values.

    Units with many ties are few different ones, so counting is quick.
    """
    starts = np.flatnonzero(np.concatenate([[True], up[1:] != up[:-1]]))
    unit, weight = up[starts], np.diff(starts, append=len(up))
    low, high = ends
    averages = len(up) * (len(up) + 1) // 2
    found = []
    for rank in ranks:
        # From both ends, so that those of -units are exactly minus those of units.
        below = _root(unit, weight, rank, low, high)
        above = _root(-unit[::-1], weight[::-1], averages + 1 - rank, -high, -low)
        found.append((below - above) / 2)
    return found


def _root(unit: FloatArray, weight: IntArray, rank: int, low: float, high: float) -> float:
    """One order statistic of the averages of different units, each there `weight` times."""
    many = np.cumsum(weight)
    itself = weight * (weight + 1) // 2

    def beyond(value: float) -> float:
        smaller = int(np.searchsorted(unit, value, side="right"))
        ends = many[np.searchsorted(unit, 2 * value - unit[:smaller], side="right") - 1]
        pairs = weight[:smaller] * (ends - many[:smaller]) + itself[:smaller]
        return int(pairs.sum()) - rank + 0.5

    low = low if low > unit[0] and beyond(low) < 0 else float(unit[0])
    high = high if high < unit[-1] and beyond(high) > 0 else float(unit[-1])
    if beyond(low) > 0:
        return low
    near = _zero(beyond, low, high) - 2 * _TOLERANCE
    # What was counted there: the next average.
    row = np.arange(len(unit))
    partner = np.maximum(np.searchsorted(unit, 2 * near - unit, side="right"), row)
    row, partner = row[partner < len(unit)], partner[partner < len(unit)]
    return float((unit[row] + unit[partner]).min()) / 2
