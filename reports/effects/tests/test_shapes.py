"""What effects derive from their own fields."""

import math
from dataclasses import replace

import pytest

from reports.effects.reasons import Name, reason
from reports.effects.shapes import Spread
from reports.statistics.values import Interval
from reports.verdicts.tests.test_gate import COUNTER, EFFECT, comparison_of

FEW, CARRY = reason(Name.TOO_FEW_UNITS), reason(Name.CARRY_OVER)


@pytest.mark.parametrize(
    ("n", "high", "expected"), [(11, 1.2, True), (12, 1.2, False), (100, math.inf, True)]
)
def test_an_effect_is_short_below_twelve_units(n: int, high: float, expected: bool) -> None:
    """Or where its interval bounds nothing."""
    effect = replace(EFFECT, n=n, interval_familywise=Interval(1.0, high, 0.99))

    assert expected is effect.short


def test_the_warning_about_too_few_units_does_not_last() -> None:
    """More units cure it, and nothing else."""
    assert (CARRY,) == replace(EFFECT, n=3, warnings=(FEW, CARRY)).lasting
    assert (CARRY,) == replace(EFFECT, n=30, warnings=(CARRY,)).lasting


def test_a_spread_is_exact_where_its_ends_meet() -> None:
    """Every round had the same count."""
    assert Spread(1, 1, 1).exact
    assert not Spread(1, 1, 2).exact


def test_a_counter_has_the_ratio_of_its_medians() -> None:
    """None where the baseline counted nothing."""
    assert 1.1 == pytest.approx(COUNTER.ratio)
    assert replace(COUNTER, before=Spread(0, 0, 0)).ratio is None


def test_a_comparison_carries_its_subject_whole() -> None:
    """Name and canary are the subject's."""
    (scenario,) = comparison_of().scenarios

    assert ("list", False, 100) == (scenario.name, scenario.canary, scenario.scenario.rounds_max)
