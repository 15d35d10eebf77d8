"""Draws ratios of rows on one axis: each with its interval, if it has one, against no change."""

import math
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from reports import units
from reports.page.charts import drawing
from reports.page.charts.drawing import GREY, add_path, add_text, mark_at, px
from reports.page.charts.scales import Scale, log_scale
from reports.page.shapes import RatioRow

RATIO_AXIS_ID = "ratio-axis"
"""The id of the axis that all rows share."""

_WIDTH, _HEIGHT, _EDGE, _TICKS_MAX = 240.0, 24.0, 20.0, 4


def ratio_charts(rows: Sequence[RatioRow]) -> Mapping[str, str]:
    """The axis and one drawing for each row, by id; nothing without rows.

    The numbers stand beside them, so these are for eyes alone.
    """
    ratios = [one for row in rows for one in (row.ratio, row.low, row.high) if _is_drawn(one)]
    if not ratios:
        return {}
    scale = log_scale("", [1.0, *ratios], units.factor)
    ticks = next((one for one in scale.grades if len(one) <= _TICKS_MAX), ())
    root = _drawing(14)
    names = drawing.add(root, "g", text_anchor="middle")
    for tick in ticks:
        add_text(names, _along(scale, tick), 7, scale.name(tick))
    return {
        RATIO_AXIS_ID: ET.tostring(root, encoding="unicode"),
        **{row.chart_id: _row(row, scale, ticks) for row in rows},
    }


def _is_drawn(ratio: float) -> bool:
    return math.isfinite(ratio) and ratio > 0


def _along(scale: Scale, ratio: float) -> float:
    return _EDGE + (_WIDTH - 2 * _EDGE) * scale.share(ratio)


def _drawing(height: float) -> ET.Element:
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "aria-hidden": "true"})
    root.attrib |= {"viewBox": f"0 0 {px(_WIDTH)} {px(height)}", "fill": drawing.INK}
    root.attrib |= {"font-size": px(drawing.FONT_SIZE)}
    return root


def _row(row: RatioRow, scale: Scale, ticks: Sequence[float]) -> str:
    root, middle = _drawing(_HEIGHT), _HEIGHT / 2
    root.set("class", row.change.tone)
    grid = "".join(f"M{px(_along(scale, tick))} 0V{px(_HEIGHT)}" for tick in ticks)
    add_path(root, grid, stroke=GREY, stroke_width=0.8, opacity=0.35)
    add_path(root, f"M{px(_along(scale, 1.0))} 0V{px(_HEIGHT)}", stroke=GREY, stroke_width=1.6)
    if _is_drawn(row.low) and _is_drawn(row.high):
        span = f"M{px(_along(scale, row.low))} {px(middle)}H{px(_along(scale, row.high))}"
        add_path(root, span, stroke=drawing.INK, stroke_width=2.4)
    if _is_drawn(row.ratio):
        add_path(root, mark_at("circle", _along(scale, row.ratio), middle, 5), fill=drawing.INK)
    return ET.tostring(root, encoding="unicode")
