"""Looks at a run before its end, without more errors than were promised.

Whoever looks nine times at intervals of 99 % misses more often than once in a hundred. So looks are
declared beforehand, at 50, 100, 200, ... rounds, and a promise's chance of error is spent over
them: the half of it in equal shares, and what no look has spent at the planned end, wherever time
put that (Lan & DeMets 1983, "Discrete sequential boundaries for clinical trials"). By the union
bound all intervals that were ever looked at then hold together, so the one at which measuring
stopped does. Nothing is assumed of how looks depend on each other, nor of which units a quantile
is taken over; each look's own interval rests on the coins of its rounds alone.

Rounds are looked at where a block of measuring ended. Where that is depends on the clock, which
knows nothing of which variant went first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.statistics import stats
from reports.statistics.values import UNITS_MIN, FloatArray, Interval

DECLARED: tuple[int, ...] = tuple(50 * 2**doubling for doubling in range(10))
"""At how many rounds a look spends a share: at the end of the first block that reaches each."""

_SHARE_OF_LOOKS = 0.5


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

    def share(self, rounds_per_unit: float) -> float:
        """The part of the chance of error that is spent here, for a metric of such units.

        Looks with too few rounds for `UNITS_MIN` units spend nothing.
        """
        usable = [rounds for rounds in DECLARED if rounds >= UNITS_MIN * rounds_per_unit]
        each = _SHARE_OF_LOOKS / len(usable) if usable else 0.0
        spent = each * _reached(self.before, usable)
        return 1 - spent if self.at_end else each * _reached(self.rounds, usable) - spent


@dataclass(frozen=True)
class PairsLook(Look):
    """A look at a run that starts its servers anew, after one of a few numbers of pairs of starts.

    Its unit is the pair whatever the metric, so each look spends the same for all.

    Attributes:
        spent: the part of the chance of error that is spent here.
    """

    spent: float = 1.0

    def share(self, rounds_per_unit: float) -> float:  # noqa: ARG002 - the same for all
        """As declared."""
        return self.spent


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


def _reached(rounds: int, declared: Iterable[int]) -> int:
    return sum(one <= rounds for one in declared)


def find_look(block_ends: Iterable[int], *, at_end: bool) -> Look:
    """The latest look.

    Args:
        block_ends: compared rounds so far at the end of each block, ascending.
        at_end: whether measuring went on until its planned end. Where somebody or a look ended it,
            what was measured since the last look may have been the reason, and tells nothing.
    """
    looks, rounds = [0], 0
    for end in block_ends:
        if _reached(end, DECLARED) > _reached(rounds, DECLARED):
            looks.append(end)
        rounds = end
    if at_end:
        return Look(rounds, max(look for look in looks if look < max(rounds, 1)))
    if len(looks) == 1:
        return Look(rounds, rounds, at_end=False)
    return Look(looks[-1], looks[-2], at_end=False)


def spend(confidence: float, share: float) -> float:
    """The confidence of one look's interval, so that together they reach what is asked for."""
    return 1 - (1 - confidence) * share


def signed_rank_interval(units: FloatArray, confidence: float, share: float) -> Interval:
    """An interval that holds the centre with this confidence, however it came to be looked at.

    Inputs: (n,) log ratios. Returns: log ratios; unbounded where the share does not suffice.
    """
    found = stats.signed_rank_interval(units, spend(confidence, share))
    reached = 1 - (1 - found.confidence) / share if share else 1.0
    return Interval(found.low, found.high, reached)


def signed_rank_p(units: FloatArray, share: float) -> float:
    """Two-sided p-value of "no effect": how small a chance of error would still have told it.

    Inputs: (n,) log ratios.
    """
    return min(1.0, stats.signed_rank_p(units) / share) if share and len(units) else 1.0
