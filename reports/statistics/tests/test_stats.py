"""The mathematics, against sums done by hand, scipy, and properties that must hold."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from reports.statistics import stats
from reports.statistics.values import FloatArray, Interval

UNITS = st.lists(st.floats(-3, 3), min_size=6, max_size=40).map(np.array)


def _width(interval: Interval) -> float:
    return interval.high - interval.low


def test_centre_by_hand() -> None:
    """The averages of 1, 2, 4 are 1, 1.5, 2, 2.5, 3, 4, whose median is 2.25."""
    assert stats.centre(np.array([4.0, 1.0, 2.0])) == pytest.approx(2.25, abs=1e-12)


def test_interval_by_hand() -> None:
    """Of 6 units one in 64 sign patterns has rank sum 0, two have at most 1.

    So at 95 % (2.5 % a side) only the outermost average may be cut off: 1/64 is below 0.025 and
    2/64 is not. The interval reaches from the smallest to the largest unit at 1 - 2/64.
    """
    interval = stats.signed_rank_interval(np.array([3.0, 1.0, 2.0, 5.0, 4.0, 6.0]), 0.95)

    assert (1.0, 6.0, 1 - 2 / 64) == pytest.approx(
        (interval.low, interval.high, interval.confidence)
    )


def test_five_units_cannot_reach_95_percent() -> None:
    """With 5 units even the extremes hold only 93.75 %, so nothing is bounded."""
    assert stats.UNBOUNDED == stats.signed_rank_interval(np.arange(5.0), 0.95)
    assert [5, 6, 12] == [stats.units_to_reach(one) for one in (0.9, 0.95, 1 - 0.01 / 20)]


@pytest.mark.parametrize("n", [12, 30, 150])
def test_interval_is_what_scipys_test_does_not_reject(n: int) -> None:
    """Just inside an end scipy's p-value exceeds 1 %, just outside it does not."""
    units = np.random.default_rng(n).laplace(0.3, 1, n)
    interval = stats.signed_rank_interval(units, 0.99)

    def p_at(centre: float) -> float:
        return stats.signed_rank_p(units - centre)

    inside = (p_at(interval.low + 1e-9), p_at(interval.high - 1e-9))
    outside = (p_at(interval.low - 1e-9), p_at(interval.high + 1e-9))

    assert min(inside) > 0.01 >= max(outside)


def test_exact_and_normal_null_meet() -> None:
    """Where the exact distribution ends the normal one cuts off nearly as many averages."""
    exact, _ = stats._critical_count(stats.EXACT_UNITS_MAX, 0.99)
    normal, _ = stats._critical_count(stats.EXACT_UNITS_MAX + 1, 0.99)

    # One more unit of 101 adds 0.25 * 101 - 2.576 * (sd(101) - sd(100)) = 41 to the count.
    assert normal - exact == pytest.approx(41, abs=6)


def test_ties_and_zeros_only_widen() -> None:
    """Where most rounds tie at no change, the interval is the single point no change."""
    interval = stats.signed_rank_interval(np.array([0.0] * 20 + [0.5]), 0.95)

    assert (0.0, 0.0) == pytest.approx((interval.low, interval.high), abs=1e-12)
    assert stats.signed_rank_p(np.zeros(9)) == 1.0


@settings(max_examples=60, deadline=None)
@given(UNITS)
def test_mirrored_units_mirror_centre_and_interval(units: FloatArray) -> None:
    """Swapping the variants turns every ratio into its reciprocal, exactly."""
    interval, mirrored = (stats.signed_rank_interval(one, 0.9) for one in (units, -units))

    assert stats.centre(units) == -stats.centre(-units)
    assert (interval.low, interval.high) == (-mirrored.high, -mirrored.low)


@settings(max_examples=60, deadline=None)
@given(UNITS, st.randoms(use_true_random=False))
def test_order_of_rounds_does_not_matter(units: FloatArray, chance: "np.random.Generator") -> None:
    """Shuffling the rounds changes neither centre nor interval."""
    shuffled = units.tolist()
    chance.shuffle(shuffled)

    assert stats.centre(units) == stats.centre(np.array(shuffled))
    assert stats.signed_rank_interval(units, 0.9) == stats.signed_rank_interval(
        np.array(shuffled), 0.9
    )


@settings(max_examples=30, deadline=None)
@given(UNITS, st.floats(1e-3, 1e3))
def test_slowing_both_variants_changes_nothing(units: FloatArray, pace: float) -> None:
    """A machine twice as slow for both gives the same log ratios."""
    before = np.full(len(units), 0.01)
    after = before * np.exp(units)

    slowed = stats.log_ratios(pace * before, pace * after)

    assert slowed == pytest.approx(stats.log_ratios(before, after), abs=1e-9)


@pytest.mark.parametrize("n", [15, 120])
def test_interval_covers_as_promised(n: int) -> None:
    """Of 400 intervals at 90 % over bursty noise, about 360 hold the truth."""
    chance = np.random.default_rng(20 + n)
    held = 0
    for _ in range(400):
        burst = np.where(chance.random(n) < 0.1, 5.0, 1.0)
        held += stats.signed_rank_interval(chance.normal(0.2, 1, n) * burst, 0.9).holds(0.2)

    # Bursts scale the centre as well, so only those units lie off: still close to nominal.
    assert 340 <= held <= 390


def test_long_runs_need_no_quadratic_memory() -> None:
    """200,000 units, whose averages would fill 160 GB, are bounded in seconds."""
    units = np.random.default_rng(5).normal(0.01, 0.1, 200_000)

    interval = stats.signed_rank_interval(units, 0.99)

    # 2.576 * 0.1 * sqrt(pi / 3) / sqrt(200000) = 0.00059 is the half width for normal noise.
    assert interval.high - interval.low == pytest.approx(2 * 0.00059, rel=0.05)
    assert interval.holds(0.01)


def test_quantile_interval_by_hand() -> None:
    """For the median of 20, P(B <= 5) = 0.0207 and P(B <= 6) = 0.0577: ranks 6 and 15 at 90 %."""
    interval = stats.quantile_interval(np.arange(1.0, 21.0)[::-1], 0.5, 0.90)

    assert (6.0, 15.0) == (interval.low, interval.high)
    assert interval.confidence == pytest.approx(1 - 2 * 0.0206947, abs=1e-6)


def test_quantile_interval_is_open_where_data_end() -> None:
    """Twenty values say nothing about how high the 99th percentile may lie."""
    assert math.inf == stats.quantile_interval(np.arange(20.0), 0.99, 0.9).high


def test_blocks_are_never_shorter_than_asked() -> None:
    """451 rounds make a block of 226 and one of 225, and 199 make none."""
    assert [112.5, 338.0] == stats.block_quantiles(np.arange(451.0), 0.5, 200).tolist()
    assert [112.0, 337.0] == stats.block_quantiles(np.arange(450.0), 0.5, 200).tolist()
    assert 0 == len(stats.block_quantiles(np.arange(199.0), 0.95, 200))


def test_block_means_are_of_consecutive_rounds() -> None:
    """0 ... 10 in blocks of at least 5: 0 ... 5 and 6 ... 10."""
    assert [2.5, 8.0] == stats.block_means(np.arange(11.0), 5).tolist()
    assert 0 == len(stats.block_means(np.arange(4.0), 5))


def test_a_mean_has_students_interval() -> None:
    """Of 9, 10, 11 the error is 1 / sqrt(3), a factor of 1.0577; t is 2.920 at 90 % and 2 degrees.

    Whatever wanders nowhere has none, and full confidence bounds nothing.
    """
    found = stats.mean_interval(np.array([9.0, 10.0, 11.0]), 0.90)

    assert (10 / 1.1836, 10 * 1.1836) == pytest.approx((found.low, found.high), rel=1e-4)
    assert Interval(2.0, 2.0, 0.9) == stats.mean_interval(np.full(12, 2.0), 0.90)
    assert Interval(0.0, math.inf, 1.0) == stats.mean_interval(np.full(12, 2.0), 1.0)


def test_units_needed_by_hand() -> None:
    """Half the width needs four times the units, against zero or against the margin."""
    by_zero = stats.units_needed(0.10, half90=0.1, half_familywise=0.2, margin=0.03, n=100)
    by_margin = stats.units_needed(0.01, half90=0.04, half_familywise=0.2, margin=0.03, n=100)

    assert (400, 400) == pytest.approx((by_zero, by_margin))


def test_detectable_effect_is_called_nine_times_in_ten() -> None:
    """Units shifted by the detectable effect give an interval off zero in about 90 % of runs."""
    chance = np.random.default_rng(8)
    noise = chance.normal(0, 1, (300, 60))
    half90, half99 = (
        np.mean([_width(stats.signed_rank_interval(row, one)) for row in noise[:40]]) / 2
        for one in (0.9, 0.99)
    )
    shift = stats.detectable(float(half90), float(half99))

    called = sum(stats.signed_rank_interval(row + shift, 0.99).low > 0 for row in noise)

    assert 0.85 <= called / 300 <= 0.95


def test_curve_keeps_the_distribution() -> None:
    """A long sample becomes 260 points, a short one stays as it is."""
    probabilities, values = stats.curve(np.arange(10_000.0))
    few, same = stats.curve(np.array([1.0, 2.0]))

    assert (260, 260) == (len(probabilities), len(values))
    assert np.interp(0.5, probabilities, values) == pytest.approx(4999.5)
    assert [0.25, 0.75] == few.tolist()
    assert [1.25, 1.75] == same.tolist()


def test_error_rates_by_fishers_tea() -> None:
    """3 of 4 against 1 of 4 is Fisher's own example: p = 34/70."""
    assert stats.rates_differ_p((3, 1), (4, 4)) == pytest.approx(34 / 70)


def test_shifted_groups_are_told_apart() -> None:
    """Groups without any overlap differ; a group does not differ from itself."""
    group = np.arange(20.0)

    assert stats.shift_p(group, group + 100) < 1e-6
    assert stats.shift_p(group, group) == pytest.approx(1.0)


def test_p_value_is_scipys() -> None:
    """Small untied samples get the exact p-value."""
    units = np.array([0.3, -0.1, 0.8, 0.5, 1.1, 0.9, 0.2])

    assert scipy_stats.wilcoxon(units).pvalue == pytest.approx(stats.signed_rank_p(units))


@pytest.mark.parametrize("n", [101, 1000])
@pytest.mark.parametrize("digits", [0, 1, 12])
def test_p_value_is_scipys_with_ties_and_zeros(n: int, digits: int) -> None:
    """Midranks, split zeros, and continuity correction are scipy's, to the last bit."""
    units = np.round(np.random.default_rng(n).normal(0.1, 1, n), digits)
    theirs = scipy_stats.wilcoxon(units, zero_method="zsplit", correction=True, method="approx")

    assert theirs.pvalue == stats.signed_rank_p(units)
    assert theirs.pvalue == stats.signed_rank_p(-units)


@pytest.mark.parametrize(
    ("rounds_min", "stretches"),
    [
        (1, [[0, 1, 2], [3], [4, 5], [6]]),
        (2, [[0, 1, 2], [3, 4, 5, 6]]),
        (3, [[0, 1, 2], [3, 4, 5, 6]]),
        (4, [[0, 1, 2, 3, 4, 5, 6]]),
        (7, [[0, 1, 2, 3, 4, 5, 6]]),
        (8, []),
    ],
)
def test_blocks_are_joined_and_never_split(rounds_min: int, stretches: list[list[int]]) -> None:
    """Blocks of 3, 1, 2 and 1 rounds: what is left over joins the last stretch."""
    block = np.array([4, 4, 4, 6, 7, 7, 9])

    joined = stats.joined_blocks(np.arange(7.0), block, rounds_min)

    assert stretches == [one.tolist() for one in joined]
