"""The search for the highest rate of arrivals that a variant carries: pure bookkeeping.

Doubling or halving brackets it, bisection narrows the bracket, and both ends are tried again,
because one step near the limit goes either way by chance.
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

RESOLUTION = 1.12
"""The bracket is narrow enough when its ends differ by less than this factor."""

STEPS_MAX = 24
RANGE = 2.0**12
"""So far from the first rate the search goes, up or down; beyond, something else is wrong."""


class CapacitySearch:
    """One variant's search: try `next_rate`, then give its outcome to `take`."""

    def __init__(self, first_per_s: float, lowest_per_s: float = 0.0) -> None:
        """Begin a search.

        Args:
            first_per_s: the rate to try first.
            lowest_per_s: below it, and below the first, a step has too few arrivals to decide.
        """
        self._first_per_s = rounded(first_per_s)
        self._lowest_per_s = lowest_per_s
        self._votes: dict[float, list[bool]] = {}

    def take(self, rate_per_s: float, *, met: bool) -> None:
        """Keep whether a step at this rate met the objective."""
        self._votes.setdefault(rate_per_s, []).append(met)

    def next_rate(self) -> float | None:
        """The rate to try next, in arrivals a second; None when there is nothing left to learn."""
        if sum(map(len, self._votes.values())) >= STEPS_MAX:
            return None
        return next(self._open_questions(), None)

    def _open_questions(self) -> Iterator[float]:
        if not self._votes:
            yield self._first_per_s
        for rate, votes in self._votes.items():
            if 2 * sum(votes) == len(votes):
                yield rate
        low, high = self.carried_per_s, self._missed_per_s
        if high == math.inf and low < self._first_per_s * RANGE:
            yield rounded(2 * low)
        if low == 0 and high / 2 >= max(self._lowest_per_s, self._first_per_s / RANGE):
            yield rounded(high / 2)
        if low > 0 and RESOLUTION < high / low < math.inf:
            yield rounded(math.sqrt(low * high))
        for rate in (low, high):
            if len(self._votes.get(rate, (True, True))) < 2:
                yield rate

    @property
    def tried(self) -> bool:
        """Whether any rate was tried."""
        return bool(self._votes)

    @property
    def carried_per_s(self) -> float:
        """The highest rate below every missed one that most of its steps met; 0 if none did."""
        return max(
            (rate for rate in self._votes if self._met(rate) and rate < self._missed_per_s),
            default=0.0,
        )

    @property
    def _missed_per_s(self) -> float:
        """The lowest rate that most of its steps did not meet; infinite if there is none."""
        return min((rate for rate in self._votes if not self._met(rate)), default=math.inf)

    def _met(self, rate_per_s: float) -> bool:
        votes = self._votes[rate_per_s]
        return 2 * sum(votes) > len(votes)


def late_share(
    late: npt.NDArray[np.int64], planned: npt.NDArray[np.int64], quantile: float
) -> float:
    """How large a share of a step's arrivals missed their objective.

    The largest of the shares of all arrivals together, and of each scenario that has enough of
    them for the quantile to be more than their maximum.

    Args:
        late: (n_scenarios,) arrivals that missed it.
        planned: (n_scenarios,) arrivals in all.
        quantile: the share of arrivals that must keep the objective.
    """
    enough = planned * (1 - quantile) >= 1 - 1e-9
    shares = late[enough] / planned[enough]
    return float(max(late.sum() / max(planned.sum(), 1), shares.max(initial=0.0)))


def rounded(rate_per_s: float) -> float:
    """Three digits: a rate that people can repeat, and that equals itself when tried again."""
    return float(f"{rate_per_s:.3g}")
