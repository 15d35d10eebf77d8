"""Looks and what they spend, by hand and by properties that must hold."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from contract.looks import LOOKS
from reports.statistics import stats
from reports.statistics.ranks import SignedRanks
from reports.statistics.sequential import Look, find_look, interval_at, p_value_at
from reports.statistics.values import FloatArray, Interval

UNITS = st.lists(st.floats(-3, 3), min_size=14, max_size=60).map(np.array)
BLOCKS = st.lists(st.integers(1, 4000), min_size=1, max_size=30).map(np.cumsum)
UNDER_WAY = Look(60, 0, at_end=False)
AT_ANY = st.sampled_from([UNDER_WAY, Look(60), Look(500, 466), Look(30_000, 25_850)])


@pytest.mark.parametrize(
    ("block_ends", "under_way", "at_end"),
    [
        ([12], Look(12, 12, at_end=False), Look(12)),
        ([12, 60], Look(60, 0, at_end=False), Look(60)),
        ([60, 90], Look(90, 60, at_end=False), Look(90, 60)),
        ([60, 61], Look(60, 0, at_end=False), Look(61, 60)),
        ([60, 90, 130, 149], Look(130, 90, at_end=False), Look(149, 130)),
        ([240, 410], Look(410, 240, at_end=False), Look(410, 240)),
    ],
)
def test_looks_are_where_blocks_ended(block_ends: list[int], under_way: Look, at_end: Look) -> None:
    """A look comes after the block that reached the next of 16, 20, 25, ... and at the end."""
    assert under_way == find_look(block_ends, at_end=False)
    assert at_end == find_look(block_ends, at_end=True)


@pytest.mark.parametrize("promised", [0.1, 0.01, 0.01 / 36])
def test_looks_together_miss_as_often_as_is_theirs(promised: float) -> None:
    """Of 200,000 runs without an effect, looks call about three quarters of what is promised.

    Each run is a random walk seen at every look. Seven in eight of what all looks may spend is the
    least that would fit into the error of so many runs.
    """
    chance = np.random.default_rng(5)
    boundary = -norm.ppf(UNDER_WAY.error(promised) / 2)
    walk, called = np.zeros(200_000), np.zeros(200_000, bool)
    for rounds, before in zip(LOOKS, (0, *LOOKS[:-1]), strict=True):
        walk += math.sqrt(rounds - before) * chance.normal(size=len(walk))
        called |= np.abs(walk) > boundary * math.sqrt(rounds)
    spread = math.sqrt(0.75 * promised / len(walk))

    assert 0.75 * promised == pytest.approx(called.mean(), abs=4 * spread)


def test_the_boundary_of_one_look_is_the_normal_one() -> None:
    """A metric with one look left gives it all that looks may spend."""
    last = Look(LOOKS[-1], 0, at_end=False)

    assert 0.0075 == pytest.approx(last.error(0.01, first=LOOKS[-1]), rel=1e-3)
    assert 0.0 == last.error(0.01, first=LOOKS[-1] + 1)
    assert 0.01 == Look(LOOKS[-1]).error(0.01, first=LOOKS[-1] + 1)


def test_a_block_that_passes_several_looks_is_one_look() -> None:
    """No look is made up, and what it would have spent is left to the end."""
    passed, reached = Look(240, 0, at_end=False), Look(60, 0, at_end=False)

    assert passed.error(0.01) == reached.error(0.01)
    assert Look(500, 240).error(0.01) < Look(500, 60).error(0.01) < 0.01


def test_looks_of_a_metric_begin_where_it_can_be_told() -> None:
    """Fewer looks share what is spent, and those before spend nothing."""
    late = Look(728, 583, at_end=False)

    assert late.error(0.01, first=700) > late.error(0.01)
    assert 0.0 == Look(60, 0, at_end=False).error(0.01, first=100)
    assert 0.01 == Look(60, 50).error(0.01, first=100)


def test_a_run_of_fixed_length_spends_all_at_once() -> None:
    """Without earlier looks the interval is the plain one, whatever the metric."""
    units = np.random.default_rng(2).normal(size=40)
    tested = SignedRanks(units)

    assert {0.05} == {Look(40).error(0.05, first) for first in (0, 50, 1000)}
    assert stats.signed_rank_interval(units, 0.99) == interval_at(Look(40), tested, 0.99)
    assert stats.signed_rank_p(units) == pytest.approx(p_value_at(Look(40), tested))


@given(BLOCKS, st.sampled_from([0, 50, 100, 1000]), st.sampled_from([0.1, 0.01, 1e-4]))
def test_no_more_is_spent_than_there_is(
    block_ends: FloatArray, first: int, promised: float
) -> None:
    """Whatever the blocks, the end has what looks cannot have spent: at least a fourth."""
    ends = [int(end) for end in block_ends]
    at_end = find_look(ends, at_end=True).error(promised, first)
    looks = {find_look(ends[:count], at_end=False) for count in range(1, len(ends))}
    each = [look.error(promised, first) for look in looks]

    assert promised / 4 * (1 - 1e-6) <= at_end <= promised
    assert max(each, default=0.0) <= promised - at_end + 1e-12


@given(AT_ANY, st.floats(1e-9, 0.5))
def test_what_is_promised_and_what_is_spent_are_inverse(look: Look, promised: float) -> None:
    """The p-value that allows for looks is the promise at which the look would just tell."""
    assert promised == pytest.approx(look.promised(look.error(promised)), rel=1e-6)


def test_nothing_is_told_before_the_first_look() -> None:
    """Before 16 rounds a run under way has no look, so its units bound nothing."""
    look = find_look([6, 15], at_end=False)
    tested = SignedRanks(np.arange(1.0, 16.0))

    assert 0 == look.error(0.1)
    assert Interval(-math.inf, math.inf, 1.0) == interval_at(look, tested, 0.9)
    assert 1.0 == p_value_at(look, tested)


@settings(max_examples=25, deadline=None)
@given(UNITS, AT_ANY)
def test_swapped_variants_mirror_the_interval(units: FloatArray, look: Look) -> None:
    """Swapping the variants turns every ratio into its reciprocal, at every look."""
    one, other = SignedRanks(units), SignedRanks(-units)
    interval, mirrored = (interval_at(look, tested, 0.9) for tested in (one, other))

    assert (interval.low, interval.high) == (-mirrored.high, -mirrored.low)
    assert p_value_at(look, one) == pytest.approx(p_value_at(look, other))


@settings(max_examples=25, deadline=None)
@given(UNITS)
def test_a_look_tells_less_than_the_end(units: FloatArray) -> None:
    """What may err less often is told less narrowly, and with a larger p-value."""
    tested = SignedRanks(units)
    wide, narrow = (interval_at(look, tested, 0.9) for look in (UNDER_WAY, Look(60)))

    # Ends are found to 1e-13.
    assert wide.low <= narrow.low + 1e-12
    assert narrow.high <= wide.high + 1e-12
    assert p_value_at(Look(60), tested) <= p_value_at(UNDER_WAY, tested) * (1 + 1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 45), AT_ANY)
def test_interval_and_p_value_agree(seed: int, n: int, look: Look) -> None:
    """The interval excludes no effect exactly where its chance of error reaches the p-value."""
    tested = SignedRanks(np.random.default_rng(seed).laplace(0.5, 1, n))
    interval = interval_at(look, tested, 0.95)

    assert interval.confidence >= 0.95 - 1e-9
    assert interval.holds(0.0) == (p_value_at(look, tested) > 0.05)
