"""One time axis for all charts of a scenario."""

import re
from dataclasses import replace

import numpy as np
import pytest

from reports.effects.curves import latency_curves
from reports.effects.shapes import StageBreakdown, SubjectComparison
from reports.page.charts.latency import latency_chart
from reports.page.charts.shape import shape_chart
from reports.page.charts.stages import stage_chart
from reports.page.charts.tests.test_shape import CHANGE
from reports.page.charts.times import row_name, time_axis
from reports.verdicts.tests.test_gate import comparison_of


def scenario_of(slowest_s: float = 0.03, *, name: str = "b") -> SubjectComparison:
    """With curves, changed shapes and stages."""
    latencies = {"a": np.linspace(0.01, slowest_s, 400), name: np.linspace(0.012, 0.02, 400)}
    stages = tuple(StageBreakdown(one, 0.02, (("db", 0.015),)) for one in latencies)
    return replace(
        comparison_of().scenarios[0],
        curves=latency_curves(latencies),
        stages=stages,
        shape_changes=(CHANGE, replace(CHANGE, variant="c")),
    )


def ticks(drawn: str, unit: str = "ms") -> list[tuple[str, str]]:
    """Names beside ticks, and where they are."""
    return re.findall(rf'<text x="([\d.]+)" y="[\d.]+">([\d.]+ {unit})</text>', drawn)


@pytest.mark.parametrize("name", ["b", "a variant with a long name, which is cut"])
def test_the_same_time_is_at_the_same_place_in_all_charts(name: str) -> None:
    """On the log axis and on the linear one."""
    scenario = scenario_of(name=name)
    latency = latency_chart(scenario, "latency")
    log, _, linear = latency.partition('class="linear"')

    assert ticks(log)
    assert ticks(log) == ticks(shape_chart(scenario, "shape"))
    assert ticks(linear)
    assert ticks(linear) == ticks(stage_chart(scenario, "stages"))


def test_both_axes_hold_all_that_is_named() -> None:
    """The log axis even the slowest request."""
    scenario = scenario_of(slowest_s=5.0)
    axis = time_axis(scenario)

    assert all(axis.log.holds(one) for one in (0.01, 5.0, *CHANGE.edges_s))
    assert all(axis.linear.holds(one) for one in (0.0, 0.015, scenario.curves[0].quantiles[-1][1]))


def test_without_times_there_still_is_an_axis() -> None:
    """A chart of stages may have no curves beside it."""
    axis = time_axis(replace(comparison_of().scenarios[0], curves=()))

    assert axis.linear.holds(0.5)


def test_a_long_name_is_cut() -> None:
    """It would leave no room for the drawing."""
    assert "optimized" == row_name("optimized")
    assert row_name("x" * 300).endswith("…")
