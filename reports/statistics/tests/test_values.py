"""The values that all mathematics share."""

import math

import pytest

from reports.statistics.values import Interval


@pytest.mark.parametrize(
    ("value", "expected"), [(0.9, False), (1.0, True), (1.5, True), (2.0, True), (2.1, False)]
)
def test_an_interval_holds_its_ends(value: float, expected: bool) -> None:
    """Both ends are inside."""
    assert expected is Interval(1.0, 2.0, 0.9).holds(value)


def test_an_interval_that_bounds_nothing_holds_everything() -> None:
    """Infinite ends exclude no number."""
    assert Interval(-math.inf, math.inf, 1.0).holds(1e300)
