"""Draws before and after of each row of the first screen, all on one time axis."""

import math
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from reports.page.charts import drawing
from reports.page.charts.drawing import add_path, add_text, mark_at, px
from reports.page.charts.scales import Scale, log_scale, time_label
from reports.page.shapes import Dumbbell

AXIS_ID = "change-axis"
"""The id of the axis that all rows share."""

_WIDTH, _HEIGHT, _EDGE = 240.0, 24.0, 20.0
_P95_SHIFT = 6.0
_TICKS_MAX = 4


def dumbbell_charts(rows: Sequence[Dumbbell]) -> Mapping[str, str]:
    """The axis and one drawing for each row, by id; nothing without rows.

    The numbers stand beside them, so these are for eyes alone.
    """
    times = [
        one
        for row in rows
        for one in (row.before_s, row.after_s, row.before_p95_s, row.after_p95_s)
        if math.isfinite(one) and one > 0
    ]
    if not times:
        return {}
    scale = log_scale("", times, time_label, decades_min=0.5)
    ticks = _ticks(scale)
    return {
        AXIS_ID: _axis(scale, ticks),
        **{row.chart_id: _row(row, scale, ticks) for row in rows},
    }


def _ticks(scale: Scale) -> Sequence[float]:
    """As many as have room."""
    return next((one for one in scale.grades if len(one) <= _TICKS_MAX), ())


def _along(scale: Scale, time_s: float) -> float:
    return _EDGE + (_WIDTH - 2 * _EDGE) * scale.share(time_s)


def _drawing(height: float) -> ET.Element:
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "aria-hidden": "true"})
    root.attrib |= {"viewBox": f"0 0 {px(_WIDTH)} {px(height)}", "fill": drawing.INK}
    root.attrib |= {"font-size": px(drawing.FONT_SIZE)}
    return root


def _axis(scale: Scale, ticks: Sequence[float]) -> str:
    root = _drawing(14)
    names = drawing.add(root, "g", text_anchor="middle")
    for tick in ticks:
        add_text(names, _along(scale, tick), 7, scale.name(tick))
    return ET.tostring(root, encoding="unicode")


def _row(row: Dumbbell, scale: Scale, ticks: Sequence[float]) -> str:
    root, middle = _drawing(_HEIGHT), _HEIGHT / 2
    root.set("class", row.tone)
    grid = "".join(f"M{px(_along(scale, tick))} 0V{px(_HEIGHT)}" for tick in ticks)
    add_path(root, grid, stroke="#8c9199", stroke_width=0.8, opacity=0.35)
    before, after = _along(scale, row.before_s), _along(scale, row.after_s)
    for start, p95_s, height in (
        (before, row.before_p95_s, middle - _P95_SHIFT),
        (after, row.after_p95_s, middle + _P95_SHIFT),
    ):
        if math.isfinite(p95_s):
            end = _along(scale, p95_s)
            whisker = f"M{px(start)} {px(height)}H{px(end)}m0 -2.5v5"
            add_path(root, whisker, stroke=drawing.INK, stroke_width=1.2, opacity=0.6, fill="none")
    joint = f"M{px(before)} {px(middle)}H{px(after)}"
    add_path(root, joint, stroke=drawing.INK, stroke_width=2.4)
    square = mark_at("square", before, middle, 4.5)
    add_path(root, square, fill="var(--paper)", stroke="var(--ink)", stroke_width=1.6)
    add_path(root, mark_at("circle", after, middle, 5), fill=drawing.INK)
    return ET.tostring(root, encoding="unicode")
