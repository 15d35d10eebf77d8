"""Shift functions become pictures."""

from dataclasses import replace

import pytest

from reports.effects.shapes import Curve
from reports.page.charts.shift import shift_chart
from reports.page.charts.tests.svg import check_chart
from reports.statistics.shift import ShiftFunction
from reports.units import change
from reports.verdicts.tests.test_gate import comparison_of

VARIANTS = ("a", "$x^ <b>\x00", "_c")


@pytest.mark.parametrize(
    "ratios",
    [(1.0, 1.0, 1.0), (1.001, 1.002, 1.003), (1e-3, 1.0, 1e3), (0.02, 0.03, 0.04)],
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
