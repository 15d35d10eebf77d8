"""Changed shapes become pictures."""

from dataclasses import replace

import numpy as np
import pytest

from reports.page.charts.shape import shape_chart
from reports.page.charts.tests.svg import check_chart
from reports.statistics.slow_share import ShapeChange
from reports.verdicts.tests.test_gate import comparison_of

CHANGE = ShapeChange(
    variant="$x^ <b>\x00",
    kind="groups",
    groups_before=1,
    groups_after=2,
    threshold_before_s=0.02,
    threshold_after_s=0.0201,
    share_before=0.0,
    share_after=0.081,
    slow_s=0.038,
    others_ratio=0.98,
    others_interval=None,
    p_value=1e-9,
    edges_s=tuple(np.geomspace(0.005, 0.05, 57).tolist()),
    shares_before=(0.5, 0.5, *(0.0 for _ in range(54))),
    shares_after=(0.5, 0.419, *(0.0 for _ in range(53)), 0.081),
)


def test_both_distributions_are_drawn() -> None:
    """With hostile names, in words too, and each threshold where it is."""
    scenario = replace(comparison_of().scenarios[0], shape_changes=(CHANGE,))
    drawn = check_chart(lambda: shape_chart(scenario, "chart"))

    assert "8.1 % of requests are slow, 0 % in the baseline." in drawn
    assert "slow is to the right" in drawn


@pytest.mark.parametrize("threshold_s", [0.001, 0.03, 1.0])
def test_several_variants_have_a_panel_each(threshold_s: float) -> None:
    """On one time axis; also where thresholds differ or lie outside."""
    other = replace(CHANGE, variant="c", threshold_after_s=threshold_s)
    scenario = replace(comparison_of().scenarios[0], shape_changes=(CHANGE, other))
    drawn = check_chart(lambda: shape_chart(scenario, "chart"))

    assert 1 == drawn.count(">latency (log scale)<")
    assert 2 == drawn.count(">requests (root)<")


def test_without_a_change_there_is_no_chart() -> None:
    """An empty text places none."""
    assert not shape_chart(comparison_of().scenarios[0], "chart")
