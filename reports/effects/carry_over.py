"""What the request before did to the next one.

Inside a round the second request always follows another variant, so only a round's first request
can show carry-over: by the coins of this round and the last, its predecessor is now its own
variant, now another. Its latency is taken relative to the rest of its round, which shares the
machine's state and whose own predecessors do not depend on what came before the round.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.effects.estimating import BEYOND_CARRY_OVER
from reports.effects.reasons import Name, Reason, reason
from reports.effects.rounds import Rounds
from reports.statistics import stats
from reports.statistics.values import UNITS_MIN, BoolArray, FloatArray, IntArray, mean_ranks

# Of a scenario's variants together. Rarer than other false alarms, because one takes away a verdict
# that the run had earned.
_FALSE_SHIFTS_MAX = 0.001

_WAYS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass(frozen=True)
class CarryOver:
    """What the request before did to the next one.

    Attributes:
        variant: whose latency changed.
        shift: on the log scale, after another variant against after its own; of two revisions, how
            much more this one suffers from the other than vice versa.
        same, other: log latency relative to the rest of the round, after its own variant and
            after another one; one number a round.
        pairs: of two revisions, one number for each pair of starts, as often above zero as below
            where neither suffers more; else empty.
    """

    variant: str
    shift: float
    same: FloatArray
    other: FloatArray
    pairs: FloatArray

    @property
    def n(self) -> int:
        """How many rounds of the rarer kind there are; of two revisions, pairs of starts."""
        return len(self.pairs) or min(len(self.same), len(self.other))

    def is_shift(self, n_variants: int, margin: float) -> bool:
        """Whether it is neither small beside the margin nor chance."""
        if self.n < UNITS_MIN or abs(self.shift) <= math.log1p(margin) / 4:
            return False
        if len(self.pairs):
            return stats.signed_rank_p(self.pairs) < _FALSE_SHIFTS_MAX
        return stats.shift_p(self.same, self.other) < _FALSE_SHIFTS_MAX / n_variants

    def warning(self) -> Reason:
        """That it contaminates."""
        facts = {
            "variant": self.variant,
            "shift": self.shift,
            "detectable": BEYOND_CARRY_OVER * abs(self.shift),
        }
        if len(self.pairs):
            return reason(Name.REVISIONS_CARRY_OVER, pairs=self.n, **facts)
        rounds = {"rounds_after_other": len(self.other), "rounds_after_own": len(self.same)}
        return reason(Name.REQUESTS_CARRY_OVER, **facts, **rounds)


@dataclass(frozen=True)
class _First:
    """The first request of each round that directly follows the round before it.

    Attributes:
        variant: its index, (n,).
        after_own: whether the request before it was of the same variant, (n,).
        log: its latency relative to the rest of its round, (n,).
        block: of the round, (n,).
    """

    variant: IntArray
    after_own: BoolArray
    log: FloatArray
    block: IntArray


def carry_over(rounds: Rounds, variants: Sequence[str]) -> tuple[CarryOver, ...]:
    """How each variant fares after another variant against after itself."""
    if len(rounds.number) < 2:
        return ()
    return _of_each(_first_requests(rounds, variants), variants)


def _of_each(first: _First, variants: Sequence[str]) -> tuple[CarryOver, ...]:
    found = []
    for index, name in enumerate(variants):
        mine = first.variant == index
        same, other = first.log[mine & first.after_own], first.log[mine & ~first.after_own]
        if len(same) and len(other):
            shift = float(np.median(other) - np.median(same))
            found.append(CarryOver(name, shift, same, other, np.zeros(0)))
    return tuple(found)


def lopsided(rounds: Rounds, variants: Sequence[str]) -> tuple[CarryOver, ...]:
    """Which of two revisions suffers more from the other's request, and how much more.

    Where each variant has a process of its own, the one that was not measured last has lost its
    place in the CPU's caches. The random order makes that happen to both alike, so it cancels. The
    rest is a carry-over. What two processes do to each other depends on what their start drew, so
    the pair of starts is the unit: all its rounds share that.
    """
    if len(variants) != 2 or len(rounds.number) < 2:
        return ()
    first = _first_requests(rounds, variants)
    alone = _of_each(first, variants)
    if len(alone) != 2:
        return ()
    # Everything as the first revision's latency relative to the second's: x.
    mine = np.where(first.variant == 0, 1, -1)
    other = np.where(first.after_own, -1, 1)
    x = mine * first.log
    kind = {way: (mine == way[0]) & (other == way[1]) for way in _WAYS}
    level = {way: float(np.median(x[places])) for way, places in kind.items()}
    shift = level[1, 1] - level[1, -1] + level[-1, 1] - level[-1, -1]
    # What going first, and what following the other one, does to both alike is taken away.
    left = x + other * shift / 4
    for way, places in kind.items():
        left[places] -= level[way]
    _, pair = np.unique(first.block, return_inverse=True)
    for number in range(pair.max() + 1):
        left[pair == number] -= np.median(left[pair == number])
    # Ranks, because noise comes in bursts. Where nothing carries over, `other` is fair coins.
    ranks = mean_ranks(left) - (len(left) + 1) / 2
    suffers = 0 if shift > 0 else 1
    one = alone[suffers]
    pairs: FloatArray = np.bincount(pair, other * ranks).astype(np.float64)
    return (CarryOver(one.variant, abs(shift), one.same, one.other, pairs),)


def _first_requests(rounds: Rounds, variants: Sequence[str]) -> _First:
    latency = np.log(np.column_stack([rounds.values(name, "latency_s") for name in variants]))
    position = np.column_stack([rounds.values(name, "position") for name in variants])
    block = rounds.exactly(variants[0], "block").astype(np.int64)
    follows = (np.diff(rounds.number) == 1) & (np.diff(block) == 0)
    first, last = position.argmin(axis=1)[1:], position.argmax(axis=1)[:-1]
    own = latency[np.arange(1, len(latency)), first]
    rest = (latency[1:].sum(axis=1) - own) / (len(variants) - 1)
    return _First(
        first[follows], (first == last)[follows], (own - rest)[follows], block[1:][follows]
    )
