"""Shift functions become pictures."""

import math
from dataclasses import replace

import pytest

from reports.effects.curves import Curve
from reports.page.charts.shift import shift_chart
from reports.page.charts.tests.svg import check_chart
from reports.statistics.shift import ShiftFunction
from reports.units import change
from reports.verdicts.tests.test_gate import comparison_of

VARIANTS = ("a", "$x^ <b>\x00", "_c")


@pytest.mark.parametrize(
    "ratios",
    [
        (1.0, 1.0, 1.0),
        (1.001, 1.002, 1.003),
        (1e-3, 1.0, 1e3),
        (0.02, 0.03, 0.04),
        (1e-9, 1.0, 1e9),
    ],
)
def test_any_ratios_make_a_shift_chart(ratios: tuple[float, ...]) -> None:
    """None, tiny, and of six decades; hostile names; and the ends are told in words."""
    scenario = replace(
        comparison_of().scenarios[0],
        curves=tuple(Curve(name, (0.5,), (0.01,), 1) for name in VARIANTS),
        shift_functions=tuple(
            ShiftFunction(name, (0.2, 0.5, 0.95), ratios, ratios, ratios, 0.95, 200)
            for name in VARIANTS[1:]
        ),
    )
    drawn = check_chart(lambda: shift_chart(scenario, "chart"))

    assert f"_c: {change(ratios[1])} at 50 %, {change(ratios[2])} at 95 %." in drawn


def test_a_band_without_an_end_reaches_the_edge() -> None:
    """And a single quantile has a place."""
    shift = ShiftFunction("b", (0.5,), (1.0,), (math.nan,), (math.inf,), 0.95, 200)
    curves = tuple(Curve(name, (0.5,), (0.01,), 1) for name in "ab")
    scenario = replace(comparison_of().scenarios[0], curves=curves, shift_functions=(shift,))

    assert ">50 %<" in check_chart(lambda: shift_chart(scenario, "chart"))
