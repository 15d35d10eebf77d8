"""Order statistics of the averages of two units, without listing all of them."""

import math
from collections.abc import Callable

import numpy as np

from reports.statistics.values import FloatArray, IntArray

_TOLERANCE = 1e-13
# What walsh_averages samples: at least so many units, and at least one of so many.
_SAMPLED_MIN, _STEP_MAX = 2000, 100


class Units:
    """Units in order.

    Attributes:
        up: (n,) ascending.
        different, times: (n_different,) ascending, and how often each of them is there.
    """

    def __init__(self, values: FloatArray) -> None:
        """Sort them, (n,), none of them NaN."""
        self.up = up = np.sort(values)
        first = np.flatnonzero(up[1:] != up[:-1]) + 1
        tied = len(first) + 1 < len(up)
        # Where each different one begins, and where the last one ends.
        self._begin = np.concatenate([[0], first, [len(up)]]) if tied else np.arange(len(up) + 1)
        self.different = up[self._begin[:-1]] if tied else up
        self.times = np.diff(self._begin)

    @classmethod
    def of(cls, values: "FloatArray | Units") -> "Units":
        """Of units, themselves."""
        return values if isinstance(values, Units) else cls(values)

    def walsh_averages(self, first: int, last: int) -> tuple[float, float]:
        """Two order statistics of the averages of two units, each unit also paired with itself.

        The n (n + 1) / 2 averages would not fit into memory for long runs, but a sorted array
        counts how many lie below a value in n log n (Johnson & Mizoguchi 1978, "Selecting the kth
        element in X + Y and X_1 + ... + X_m"). So a sample of the units tells about where those
        ranks lie, and only the few averages around are listed.

        Inputs: ranks near each other, counted from 1.
        """
        # Odd, so that each sampled unit stands for its middle.
        step = min(len(self.up) // _SAMPLED_MIN, _STEP_MAX) | 1
        # Should the sampled ones mislead, all are counted.
        for counted in (step, 1):
            below, sums, times = self._between(*_around(self.up, self.times, first, last, counted))
            up_to = below + np.cumsum(times)
            if below < first and len(sums) and last <= up_to[-1]:
                break
        one, other = sums[np.searchsorted(up_to, (first, last))].tolist()
        return one / 2, other / 2

    def _between(self, low: float, high: float) -> tuple[int, FloatArray, IntArray]:
        """How many averages are below a value; the sums of those up to another one, and how often.

        Returns: (n_sums,) ascending.
        """
        unit, many, begin = self.different, self.times, self._begin
        smaller = unit[: np.searchsorted(unit, high, side="right")]
        row = np.arange(len(smaller))
        # The smaller of two is at most the limit; its partners stand at its own place or later.
        partner = np.maximum(_places_after(unit, 2 * low - smaller[::-1])[::-1], row)
        if len(unit) == len(self.up):
            sums, _ = _sums_up_to(2 * high, unit, row, partner)
            sums = np.sort(sums)
            return int(partner.sum()) - int(row.sum()), sums, np.ones(len(sums), np.int64)
        # Equal units have equal partners, so one of them stands for all.
        passed = _with_themselves(many[row]) + many[row] * (begin[partner] - begin[row + 1])
        below = int(passed[partner > row].sum())
        sums, (row, partner) = _sums_up_to(2 * high, unit, row, partner)
        times = np.where(row == partner, _with_themselves(many[row]), many[row] * many[partner])
        order = np.argsort(sums)
        return below, sums[order], times[order]


def _with_themselves(many: IntArray) -> IntArray:
    """How many averages so many equal units have with each other."""
    return many * (many + 1) // 2


def _places_after(up: FloatArray, values: FloatArray) -> IntArray:
    """How many units are at most each value; in half of searchsorted's time.

    Its own search for each value starts anew; this one goes on from where the last one ended. What
    is nearer to a unit than a rounding error may be taken for it.

    Inputs: (n,) and (m,), ascending.
    """
    places: IntArray = np.interp(values, up, np.arange(1.0, len(up) + 1), left=0.0).astype(np.int64)
    return places


def _around(
    up: FloatArray, many: IntArray, first: int, last: int, step: int
) -> tuple[float, float]:
    """Two values that most likely have the ranks between them, and few others."""
    index = np.arange(step // 2, len(up), step)
    smaller = up[index]
    # The sampled count is off by less than half of what the search below leaves for it.
    room = 1.5 * step * math.sqrt(float(many @ many))

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


def _sums_up_to(
    limit: float, unit: FloatArray, row: IntArray, partner: IntArray
) -> tuple[FloatArray, IntArray]:
    """The sums of units and their partners, from the first one given on, up to a limit.

    Inputs: (n,) ascending; places of units and of their first partners. Returns: (n_sums,) in no
    order, and the two places of each, (2, n_sums).
    """
    sums, places = [], []
    # Behind the last one comes one that is never near enough.
    unit = np.append(unit, np.inf)
    while len(row):
        found = unit[row] + unit[partner]
        kept = np.flatnonzero(found <= limit)
        row, partner = row[kept], partner[kept]
        sums.append(found[kept])
        places.append((row, partner))
        partner = partner + 1
    return np.concatenate(sums), np.concatenate(places, axis=1)
