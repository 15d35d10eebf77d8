"""Whether a variant changed the shape of the latencies: how many requests are slow.

A factor on every request, or a time added to each, changes no shape. So the baseline is first
aligned with the variant: by the typical ratio, by the ratio of the quickest tenth, and by their
difference. If neither alignment explains why more requests of one variant lie beyond a threshold,
the shape changed.

The threshold is taken from both aligned variants together: where their groups divide, and twice
their median. Swapping the members of a round changes neither, so the fair coin of a round's order
decides which of them is beyond it. Rounds with one slow member are counted (McNemar 1947, "Note on
the sampling error of the difference between correlated proportions"; exact binomial). Rounds of
one block or one pair of starts share more than chance, so there each one's difference of shares is
the unit, and the signed-rank test judges them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from reports.statistics import stats
from reports.statistics.modes import log_cuts
from reports.statistics.values import BoolArray, FloatArray, IntArray, Interval

FALSE_CHANGES_MAX = 0.001
"""The chance that a scenario without any change is said to have changed its shape."""

SHARE_MIN = 0.01
"""A smaller change of the share of slow requests is not worth a word."""

_SLOW = 2.0
"""Where nothing divides a distribution, slow is what takes so many times its median."""

_ROUNDS_MIN = 50
_OTHERS_MIN = 10
_OTHERS_CONFIDENCE = 0.99
_QUICK = 0.1
_CELLS = 56


@dataclass(frozen=True)
class ShapeChange:
    """How the share of slow requests changed between two variants.

    Attributes:
        kind: `groups` where a valley divides quick requests from slow ones in some variant;
            `tail` where slow means more than twice the typical latency.
        groups_before, groups_after: how many groups of latencies the baseline and the variant have.
        threshold_before_s, threshold_after_s: a slow request takes longer than this.
        share_before, share_after: of slow requests.
        slow_s: median of the slow ones, in the variant that has more of them.
        others_ratio: variant / baseline, the centre of the rounds in which neither was slow; None
            where there are hardly any.
        others_interval: of that, by itself; None where nothing bounds it.
        p_value: of "a factor or an added time explains it all", two-sided.
        edges_s, shares_before, shares_after: both histograms, for the picture: the edges of their
            cells, and the share of requests in each one.
    """

    variant: str
    kind: Literal["groups", "tail"]
    groups_before: int
    groups_after: int
    threshold_before_s: float
    threshold_after_s: float
    share_before: float
    share_after: float
    slow_s: float
    others_ratio: float | None
    others_interval: Interval | None
    p_value: float
    edges_s: tuple[float, ...]
    shares_before: tuple[float, ...]
    shares_after: tuple[float, ...]


@dataclass(frozen=True)
class _Sides:
    """Sorted out: both variants' log latencies, (n_rounds,), and the unit each round is in."""

    before: FloatArray
    after: FloatArray
    block: IntArray | None


@dataclass(frozen=True)
class _Split:
    """A threshold of each variant, as logarithms, and how well the groups beside them match."""

    before: float
    after: float
    cost: float = 0.0


def find_change(
    variant: str,
    before: FloatArray,
    after: FloatArray,
    ratio: float,
    chance_max: float = FALSE_CHANGES_MAX,
    block: IntArray | None = None,
) -> ShapeChange | None:
    """How a variant changed the shape; None where a factor or an added time may be all.

    Args:
        variant: its name.
        before: latencies of the baseline in seconds, (n_rounds,), positive.
        after: likewise of the variant.
        ratio: typical ratio, variant / baseline.
        chance_max: of a false report.
        block: under load the block, with restarts the pair of starts of each round, ascending.
    """
    if len(before) < _ROUNDS_MIN or not ratio > 0:
        return None
    sides = _Sides(np.log(before), np.log(after), block)
    p_value = 0.0
    for aligned in _alignments(sides, math.log(ratio)):
        p_value = max(p_value, _unexplained_p(aligned))
        if p_value > chance_max:
            return None
    cuts_before, cuts_after = log_cuts(sides.before), log_cuts(sides.after)
    splits = [
        split
        for split in _splits(sides, cuts_before, cuts_after, math.log(ratio))
        if _differs(sides, split, chance_max)
    ]
    if not splits:
        return None
    split = min(splits, key=lambda one: one.cost)
    return _described(variant, sides, split, (len(cuts_before) + 1, len(cuts_after) + 1), p_value)


def _alignments(sides: _Sides, log_ratio: float) -> Iterator[_Sides]:
    """The variants as they would be without the change of a factor or of an added time."""
    yield _Sides(sides.before + log_ratio, sides.after, sides.block)
    quick_before, quick_after = (float(np.quantile(one, _QUICK)) for one in _both(sides))
    yield _Sides(sides.before + (quick_after - quick_before), sides.after, sides.block)
    added_s = math.exp(quick_after) - math.exp(quick_before)
    # Added to the quicker one: no time is below 0.
    before = np.log(np.exp(sides.before) + added_s) if added_s > 0 else sides.before
    after = np.log(np.exp(sides.after) - added_s) if added_s < 0 else sides.after
    yield _Sides(before, after, sides.block)


def _both(sides: _Sides) -> tuple[FloatArray, FloatArray]:
    return sides.before, sides.after


def _unexplained_p(aligned: _Sides) -> float:
    """The p-value that aligned variants are alike beyond all thresholds; Bonferroni."""
    pooled = np.concatenate(_both(aligned))
    thresholds = (*log_cuts(pooled), float(np.median(pooled)) + math.log(_SLOW))
    found = (shares_p(aligned.before > at, aligned.after > at, aligned.block) for at in thresholds)
    return min(1.0, min(found) * len(thresholds))


def shares_p(before: BoolArray, after: BoolArray, block: IntArray | None = None) -> float:
    """Two-sided p-value that as many requests of both variants are slow.

    Inputs: which are, (n_rounds,) each; the unit that each round is in, ascending, or None.
    """
    if block is None:
        more, fewer = int((after & ~before).sum()), int((before & ~after).sum())
        return min(1.0, 2 * float(special.bdtr(min(more, fewer), more + fewer, 0.5)))
    _, place = np.unique(block, return_inverse=True)
    units = np.bincount(place, after.astype(np.float64) - before) / np.bincount(place)
    return stats.signed_rank_p(units)


def _splits(
    sides: _Sides, before: tuple[float, ...], after: tuple[float, ...], log_ratio: float
) -> Iterator[_Split]:
    """What may divide quick requests from slow ones in both variants."""
    if not before and not after:
        middle = float(np.median(np.concatenate([sides.before + log_ratio, sides.after])))
        yield _Split(middle + math.log(_SLOW) - log_ratio, middle + math.log(_SLOW))
    elif not before or not after:
        for cut in before or after:
            yield _mapped(sides, cut, divides_before=bool(before))
    elif len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            yield _Split(one, other)
    else:
        for one, other in (
            *((one, other) for one in before for other in after),
            *((one, one) for one in (*before, *after)),
        ):
            yield _Split(one, other, _mismatch(sides, one, other))


def _mapped(sides: _Sides, cut: float, *, divides_before: bool) -> _Split:
    """A cut of one variant, and the same in the other one, which is one group.

    That group is the quick or the slow one, whichever is nearer.
    """
    whole = sides.after if divides_before else sides.before
    divided = sides.before if divides_before else sides.after
    level = float(np.median(whole))
    levels = [float(np.median(divided[divided <= cut])), float(np.median(divided[divided > cut]))]
    away = min((level - one for one in levels), key=abs)
    moved = cut + away
    return _Split(cut, moved, abs(away)) if divides_before else _Split(moved, cut, abs(away))


def _mismatch(sides: _Sides, before: float, after: float) -> float:
    """How far apart the variants' quick groups are, and their slow ones, on the log scale."""
    cost = 0.0
    for slow in (False, True):
        groups = (
            sides.before[(sides.before > before) == slow],
            sides.after[(sides.after > after) == slow],
        )
        if all(map(len, groups)):
            cost += abs(float(np.median(groups[0]) - np.median(groups[1])))
    return cost


def _differs(sides: _Sides, split: _Split, chance_max: float) -> bool:
    """Whether clearly more requests of one variant are slow."""
    before, after = sides.before > split.before, sides.after > split.after
    apart = abs(float(after.mean() - before.mean()))
    return apart >= SHARE_MIN and shares_p(before, after, sides.block) <= chance_max


def _described(
    variant: str, sides: _Sides, split: _Split, groups: tuple[int, int], p_value: float
) -> ShapeChange:
    before, after = sides.before > split.before, sides.after > split.after
    slow = sides.after[after] if after.sum() >= before.sum() else sides.before[before]
    others_ratio, others_interval = _others(sides, ~before & ~after)
    pooled = np.concatenate(_both(sides))
    edges = np.linspace(pooled.min(), pooled.max() + 1e-9, _CELLS + 1)
    shares = [np.histogram(one, edges)[0] / len(one) for one in _both(sides)]
    return ShapeChange(
        variant=variant,
        kind="groups" if max(groups) > 1 else "tail",
        groups_before=groups[0],
        groups_after=groups[1],
        threshold_before_s=math.exp(split.before),
        threshold_after_s=math.exp(split.after),
        share_before=float(before.mean()),
        share_after=float(after.mean()),
        slow_s=math.exp(float(np.median(slow))),
        others_ratio=others_ratio,
        others_interval=others_interval,
        p_value=p_value,
        edges_s=tuple(np.exp(edges).tolist()),
        shares_before=tuple(shares[0].tolist()),
        shares_after=tuple(shares[1].tolist()),
    )


def _others(sides: _Sides, quick: BoolArray) -> tuple[float | None, Interval | None]:
    """The ratio of the rounds in which neither variant was slow, and its interval."""
    logs = (sides.after - sides.before)[quick]
    if len(logs) < max(_OTHERS_MIN, SHARE_MIN * len(quick)):
        return None, None
    if sides.block is not None:
        logs = np.array(
            [np.median(one) for one in stats.joined_blocks(logs, sides.block[quick], 1)]
        )
    found = stats.signed_rank_interval(logs, _OTHERS_CONFIDENCE)
    bounded = math.isfinite(found.high)
    return math.exp(stats.centre(logs)), Interval(
        math.exp(found.low), math.exp(found.high), found.confidence
    ) if bounded else None
