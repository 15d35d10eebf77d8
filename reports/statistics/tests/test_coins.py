"""Tails and means by their coins: by hand, against all swaps, and by what must hold."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from reports.statistics.coins import (
    MeanCoins,
    OneFactorCoins,
    QuantileCoins,
    chance_of_sum,
    rounds_to_bound,
    values_beyond,
)
from reports.statistics.values import FloatArray, IntArray

TAILS = st.sampled_from([0.9, 0.95, 0.99])


def latencies(seed: int, n: int, factor: float = 1.0) -> tuple[FloatArray, FloatArray]:
    """Of a machine that wanders, with late requests: (n,) each."""
    chance = np.random.default_rng(seed)
    wander = np.cumsum(chance.normal(0, 0.02, n))
    before, after = (
        0.01 * np.exp(wander + 0.1 * chance.normal(size=n) + 0.5 * (chance.random(n) < 0.06))
        for _ in range(2)
    )
    return before, factor * after


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([1.0, 2.0, 3.0, 7.0]), min_size=1, max_size=9),
    st.integers(-20, 20),
)
def test_the_chance_of_a_sum_is_that_of_all_signs(sizes: list[float], at_least: int) -> None:
    """Of few numbers every pattern of signs can be listed."""
    sums = [sum(signs) for signs in itertools.product(*((one, -one) for one in sizes))]
    expected = float(np.mean([one >= at_least for one in sums]))

    assert expected == pytest.approx(chance_of_sum(np.array(sizes), at_least), abs=1e-12)


def test_many_rounds_are_a_binomial_variable() -> None:
    """Of 1,000 rounds, 540 of one sign are as rare as 540 heads, as far out as they may lie."""
    for heads in (540, 600, 700, 1000):
        expected = binom.sf(heads - 1, 1000, 0.5)
        assert expected == pytest.approx(chance_of_sum(np.full(1000, 2.0), 4 * heads - 2000))


@pytest.mark.parametrize("spreads", [0.5, 2.0, 3.0])
def test_a_sum_of_many_is_as_seldom_as_drawn_signs_say(spreads: float) -> None:
    """Sizes with a heavy tail: the approximation lies within the error of 400,000 draws."""
    chance = np.random.default_rng(6)
    sizes = np.exp(1.5 * chance.normal(size=150))
    total = spreads * math.sqrt(float((sizes**2).sum()))
    drawn = 0
    for _ in range(20):
        signs = np.where(chance.random((20_000, 150)) < 0.5, -1.0, 1.0)
        drawn += int(((signs * sizes).sum(axis=1) >= total).sum())
    error = 5 * math.sqrt(drawn) / 400_000

    assert drawn / 400_000 == pytest.approx(chance_of_sum(sizes, total), abs=error + 0.01 / 400)


def test_chances_of_sums_far_out_stay_exact() -> None:
    """All signs alike are as rare as that many heads; beyond them there is nothing."""
    sizes = np.linspace(1, 2, 150)

    assert 0.5**150 == pytest.approx(chance_of_sum(sizes, float(sizes.sum())))
    assert 1 - chance_of_sum(sizes, 1.0) == pytest.approx(chance_of_sum(sizes, -1.0), abs=1e-3)
    assert (1.0, 0.0) == (chance_of_sum(np.zeros(0), 0.0), chance_of_sum(np.zeros(0), 1.0))


@pytest.mark.parametrize("largest", [2, 10])
def test_a_sum_of_many_that_few_make_up_counts_their_coins(largest: int) -> None:
    """Requests of 30 s among 200 of a millisecond: as seldom as so many heads."""
    sizes = np.concatenate([np.full(largest, 30.0), np.linspace(0.001, 0.002, 200)])
    total = 30.0 * largest

    assert 0.5**largest == pytest.approx(chance_of_sum(sizes, total - 1))
    assert 0.5**largest == pytest.approx(1 - chance_of_sum(sizes, 1 - total))
    assert 0.5 <= chance_of_sum(np.append(np.full(3000, 1e-9), 1e9), 1e9) / 0.5 <= 1


def test_equal_tails_are_no_effect() -> None:
    """Times of whole milliseconds: 30 % or 6 % take two, p95 is the same, so there is no effect."""
    before, after = np.full(400, 0.001), np.full(400, 0.001)
    before[:120], after[120:144] = 0.002, 0.002

    for coins in (QuantileCoins(before, after, 0.95), QuantileCoins(after, before, 0.95)):
        assert (0.0, 1.0) == (coins.log_ratio, coins.p_value())
        assert coins.interval(0.99).holds(0.0)


def test_a_tail_by_hand() -> None:
    """Twenty rounds, p90: four values of both are beyond the threshold and one is at it.

    The variant has the four and the one, which counts half: 2 + 2 + 2 + 2 + 1 = 9 of 9, as five
    heads of five.
    """
    before = np.linspace(1.0, 1.1, 20)
    after = before.copy()
    after[:5] = [2.0, 2.1, 2.2, 2.3, 2.4]

    assert 4 == values_beyond(20, 0.9)
    assert 2 * 0.5**5 == pytest.approx(QuantileCoins(before, after, 0.9).p_value())


@pytest.mark.parametrize("q", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("confidence", [0.9, 0.99, 0.9999])
def test_rounds_that_are_needed_suffice(q: float, confidence: float) -> None:
    """One round less bounds nothing, where all late values are of one variant."""
    needed = rounds_to_bound(confidence, q)

    def width(rounds: int) -> float:
        before = 1 + np.random.default_rng(1).uniform(0, 1e-3, rounds)
        found = QuantileCoins(before, before[::-1], q).interval(confidence)
        return found.high - found.low

    assert math.isfinite(width(needed))
    assert math.inf == width(needed - 1)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), TAILS, st.sampled_from([0.5, 1.0, 1.3]))
def test_swapped_variants_mirror_a_tail(seed: int, q: float, factor: float) -> None:
    """Swapping the variants turns every ratio into its reciprocal."""
    before, after = latencies(seed, 800, factor)
    one, other = QuantileCoins(before, after, q), QuantileCoins(after, before, q)
    found, mirrored = one.interval(0.95), other.interval(0.95)

    assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low), abs=2e-6)
    assert one.p_value() == pytest.approx(other.p_value())
    assert found.low <= one.log_ratio <= found.high


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), TAILS, st.sampled_from([1.0, 1.05, 1.2]))
def test_an_interval_agrees_with_its_p_value(seed: int, q: float, factor: float) -> None:
    """It excludes no effect where the p-value is at most its chance of error."""
    coins = QuantileCoins(*latencies(seed, 1500, factor), q)
    p_value = coins.p_value()

    if not 0.045 < p_value < 0.055:
        assert coins.interval(0.95).holds(0.0) == (p_value > 0.05)


@pytest.mark.parametrize("q", [0.95, 0.0])
@pytest.mark.parametrize("unit", [None, np.repeat(np.arange(60), 20)])
def test_intervals_hold_a_factor_as_often_as_promised(q: float, unit: IntArray | None) -> None:
    """Of 150 intervals of 90 %, no more miss the true factor than chance allows (1 in 1000).

    q = 0 stands for the mean. Units are rounds, or blocks of 20 that one coin orders.
    """
    missed = 0
    for seed in range(150):
        before, after = latencies(seed, 1200, 1.1)
        # Blocks whose requests queue behind each other: one coin for all of them.
        swap = np.random.default_rng([seed, 1]).random(1200 if unit is None else 60) < 0.5
        swap = swap if unit is None else swap[unit]
        mine = np.where(swap, after / 1.1, before), np.where(swap, before * 1.1, after)
        coins = QuantileCoins(*mine, q, unit) if q else MeanCoins(*mine, unit)
        missed += not coins.interval(0.9).holds(math.log(1.1))

    assert missed <= binom.ppf(0.999, 150, 0.1)


def late_by_30_ms(seed: int, n: int) -> tuple[FloatArray, FloatArray]:
    """8 % of the variant's requests are 30 ms late; the others do not differ."""
    chance = np.random.default_rng([seed, 2])
    before, after = (
        0.01 * np.exp(0.1 * chance.normal(size=n) + 0.5 * (chance.random(n) < 0.06))
        for _ in range(2)
    )
    return before, after + 0.03 * (chance.random(n) < 0.08)


def test_a_change_of_few_requests_is_held_too() -> None:
    """Intervals of 99 % from 200 rounds hold the ratio of p95 as often as promised."""
    before_s, after_s = (np.quantile(one, 0.95) for one in late_by_30_ms(0, 400_000))
    truth = math.log(after_s / before_s)
    intervals = [
        QuantileCoins(*late_by_30_ms(seed, 200), 0.95).interval(0.99) for seed in range(1, 101)
    ]

    assert truth > math.log(2)
    assert sum(not one.holds(truth) for one in intervals) <= binom.ppf(0.999, 100, 0.01)


def test_one_factor_is_told_from_fifty_rounds() -> None:
    """A p95 twice as long is told from 50 rounds, which say nothing of it alone."""
    told = 0
    for seed in range(40):
        before, after = latencies(seed, 50, 2.0)
        assert math.inf == QuantileCoins(before, after, 0.95).interval(0.999).high
        found = OneFactorCoins(before, after, 0.95)
        interval = found.interval(0.999)
        told += interval.low > math.log(1.05)
        assert interval.low <= found.log_ratio <= interval.high

    assert told >= 36


def test_a_mean_is_not_told_by_three_coins() -> None:
    """Three slow requests of 1,200 fall to one variant in a fourth of all runs."""
    before = np.full(1200, 0.02)
    after = before.copy()
    after[[100, 500, 900]] *= 200

    assert 0.25 == pytest.approx(MeanCoins(before, after).p_value(), abs=0.01)
    assert MeanCoins(before, after).interval(0.9).low <= 0.0


def test_twenty_thousand_rounds_have_narrow_intervals() -> None:
    """Of a factor of 1.05 the p95 is told, and its interval is narrower than 4 %."""
    coins = QuantileCoins(*latencies(3, 20_000, 1.05), 0.95)
    found = coins.interval(0.99)

    assert found.high - found.low < 0.04
    assert found.holds(math.log(1.05))
