"""Looks at a run before its end, without more errors than were promised.

Whoever looks nine times at intervals of 99 % misses more often than once in a hundred. So looks are
declared beforehand (`contract.looks`), and a promise's chance of error is spent over them: three
quarters of it over the looks, and what they have not spent at the planned end, wherever time put
that (Lan & DeMets 1983, "Discrete sequential boundaries for clinical trials"). All looks use one
boundary (Pocock 1977, "Group sequential methods in the design and analysis of clinical trials"),
and it holds for all of them together: statistics of n and m rounds of one run are correlated with
the root of n / m, and as looks grow by one factor, they form an autoregressive series of which the
chance to leave a band can be computed. The end is added by the union bound. So the interval at
which measuring stopped holds as promised.

Rounds are looked at where a block of measuring ended. Where that is depends on the clock, which
knows nothing of which variant went first.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from scipy import special

from contract.looks import LOOK_GROWTH, LOOKS, looks_reached
from reports.statistics.values import FloatArray, Interval

_SHARE_OF_LOOKS = 0.75
_NODES = 64
# Standard deviations at which a boundary may lie: beyond, a chance is less than 1 in 10^18.
_BOUNDARIES = np.linspace(0.01, 9.0, 181)
_SMALLEST = 1e-300
# Of a chance, on the log scale.
_CLOSE = 1e-9


@dataclass(frozen=True)
class Look:
    """What is looked at, and what earlier looks have spent.

    Without earlier ones, and at the end, it is what a run of a fixed length is.

    Attributes:
        rounds: compared rounds from the beginning.
        before: how many the look before had; 0 where there was none.
        at_end: whether these are all the rounds that were planned, so that no other look comes.
    """

    rounds: int
    before: int = 0
    at_end: bool = True

    def error(self, promised: float, first: int = 0) -> float:
        """The chance of error that may be spent here, of what is promised for all looks.

        Args:
            promised: the chance that any interval of any look misses.
            first: a metric's looks begin with so many rounds; earlier ones spend nothing.
        """
        skipped = looks_reached(first - 1)
        looks = len(LOOKS) - skipped
        reached, done = (max(0, looks_reached(one) - skipped) for one in (self.rounds, self.before))
        if self.at_end:
            boundary = _boundary(_SHARE_OF_LOOKS * promised, looks) if done else 0.0
            return promised - _crossing(boundary, done) if done else promised
        if reached == done:
            return 0.0
        return _crossing(_boundary(_SHARE_OF_LOOKS * promised, looks), 1)

    def confidence(self, promised: float, first: int = 0) -> float:
        """The confidence of this look's interval, so that all looks reach what is promised."""
        return 1 - self.error(1 - promised, first)

    def promised(self, error: float, first: int = 0) -> float:
        """The least promise with which this look may spend a chance of error; at most 1.

        It turns a p-value of these rounds alone into one that allows for all looks.
        """
        if not self.before and self.at_end:
            return min(1.0, error)
        if self.error(1.0, first) <= error:
            return 1.0
        low, high = math.log(max(error, _SMALLEST)), 0.0
        while high - low > _CLOSE:
            middle = (low + high) / 2
            enough = self.error(math.exp(middle), first) >= error
            low, high = (low, middle) if enough else (middle, high)
        return math.exp(high)


@lru_cache(maxsize=1)
def _log_crossings() -> FloatArray:
    """Of each boundary, the log chance that any of the first 1, 2, ... looks is beyond it.

    Returns: (n_looks, n_boundaries).

    Between two looks the series goes on from `u` to a normal variable around `r u`. What has not
    left the band is a density on the nodes of a quadrature (Armitage, McPherson & Rowe 1969,
    "Repeated significance tests on accumulating data"); what leaves it is added, not subtracted
    from 1, so that small chances stay exact.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    r = 1 / math.sqrt(LOOK_GROWTH)
    spread = math.sqrt(1 - r * r)
    z = _BOUNDARIES[:, None]
    u, width = z * nodes, z * weights
    step = np.exp(-(((u[:, :, None] - r * u[:, None, :]) / spread) ** 2) / 2)
    step /= spread * math.sqrt(2 * math.pi)
    leaves = special.ndtr((-z - r * u) / spread) + special.ndtr((-z + r * u) / spread)
    density = np.exp(-u * u / 2) / math.sqrt(2 * math.pi)
    found = [2 * special.ndtr(-_BOUNDARIES)]
    for _ in LOOKS[1:]:
        found.append(found[-1] + (width * density * leaves).sum(axis=1))
        density = (step @ (width * density)[:, :, None])[:, :, 0]
    return np.log(np.minimum(found, 1.0))


def _crossing(boundary: float, looks: int) -> float:
    """The chance that any of so many looks is beyond a boundary, without an effect."""
    return math.exp(np.interp(boundary, _BOUNDARIES, _log_crossings()[looks - 1]))


def _boundary(error: float, looks: int) -> float:
    """The boundary beyond which any of so many looks is with this chance."""
    falling = _log_crossings()[looks - 1]
    return float(np.interp(-math.log(max(error, _SMALLEST)), -falling, _BOUNDARIES))


@dataclass(frozen=True)
class PairsLook(Look):
    """A look at a run that starts its servers anew, after one of a few numbers of pairs of starts.

    Its unit is the pair whatever the metric, so each look spends the same for all.

    Attributes:
        spent: the part of the chance of error that is spent here.
    """

    spent: float = 1.0

    def error(self, promised: float, first: int = 0) -> float:  # noqa: ARG002 - the same for all
        """As declared."""
        return self.spent * promised


def find_pairs_look(ends: Sequence[int], declared: Sequence[int], *, at_end: bool) -> PairsLook:
    """The latest look at so many pairs of starts.

    Each look spends half of what those before have left, the last one all of it.

    Args:
        ends: compared rounds so far at the end of each pair.
        declared: after how many pairs there are looks, ascending.
        at_end: whether measuring went on until its planned end, by number or by time.
    """
    reached = [one for one in declared if one <= len(ends)]
    if at_end:
        # Whatever time ended, a look at the very last pair is the end itself.
        before = [one for one in reached if one < len(ends)]
        return PairsLook(ends[-1] if ends else 0, spent=0.5 ** len(before))
    if not reached:
        return PairsLook(0, at_end=False, spent=0.0)
    last = reached[-1] == declared[-1]
    spent = 0.5 ** (len(reached) - 1 if last else len(reached))
    return PairsLook(ends[reached[-1] - 1], at_end=last, spent=spent)


def find_look(block_ends: Iterable[int], *, at_end: bool) -> Look:
    """The latest look.

    Args:
        block_ends: compared rounds so far at the end of each block, ascending.
        at_end: whether measuring went on until its planned end. Where somebody or a look ended it,
            what was measured since the last look may have been the reason, and tells nothing.
    """
    looks, rounds = [0], 0
    for end in block_ends:
        if looks_reached(end) > looks_reached(rounds):
            looks.append(end)
        rounds = end
    if at_end:
        return Look(rounds, max(look for look in looks if look < max(rounds, 1)))
    if len(looks) == 1:
        return Look(rounds, rounds, at_end=False)
    return Look(looks[-1], looks[-2], at_end=False)


class Tested(Protocol):
    """What can be said of an effect from the rounds of one look."""

    def p_value(self) -> float:
        """Two-sided p-value of "no effect"."""

    def interval(self, confidence: float) -> Interval:
        """An interval of this confidence, on the log scale."""


def interval_at(look: Look, tested: Tested, promised: float, first: int = 0) -> Interval:
    """An interval that holds the effect with this confidence, however it came to be looked at.

    Returns: log ratios; unbounded where this look's chance does not suffice.
    """
    found = tested.interval(look.confidence(promised, first))
    reached = 1 - look.promised(1 - found.confidence, first) if found.confidence < 1 else 1.0
    return Interval(found.low, found.high, reached)


def p_value_at(look: Look, tested: Tested, first: int = 0) -> float:
    """Two-sided p-value of "no effect": how small a promise would still have told it."""
    return look.promised(tested.p_value(), first)
