"""Finds the series of two files that are the same, and how each changed."""

import math
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contract.errors import ReportError
from reports.clean import harmless, short
from reports.foreign.shapes import Foreign, Identity, Series


class Outcome(StrEnum):
    """Why a series has a change or none; in the order in which they are shown."""

    FAILURES = "not compared: failures"
    CHANGE = "change"
    BELOW = "below its resolution"
    OTHER = "no value in common"
    FIRST = "only in A"
    SECOND = "only in B"


@dataclass(frozen=True)
class Pair:
    """A series of both files, or of one.

    Attributes:
        number: which of several series of this identity in the same file; 0 where there is one.
        ratios: B / A by metric, for those that can be compared.
    """

    identity: Identity
    number: int
    first: Series | None
    second: Series | None
    outcome: Outcome
    ratios: dict[str, float]

    @property
    def size(self) -> float:
        """How large its largest change is, on the log scale."""
        logs = (math.log(ratio) if ratio else -math.inf for ratio in self.ratios.values())
        return max(map(abs, logs), default=0.0)


def pairs_of(first: Foreign, second: Foreign) -> list[Pair]:
    """All series of two files, in the order of the files.

    Series that occur several times in a file are numbered. They are paired only where both files
    have equally many.

    Raises:
        ReportError: the files have nothing in common.
    """
    sides = [list(one.found.series) for one in (first, second)]
    parts = [[one for one in side if not one.total] for side in sides]
    if all(parts):
        # The sum of the other series says nothing that they do not.
        sides = parts
    counts = [Counter(one.identity for one in side) for side in sides]
    unequal = {one for one in counts[0] if 0 < counts[1][one] != counts[0][one]}
    of_first, of_second = (
        _keyed(side, count, unequal, which)
        for side, count, which in zip(sides, counts, "AB", strict=True)
    )
    failures = bool(first.found.failures or second.found.failures)
    pairs = [
        _pair(key, of_first.get(key), of_second.get(key), failures=failures)
        for key in dict.fromkeys((*of_first, *of_second))
    ]
    if not any(one.first and one.second and one.outcome is not Outcome.OTHER for one in pairs):
        raise _nothing_in_common(first, second, sides)
    return pairs


_Key = tuple[Identity, int, str]
"""What is paired: identity, number, and the file where it must not be paired."""


def _keyed(
    side: Iterable[Series], count: Counter[Identity], unequal: Container[Identity], which: str
) -> dict[_Key, Series]:
    seen: Counter[Identity] = Counter()
    keyed: dict[_Key, Series] = {}
    for one in side:
        seen[one.identity] += 1
        number = seen[one.identity] if count[one.identity] > 1 else 0
        keyed[one.identity, number, which if one.identity in unequal else ""] = one
    return keyed


def _pair(key: _Key, first: Series | None, second: Series | None, *, failures: bool) -> Pair:
    outcome = Outcome.CHANGE
    ratios: dict[str, float] = {}
    if first is None or second is None:
        outcome = Outcome.SECOND if first is None else Outcome.FIRST
    elif failures or first.failed or second.failed:
        outcome = Outcome.FAILURES
    else:
        one, other = first.values_s, second.values_s
        both = [metric for metric in one if metric in other]
        ratios = {
            metric: other[metric] / one[metric] for metric in both if one[metric] and other[metric]
        }
        if not ratios:
            outcome = Outcome.BELOW if both else Outcome.OTHER
    return Pair(key[0], key[1], first, second, outcome, ratios)


def _nothing_in_common(
    first: Foreign, second: Foreign, sides: Sequence[Iterable[Series]]
) -> ReportError:
    """What differs between the series of two files, with an example of each."""
    identities = [list(dict.fromkeys(one.identity for one in side)) for side in sides]
    if set(identities[0]) & set(identities[1]):
        what = "the same series, but of none the same value, or not equally often"
    else:
        parts = [
            f"{part}: {_shown(mine)} / {_shown(theirs)}"
            for part, mine, theirs in (
                (part, *([one[place] for one in side] for side in identities))
                for place, part in enumerate(Identity._fields)
            )
            if not set(mine) & set(theirs)
        ]
        what = f"they differ in {'; '.join(parts) or 'the combination of their parts'}"
    tools = f" {first.tool} and {second.tool} wrote them;" if first.tool != second.tool else ""
    return ReportError(
        f"{harmless(str(first.path))} and {harmless(str(second.path))} have nothing in common:"
        f"{tools} {what}. Give what is to be compared the same name in both, and measure again."
    )


def _shown(texts: Sequence[str]) -> str:
    others = len(set(texts)) - 1
    return f'"{short(harmless(texts[0]), 60)}"{f" and {others:,} more" if others else ""}'
