"""Ratios of rows on one axis."""

import math
from xml.etree import ElementTree as ET

from reports.page.charts.ratios import RATIO_AXIS_ID, ratio_charts
from reports.page.shapes import Cell, RatioRow


def row(chart_id: str, ratio: float, low: float = math.nan, high: float = math.nan) -> RatioRow:
    return RatioRow(chart_id, "", "", "", Cell("", "bad"), "", ratio, low, high, chart_id)


def test_all_rows_have_one_axis() -> None:
    """Grid, no change, interval and mark; without an interval the mark alone."""
    drawn = ratio_charts([row("a", 1.2, 1.1, 1.3), row("b", 0.8)])

    assert [RATIO_AXIS_ID, "a", "b"] == list(drawn)
    parts = {name: list(ET.fromstring(svg)) for name, svg in drawn.items()}  # noqa: S314 - ours
    assert (4, 3) == (len(parts["a"]), len(parts["b"]))
    assert parts["a"][1].get("d") == parts["b"][1].get("d")
    assert not any("style=" in svg for svg in drawn.values())


def test_what_has_no_number_has_no_mark() -> None:
    """Unknown, unbounded and zero ratios leave the grid."""
    drawn = ratio_charts([row("a", math.nan), row("b", 0.0, 0.0, math.inf), row("c", 2.0)])

    assert 2 == len(list(ET.fromstring(drawn["b"])))  # noqa: S314 - our own drawing
    assert {} == ratio_charts([row("a", math.nan)])
