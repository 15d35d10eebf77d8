"""Looks and what they spend, by hand and by properties that must hold."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.statistics import stats
from reports.statistics.sequential import (
    DECLARED,
    Look,
    find_look,
    signed_rank_interval,
    signed_rank_p,
    spend,
)
from reports.statistics.values import FloatArray, Interval

UNITS = st.lists(st.floats(-3, 3), min_size=14, max_size=60).map(np.array)
SHARES = st.floats(0.05, 1.0)
BLOCKS = st.lists(st.integers(1, 4000), min_size=1, max_size=30).map(np.cumsum)


@pytest.mark.parametrize(
    ("block_ends", "under_way", "at_end"),
    [
        ([40], Look(40, 40, at_end=False), Look(40)),
        ([40, 60], Look(60, 0, at_end=False), Look(60)),
        ([60, 90], Look(60, 0, at_end=False), Look(90, 60)),
        ([60, 90, 130, 170], Look(130, 60, at_end=False), Look(170, 130)),
        ([240, 410], Look(410, 240, at_end=False), Look(410, 240)),
    ],
)
def test_looks_are_where_blocks_ended(block_ends: list[int], under_way: Look, at_end: Look) -> None:
    """A look comes after the block that reached the next of 50, 100, 200, ... and at the end."""
    assert under_way == find_look(block_ends, at_end=False)
    assert at_end == find_look(block_ends, at_end=True)


def test_shares_by_hand() -> None:
    """Half of the chance goes to ten looks, a twentieth each, and what is left to the end.

    The look at 240 rounds stands for those at 50, 100 and 200; the one at 410 for that at 400. For
    a p95 of 200 rounds a unit only looks from 3,200 rounds on hold 12 units: four of them, so an
    eighth each. For a p99 of 1,000 rounds a unit there are two, so a fourth each.
    """
    assert (3 / 20, 1 / 20) == pytest.approx(
        (Look(240, 0, at_end=False).share(1), Look(410, 240, at_end=False).share(1))
    )
    assert 1 - 4 / 20 == pytest.approx(Look(500, 410).share(1))
    assert (0, 1 / 8, 1) == pytest.approx(
        (
            Look(1700, 900, at_end=False).share(200),
            Look(3300, 1700, at_end=False).share(200),
            Look(3300, 1700).share(200),
        )
    )
    assert 1 / 4 == pytest.approx(Look(13_000, 7000, at_end=False).share(1000))


def test_a_run_of_fixed_length_spends_all_at_once() -> None:
    """Without earlier looks the interval is the plain one, whatever the units."""
    units = np.random.default_rng(2).normal(size=40)

    assert {1.0} == {Look(40).share(size) for size in (1, 200, 1000, 10_000)}
    assert stats.signed_rank_interval(units, 0.99) == signed_rank_interval(units, 0.99, 1.0)
    assert stats.signed_rank_p(units) == signed_rank_p(units, 1.0)


@given(BLOCKS, st.sampled_from([1, 5, 200, 1000]))
def test_no_more_is_spent_than_there_is(block_ends: FloatArray, rounds_per_unit: int) -> None:
    """Whatever the blocks, all looks before the end and the end together spend exactly all."""
    ends = [int(end) for end in block_ends]
    looks = {find_look(ends[:count], at_end=False) for count in range(1, len(ends))}
    spent = sum(look.share(rounds_per_unit) for look in looks)

    assert 1 == pytest.approx(spent + find_look(ends, at_end=True).share(rounds_per_unit))


def test_nothing_is_told_before_the_first_look() -> None:
    """Before 50 rounds a run under way has no look, so its units bound nothing."""
    look = find_look([20, 49], at_end=False)
    units = np.arange(1.0, 50.0)

    assert 0 == look.share(1)
    assert Interval(-math.inf, math.inf, 1.0) == signed_rank_interval(units, 0.9, look.share(1))
    assert 1.0 == signed_rank_p(units, look.share(1))
    assert stats.UNBOUNDED == stats.signed_rank_interval(np.arange(200.0), spend(0.9, 0.0))


def test_interval_by_hand() -> None:
    """A fifth of 5 % a side is 1 %, and bounds what 8 units may leave out.

    One sign pattern in 256 has rank sum 0, two have at most 1, three at most 2;
    2/256 is below 1 % and 3/256 is not, so one average is cut off a side, beside the extreme; the
    promise kept is 1 - 5 * 2 * 2/256 of at least 90 %.
    """
    found = signed_rank_interval(np.array([1.0, 2, 4, 8, 16, 32, 64, 128]), 0.90, 0.2)

    # The second smallest average is that of 1 and 2, the second largest that of 64 and 128.
    assert (1.5, 96.0, 1 - 5 * 2 * 2 / 256) == pytest.approx(
        (found.low, found.high, found.confidence)
    )
    assert found.confidence >= 0.90


@settings(max_examples=60, deadline=None)
@given(UNITS, SHARES)
def test_swapped_variants_mirror_the_interval(units: FloatArray, share: float) -> None:
    """Swapping the variants turns every ratio into its reciprocal, at every look."""
    interval, mirrored = (signed_rank_interval(one, 0.9, share) for one in (units, -units))

    assert (interval.low, interval.high) == (-mirrored.high, -mirrored.low)
    assert signed_rank_p(units, share) == pytest.approx(signed_rank_p(-units, share))


@settings(max_examples=60, deadline=None)
@given(UNITS, SHARES, SHARES)
def test_a_larger_share_never_widens(units: FloatArray, one: float, other: float) -> None:
    """What may err more often is told more narrowly, and with a smaller p-value."""
    less, more = sorted((one, other))
    wide, narrow = (signed_rank_interval(units, 0.9, share) for share in (less, more))

    # Ends are found to 1e-13.
    assert wide.low <= narrow.low + 1e-12
    assert narrow.high <= wide.high + 1e-12
    assert signed_rank_p(units, more) <= signed_rank_p(units, less)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(14, 45), st.sampled_from([0.05, 0.3, 1.0]))
def test_interval_and_p_value_agree(seed: int, n: int, share: float) -> None:
    """The interval excludes no effect exactly where its chance of error reaches the p-value."""
    units = np.random.default_rng(seed).laplace(0.5, 1, n)
    interval = signed_rank_interval(units, 0.95, share)

    assert interval.holds(0.0) == (signed_rank_p(units, share) > 0.05)


def test_declared_looks_double() -> None:
    """The looks are those that the load generator takes: 50, 100, 200, ... rounds."""
    assert (50, 100, 200) == DECLARED[:3]
    assert {2} == {after // before for before, after in itertools.pairwise(DECLARED)}
