"""Multiplies the effects of consecutive gates: how far a service has moved, commit by commit.

A gate measures a commit (its head) against an earlier one (its base). Where the head of one gate is
the base of another, their ratios multiply, so small changes that every gate lets pass are seen
together. Where no gate joins two commits there is a gap, and the product begins anew.

On the log scale ratios add, and the distances of both ends of an interval from its middle add as
squares (Zou and Donner 2008, "Construction of confidence limits about effect measures": MOVER),
because gates are independent of each other. Intervals of different confidence are compared by the
normal distribution.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any

import pandas as pd

from reports.history.frame import History
from reports.statistics.values import Interval

_Row = Mapping[Any, Any]
_Pair = tuple[str, str]

_LOG_MAX = 700.0
"""Beyond it, there is no number for the ratio."""


@dataclass(frozen=True)
class LogRatio:
    """A ratio on the log scale.

    Attributes:
        middle: the logarithm.
        down, up: from it to the ends of its interval, in multiples of what the normal distribution
            gives for the interval's confidence; infinite where nothing bounds it.
    """

    middle: float = 0.0
    down: float = 0.0
    up: float = 0.0

    @property
    def ratio(self) -> float:
        """The ratio itself."""
        return _exp(self.middle)

    def times(self, other: "LogRatio") -> "LogRatio":
        """The product with an independent one."""
        down, up = math.hypot(self.down, other.down), math.hypot(self.up, other.up)
        return LogRatio(self.middle + other.middle, down, up)

    def interval(self, confidence: float) -> Interval:
        """Of the ratio; an end beyond all numbers is 0 or infinite."""
        reach = _reach(confidence)
        low, high = self.middle - reach * self.down, self.middle + reach * self.up
        return Interval(_exp(low), _exp(high), confidence)


@dataclass(frozen=True)
class ChainLink:
    """From one commit to the next: what its gates found.

    Attributes:
        base, head: the commits.
        number: of the first of its runs in the history.
        runs: names of the gates' runs, oldest first.
        machine, plan: of these.
        letter: the machine's.
    """

    base: str
    head: str
    number: int
    runs: tuple[str, ...]
    started_at: str
    machine: str
    plan: str
    letter: str
    change: LogRatio

    def measured_like(self, other: "ChainLink") -> bool:
        """Whether both were measured on one machine, with one plan."""
        return (self.machine, self.plan) == (other.machine, other.plan)


@dataclass(frozen=True)
class Chain:
    """Steps of which each begins where the one before it ended."""

    links: tuple[ChainLink, ...]

    @cached_property
    def totals(self) -> tuple[LogRatio, ...]:
        """The product of all links so far, after each link."""
        totals, total = [], LogRatio()
        for link in self.links:
            total = total.times(link.change)
            totals.append(total)
        return tuple(totals)

    @property
    def total(self) -> LogRatio:
        """The product of all links."""
        return self.totals[-1]

    @property
    def switches(self) -> tuple[int, ...]:
        """Positions of links measured on another machine or with another plan than the one before.

        A ratio may differ between machines and plans, so a product over them may, too.
        """
        places = range(1, len(self.links))
        return tuple(at for at in places if not self.links[at].measured_like(self.links[at - 1]))


@dataclass(frozen=True)
class Curve:
    """All links of one metric in one scenario, in chains, oldest first; never empty."""

    scenario: str
    variant: str
    metric: str
    chains: tuple[Chain, ...]

    @property
    def main(self) -> Chain:
        """The chain with the most links; of several, the newest."""
        return max(self.chains, key=lambda one: (len(one.links), one.links[-1].number))


def curves_of(history: History) -> tuple[Curve, ...]:
    """The curve of every metric in every scenario that gates measured, in order of appearance.

    Gates of a commit against itself are no link; neither are effects that a doubt leaves without a
    verdict, nor runs that are not complete.
    """
    effects = history.effects
    usable = effects[
        (effects["base"] != "")
        & (effects["base"] != effects["head"])
        & (effects["state"] == "complete")
        & ~effects["doubted"].astype(bool)
    ]
    return tuple(
        Curve(
            str(rows["scenario"].iloc[0]),
            str(rows["variant"].iloc[0]),
            str(rows["metric"].iloc[0]),
            chains_of(rows.to_dict("records")),
        )
        for _, rows in usable.groupby(["scenario", "variant", "metric"], sort=False)
    )


def chains_of(rows: Sequence[_Row]) -> tuple[Chain, ...]:
    """Put the effects of gates one behind the other.

    Where several links begin at one commit, the first that another link follows is the chain's;
    each of the others begins a chain of its own. So does what would lead back to an earlier commit.

    Args:
        rows: of `History.effects`, of one metric, oldest first.
    """
    gates: dict[_Pair, list[_Row]] = {}
    for row in rows:
        gates.setdefault((row["base"], row["head"]), []).append(row)
    left: dict[str, list[_Pair]] = {}
    for pair in gates:
        left.setdefault(pair[0], []).append(pair)
    heads = {head for _, head in gates}
    # A chain begins where no link leads to; what is left then are branches and circles.
    firsts = sorted(gates, key=lambda pair: pair[0] in heads)
    chains = [
        Chain(_joined(pairs, gates)) for first in firsts if (pairs := list(_walk(first[0], left)))
    ]
    return tuple(sorted(chains, key=lambda one: one.links[0].number))


def _walk(commit: str, left: dict[str, list[_Pair]]) -> Iterator[_Pair]:
    """Follow the links from a commit on; each is taken out of those that are left."""
    seen = {commit}
    while options := [pair for pair in left.get(commit, ()) if pair[1] not in seen]:
        pair = next((one for one in options if left.get(one[1])), options[0])
        left[commit].remove(pair)
        yield pair
        commit = pair[1]
        seen.add(commit)


def _joined(pairs: Iterable[_Pair], gates: Mapping[_Pair, Sequence[_Row]]) -> tuple[ChainLink, ...]:
    links: list[ChainLink] = []
    for pair in pairs:
        links.append(_link(gates[pair], links[-1] if links else None))
    return tuple(links)


def _link(gates: Sequence[_Row], before: ChainLink | None) -> ChainLink:
    """Join the gates of one link; of several machines or plans, those of the link before.

    Repeated gates count together: to take the one that looks best would be chance.
    """
    like = [one for one in gates if before and _alike(one, before.machine, before.plan)]
    first = (like or gates)[0]
    used = [one for one in gates if _alike(one, first["machine"], first["plan"])]
    return ChainLink(
        base=first["base"],
        head=first["head"],
        number=first["number"],
        runs=tuple(one["run"] for one in used),
        started_at=first["started_at"],
        machine=first["machine"],
        plan=first["plan"],
        letter=first["letter"],
        change=_mean([_log_ratio(one) for one in used]),
    )


def _alike(row: _Row, machine: str, plan: str) -> bool:
    return (row["machine"], row["plan"]) == (machine, plan)


def _log_ratio(row: _Row) -> LogRatio:
    middle = math.log(row["ratio"])
    if any(pd.isna(row[name]) for name in ("low", "high", "confidence")):
        return LogRatio(middle, math.inf, math.inf)
    reach = _reach(row["confidence"])
    return LogRatio(
        middle, (middle - math.log(row["low"])) / reach, (math.log(row["high"]) - middle) / reach
    )


def _mean(found: Sequence[LogRatio]) -> LogRatio:
    """Weighted by what each one knows; those without bounds count only where nothing has any."""
    bounded = [one for one in found if math.isfinite(one.down + one.up)]
    if not bounded:
        return LogRatio(sum(one.middle for one in found) / len(found), math.inf, math.inf)
    # An interval of no width, which no run has, would weigh infinitely.
    widths = [max(abs(one.down + one.up), 1e-12) for one in bounded]
    total = sum(width**-2 for width in widths)
    shares = [width**-2 / total for width in widths]
    pairs = list(zip(shares, bounded, strict=True))
    return LogRatio(
        sum(share * one.middle for share, one in pairs),
        math.hypot(*(share * one.down for share, one in pairs)),
        math.hypot(*(share * one.up for share, one in pairs)),
    )


def _reach(confidence: float) -> float:
    """How many standard deviations the interval of a normal distribution reaches to each side."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _exp(logarithm: float) -> float:
    return math.exp(logarithm) if logarithm < _LOG_MAX else math.inf
