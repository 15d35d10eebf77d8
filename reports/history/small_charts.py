"""Small drawings for the rows of a history's first screen, all with one scale."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

from reports import units
from reports.history.chains import Curve
from reports.history.curve_chart import placed
from reports.history.trend import Trend
from reports.page.charts import drawing
from reports.page.charts.drawing import GREY, add_path, mark_at, px
from reports.page.charts.panels import BAND
from reports.page.charts.scales import Scale, log_scale

_WIDTH, _HEIGHT, _EDGE = 240.0, 36.0, 5.0


class _Spot(NamedTuple):
    """A ratio with its interval at a place; NaN where an end is unknown."""

    place: float
    ratio: float
    low: float
    high: float


_Lines = Sequence[Sequence[_Spot]]


def curve_drawings(curves: Mapping[str, Curve], confidence: float) -> dict[str, str]:
    """The product over the commits of each curve, by the drawing's id."""
    lines = {}
    for chart_id, curve in curves.items():
        lines[chart_id] = [
            [_Spot(one.place, one.ratio, one.interval.low, one.interval.high) for one in chain]
            for chain in placed(curve, confidence).chains
        ]
    return _drawings(lines)


def trend_drawings(trends: Mapping[str, Trend]) -> dict[str, str]:
    """The effect from run to run, by the drawing's id."""
    columns = ["number", "ratio", "low", "high"]
    return _drawings(
        {
            chart_id: [
                [_Spot(*row) for row in line.points[columns].itertuples(index=False)]
                for line in trend.lines
            ]
            for chart_id, trend in trends.items()
        }
    )


def _drawings(lines: Mapping[str, _Lines]) -> dict[str, str]:
    spots = [spot for one in lines.values() for line in one for spot in line]
    if not spots:
        return {}
    ends = [end for spot in spots for end in spot[1:] if math.isfinite(end)]
    scale = log_scale("", [1.0, *ends], units.factor)
    return {chart_id: _drawing(one, scale) for chart_id, one in lines.items()}


def _drawing(lines: _Lines, scale: Scale) -> str:
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "aria-hidden": "true"})
    root.attrib |= {"viewBox": f"0 0 {px(_WIDTH)} {px(_HEIGHT)}", "fill": drawing.INK}
    places = [spot.place for line in lines for spot in line]
    first, wide = min(places), max(max(places) - min(places), 1.0)

    def at(place: float, ratio: float) -> str:
        along = _EDGE + (_WIDTH - 2 * _EDGE) * (place - first) / wide
        return f"{px(along)} {px(_up(scale, ratio))}"

    level = px(_up(scale, 1.0))
    add_path(root, f"M0 {level}H{px(_WIDTH)}", stroke=GREY, stroke_width=1)
    for line in lines:
        known = [spot for spot in line if math.isfinite(spot.low) and math.isfinite(spot.high)]
        ends = [at(spot.place, spot.low) for spot in known]
        ends += [at(spot.place, spot.high) for spot in reversed(known)]
        if ends:
            add_path(root, f"M{'L'.join(ends)}z", opacity=BAND)
        middles = [at(spot.place, spot.ratio) for spot in line]
        add_path(root, f"M{'L'.join(middles)}", stroke=drawing.INK, stroke_width=2, fill="none")
        left, top = map(float, middles[-1].split())
        add_path(root, mark_at("circle", left, top, 3.5))
    return ET.tostring(root, encoding="unicode")


def _up(scale: Scale, ratio: float) -> float:
    return _EDGE + (_HEIGHT - 2 * _EDGE) * (1 - scale.share(ratio))
