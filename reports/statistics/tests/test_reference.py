"""The mathematics against published examples, and against all cases listed one by one."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from reports.statistics import drift, stats
from reports.statistics.values import FloatArray

DEPRESSION = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]) - np.array(
    [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
)
"""Depression scale factor IV of nine patients, after less before (Hollander & Wolfe 1973,
p. 29; R's help on `wilcox.test`)."""

PERMEABILITY = (
    np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]),
    np.array([1.15, 0.88, 0.90, 0.74, 1.21]),
)
"""Permeability of the human chorioamnion at term and at 12 to 26 weeks (Hollander & Wolfe 1973, p.
69; R's help on `wilcox.test`)."""


def flipped_p(units: FloatArray) -> float:
    """The two-sided p-value of the signed-rank test from every pattern of signs."""
    ranks = scipy_stats.rankdata(np.abs(units))
    patterns = np.array(list(itertools.product([-1, 1], repeat=len(units))))
    sums = patterns @ np.where(units == 0, 0, ranks)
    return float((np.abs(sums) >= abs(np.sign(units) @ ranks) - 1e-9).mean())


def test_the_depression_data_give_the_books_numbers() -> None:
    """Hollander & Wolfe: centre -0.46; at 96.1 % from -0.786 to -0.010. R: V = 5, p = 0.03906."""
    interval = stats.signed_rank_interval(DEPRESSION, 0.95)

    assert stats.centre(DEPRESSION) == pytest.approx(-0.46)
    assert (-0.786, -0.010) == pytest.approx((interval.low, interval.high), abs=1e-9)
    assert interval.confidence == pytest.approx(1 - 20 / 512)
    assert stats.signed_rank_p(DEPRESSION) == pytest.approx(0.0390625)
    assert flipped_p(DEPRESSION) == 0.0390625


def test_the_permeability_data_give_rs_p_value() -> None:
    """R's one-sided p is 0.1272; two-sided it is twice that, by all 3003 ways to deal the ranks."""
    one, other = PERMEABILITY
    ranks = scipy_stats.rankdata(np.concatenate(PERMEABILITY))
    dealt = np.array([sum(some) for some in itertools.combinations(ranks, 5)])
    as_low = float((dealt <= ranks[10:].sum()).mean())

    assert as_low == pytest.approx(0.1272, abs=5e-5)
    assert stats.shift_p(one, other) == pytest.approx(2 * as_low)


@pytest.mark.parametrize("n", range(1, 13))
def test_the_null_distribution_is_that_of_all_sign_patterns(n: int) -> None:
    """Each sum of positive ranks is as likely as its share of the 2^n patterns."""
    patterns = np.array(list(itertools.product([0, 1], repeat=n)))
    sums = patterns @ np.arange(1, n + 1)
    expected = [(sums <= most).mean() for most in range(n * (n + 1) // 2 + 1)]

    assert expected == pytest.approx(stats._rank_sum_cumulative(n).tolist(), abs=1e-15)


FEW_VALUES = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=11).map(np.array)
MANY_VALUES = st.lists(st.floats(-3, 3), min_size=1, max_size=11).map(np.array)


@settings(max_examples=60, deadline=None)
@given(FEW_VALUES | MANY_VALUES)
def test_p_is_the_share_of_sign_patterns_also_with_ties(units: FloatArray) -> None:
    """Whatever repeats or is 0, no approximation stands in for the coins."""
    expected = flipped_p(units) if np.any(units) else 1.0

    assert expected == pytest.approx(stats.signed_rank_p(units))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(14, 100), st.sampled_from([0.9, 0.95, 0.99, 0.9995]))
def test_interval_and_p_agree_wherever_they_are_exact(seed: int, n: int, confidence: float) -> None:
    """The interval leaves out no effect exactly where the p-value is at most what it may err."""
    units = np.random.default_rng(seed).laplace(3 / math.sqrt(n), 1, n)
    excluded = not stats.signed_rank_interval(units, confidence).holds(0.0)

    assert excluded == (stats.signed_rank_p(units) <= 1 - confidence)


@pytest.mark.parametrize("n", [101, 150, 400])
@pytest.mark.parametrize("tail", [0.05, 0.005, 0.0005, 0.00005])
def test_the_normal_limit_is_close_and_errs_on_the_safe_side(n: int, tail: float) -> None:
    """Beyond the exact null distribution, no more is cut off than it allows, to 1 in 200."""
    k, reached = stats._critical_count(n, 1 - 2 * tail)
    exact = stats._rank_sum_cumulative(n)

    assert exact[k - 1] <= 1.005 * tail
    assert 1 - 2 * tail <= reached
    # It takes few more averages to reach the same tail exactly.
    assert exact[k - 1 + n // 2] > 0.95 * tail


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.sampled_from([0.5, 0.9, 0.95]), st.sampled_from([0.9, 0.99, 0.9999]))
def test_a_quantiles_interval_holds_as_often_as_it_says(n: int, q: float, asked: float) -> None:
    """Of n values each lies below the quantile with chance q: ranks are summed one by one."""
    found = stats.quantile_interval(np.arange(1.0, n + 1), q, asked)
    low = 0 if math.isinf(found.low) else int(found.low)
    high = n + 1 if math.isinf(found.high) else int(found.high)
    # Between the values of two ranks where at least `low` and fewer than `high` values lie below.
    held = sum(
        math.comb(n, below) * q**below * (1 - q) ** (n - below) for below in range(low, high)
    )

    assert held == pytest.approx(found.confidence, abs=1e-12)
    assert held >= asked - 1e-12


def test_pettitts_closed_form_is_never_too_small() -> None:
    """Of all orders of 8 values no share is above it, up to p = 1/2 where it is of no use."""
    n = 8
    orders = np.array(list(itertools.permutations(range(1, n + 1))))
    sums = 2 * np.cumsum(orders, axis=1)[:, :-1] - np.arange(1, n) * (n + 1)
    largest = np.abs(sums).max(axis=1)
    for order, size in zip(orders[::997], largest[::997], strict=True):
        p_value, cut = drift.step_p(order.astype(np.float64))
        assert (largest >= size).mean() <= p_value
        assert abs(sums[(orders == order).all(axis=1)][0][cut - 1]) == size


def test_kendalls_test_is_that_of_all_orders() -> None:
    """Of 720 orders of 6 values, as many are as far from even as the p-value says."""
    orders = [np.array(order, np.float64) for order in itertools.permutations(range(6))]
    pairs = list(itertools.combinations(range(6), 2))
    scores = np.array([sum(np.sign(one[j] - one[i]) for i, j in pairs) for one in orders])
    for order, score in list(zip(orders, scores, strict=True))[::37]:
        assert drift.drift_p(order) == pytest.approx((np.abs(scores) >= abs(score)).mean())


def test_fishers_test_is_that_of_all_tables() -> None:
    """7 errors of 40 against 1 of 30: the tables with 8 errors in all that are no likelier."""
    share = [math.comb(40, k) * math.comb(30, 8 - k) / math.comb(70, 8) for k in range(9)]
    expected = sum(one for one in share if one <= share[7] * (1 + 1e-9))

    assert stats.rates_differ_p((7, 1), (40, 30)) == pytest.approx(expected)
