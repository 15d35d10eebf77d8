"""Before and after on one axis."""

import math
import re

from reports.page.charts.dumbbells import AXIS_ID, dumbbell_charts
from reports.page.shapes import Dumbbell

ROWS = [
    Dumbbell("a", 0.5, 0.005, 0.6, 0.006, "good"),
    Dumbbell("b", 0.02, 0.03, math.nan, math.inf, "bad"),
]


def test_rows_share_an_axis() -> None:
    """Later is farther to the right; no p95, no line; the same bytes each time."""
    drawn = dumbbell_charts(ROWS)
    joints = {
        name: [float(one) for one in re.findall(r'd="M([\d.]+) 12H([\d.]+)"', drawn[name])[0]]
        for name in "ab"
    }

    assert {AXIS_ID, "a", "b"} == drawn.keys()
    assert joints["a"][1] < joints["b"][0] < joints["b"][1] < joints["a"][0]
    assert 2 == drawn["a"].count("m0 -2.5v5")
    assert 0 == drawn["b"].count("m0 -2.5v5")
    assert 'class="bad"' in drawn["b"]
    assert "ms" in drawn[AXIS_ID]
    assert dumbbell_charts(ROWS) == drawn


def test_without_times_nothing_is_drawn() -> None:
    """No row, or none with a time."""
    assert {} == dumbbell_charts([])
    assert {} == dumbbell_charts([Dumbbell("a", math.nan, math.nan, math.nan, math.nan, "")])
