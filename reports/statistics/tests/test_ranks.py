"""Units judged by signed ranks."""

import math

import numpy as np
import pytest

from reports.statistics import stats
from reports.statistics.ranks import SignedRanks


def test_units_in_any_order_have_one_answer() -> None:
    """It is that of the functions, and the order of units does not matter."""
    logs = np.random.default_rng(3).normal(0.1, 1, 30)
    tested = SignedRanks(logs)

    assert stats.centre(np.sort(logs)) == tested.log_ratio
    assert stats.signed_rank_p(logs) == pytest.approx(tested.p_value())
    assert stats.signed_rank_interval(logs, 0.9) == tested.interval(0.9)


def test_few_units_bound_nothing() -> None:
    """Of four units no interval of 99 % has an end."""
    found = SignedRanks(np.arange(1.0, 5)).interval(0.99)

    assert (-math.inf, math.inf) == (found.low, found.high)
