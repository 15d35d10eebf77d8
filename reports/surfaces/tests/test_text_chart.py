"""Intervals drawn with characters."""

import math

from reports.page.shapes import Cell, Change, Dumbbell
from reports.surfaces.text_chart import text_charts


def row(ratio: float, low: float, high: float) -> Change:
    drawn = Dumbbell("", 0.01, 0.01, 0.01, 0.01, "")
    return Change("", "", "", "", True, "", "", Cell(""), "", (), drawn, ratio, low, high)


def test_all_rows_have_one_axis_with_no_change_in_its_middle() -> None:
    """An interval that holds 1 crosses it; equal distances on the log scale are equally far."""
    assert ["·······│····━●━", "━●━····│·······", "······━┿●━·····"] == text_charts(
        [row(1.8, 1.6, 2.0), row(1 / 1.8, 0.5, 1 / 1.6), row(1.05, 0.9, 1.25)]
    )


def test_what_nothing_bounds_reaches_the_edge() -> None:
    """Also where nothing else gives the axis a length."""
    assert ["━━━━━━━┿━━━━━━●"] == text_charts([row(2.0, 0.0, math.inf)])
    assert ["·······●·······"] == text_charts([row(1.0, 1.0, 1.0)])
    assert [] == text_charts([])
