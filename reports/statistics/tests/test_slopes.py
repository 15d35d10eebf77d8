"""Slopes of what grows, and how sure they are."""

import math

import numpy as np
import pytest

from reports.statistics.slopes import mean_between, slope, stretch_slopes


def test_the_slope_of_a_line_is_its_own() -> None:
    """By hand: three more for each step; and none where nothing was sent."""
    x = np.array([0.0, 1.0, 2.0, 5.0])

    assert 3.0 == pytest.approx(slope(x, 7 + 3 * x))
    assert math.isnan(slope(np.zeros(3), np.arange(3.0)))


def test_a_line_has_the_same_slope_in_each_stretch() -> None:
    """Ten at most, whatever the number of points; fewer where there are fewer points."""
    x = np.arange(101.0)

    assert [2.0] * 10 == stretch_slopes(x, 2 * x).tolist()
    assert [2.0, 2.0] == stretch_slopes(x[:3], 2 * x[:3]).tolist()


def test_the_interval_of_a_mean_is_students() -> None:
    """By hand: mean 2, deviation 1, n = 3; t of 0.95 with 2 degrees of freedom is 2.920."""
    found = mean_between(np.array([1.0, 2.0, 3.0]), 0.90)

    assert (2 - 2.920 / math.sqrt(3)) == pytest.approx(found.low, abs=1e-3)
    assert (2 + 2.920 / math.sqrt(3)) == pytest.approx(found.high, abs=1e-3)
    assert math.inf == mean_between(np.array([1.0]), 0.90).high


def test_one_jump_is_no_growth() -> None:
    """A process that takes more memory once does not leak, however large the step."""
    y = np.where(np.arange(101.0) > 55, 1e6, 0.0)

    assert mean_between(stretch_slopes(np.arange(101.0), y), 0.90).low < 0
