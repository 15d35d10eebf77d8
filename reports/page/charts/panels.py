"""Panels with axes, and the SVG element that holds them inside a page."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.etree import ElementTree as ET

from reports.clean import visible
from reports.page.charts import drawing
from reports.page.charts.drawing import INK, Style, add_path, add_text, px
from reports.page.charts.readings import LINE, add_readings, lines_of
from reports.page.charts.scales import Scale

WIDTH = drawing.WIDTH
NAMES_MAX = WIDTH / 2
"""Names beside ticks are cut to this; the description holds whole ones."""
BAND = 0.18
"""How opaque a shade of a tone is."""

_EDGE = 4.0
_RIGHT = 20.0
_TICK = 3.5
_GAP = 10.0
_NAME_GAP = 7.0

Points = Iterable[tuple[float, float]]
"""Numbers along and upwards; one that is missing (NaN) is a gap, an infinite one at the edge."""


class Key(NamedTuple):
    """One entry of a legend."""

    text: str
    style: Style
    lined: bool = True


class Reading(NamedTuple):
    """What is shown to who points at a part of a chart, or moves to it by keyboard.

    Attributes:
        words: in parts, which semicolons separate.
        areas: panels, and what encloses the part in each of them.
    """

    words: str
    areas: Sequence[tuple["Panel", Points]]


def across(y: float) -> Points:
    """From the one edge to the other at one height."""
    return [(-math.inf, y), (math.inf, y)]


def level(y: float, low: float, high: float) -> Points:
    """From one place along to another, and a gap, so that several can follow each other."""
    return [(low, y), (high, y), (math.nan, y)]


def upright(x: float, low: float = -math.inf, high: float = math.inf) -> Points:
    """From one height to another, and a gap, so that several can follow each other."""
    return [(x, low), (x, high), (x, math.nan)]


def box(left: float, right: float, low: float = -math.inf, high: float = math.inf) -> Points:
    """The corners of a rectangle."""
    return [(left, low), (right, low), (right, high), (left, high)]


class Panel:
    """A pair of axes and what is drawn between them, once a chart has placed it."""

    def __init__(self, x: Scale, y: Scale, height: float) -> None:
        self.x, self.y, self.height = x, y, height
        self.left = self.top = 0.0
        self.group = ET.Element("g")
        ticks = _named(y, height, lambda _: drawing.FONT_SIZE + 2)
        self._y_ticks = [(tick, drawing.fitted(name, NAMES_MAX)) for tick, name in ticks]
        widest = max((drawing.text_width(name) for _, name in self._y_ticks), default=0.0)
        self.margin = widest + (LINE + _EDGE if y.title else 0.0) + 2 * _TICK + _EDGE

    def place(self, left: float, top: float, *, named: bool) -> float:
        """Draw the axes at a place, with names below if wanted; where that ends."""
        self.left, self.top = left, top
        bottom, wide = top + self.height, WIDTH - _RIGHT - left
        ticks = _named(self.x, wide, lambda name: drawing.text_width(name) + _NAME_GAP)
        x_ticks = [(self.at(tick, 0)[0], name) for tick, name in ticks]
        y_ticks = [(self.at(0, tick)[1], name) for tick, name in self._y_ticks]
        self._draw_axes([x for x, _ in x_ticks], [y for y, _ in y_ticks])
        names = drawing.add(self.group, "g", text_anchor="end")
        for y, name in y_ticks:
            add_text(names, left - 2 * _TICK, y, name)
        names = drawing.add(self.group, "g", text_anchor="middle")
        if self.y.title:
            beside = f"translate({px(_EDGE + LINE / 2)} {px((top + bottom) / 2)})rotate(-90)"
            add_text(names, 0, 0, self.y.title, transform=beside)
        if not named:
            return bottom
        for x, name in x_ticks:
            if x + drawing.text_width(name) / 2 <= WIDTH:
                add_text(names, x, bottom + LINE - 2, name)
        if self.x.title:
            add_text(names, left + wide / 2, bottom + 2 * LINE - 1, self.x.title)
        return bottom + (2.5 if self.x.title else 1.5) * LINE

    def _draw_axes(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        left, right = px(self.left), px(WIDTH - _RIGHT)
        bottom, top = px(self.top + self.height), px(self.top)
        grid = [f"M{px(x)} {bottom}V{top}" for x in xs if self.x.grid]
        grid += [f"M{left} {px(y)}H{right}" for y in ys if self.y.grid]
        add_path(self.group, "".join(grid), stroke=INK, stroke_width=0.8, opacity=0.15)
        axes = [f"M{left} {top}V{bottom}H{right}"]
        axes += [f"M{px(x)} {bottom}v{_TICK}" for x in xs]
        axes += [f"M{left} {px(y)}h-{_TICK}" for y in ys]
        add_path(self.group, "".join(axes), stroke=INK, fill="none", stroke_width=0.8)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where in the drawing two numbers meet."""
        wide = WIDTH - _RIGHT - self.left
        down = 1 - self.y.share(y)
        return self.left + wide * self.x.share(x), self.top + self.height * down

    def line(self, points: Points, style: Style, width: float = 1.5, opacity: str = "") -> None:
        """Join points, and mark them if the style has a mark."""
        points = list(points)
        stroke = {"stroke": style.tone, "stroke_dasharray": style.dash, "opacity": opacity}
        add_path(self.group, self._path(points), fill="none", stroke_width=width, **stroke)
        self.marks(points, style)

    def marks(
        self, points: Points, style: Style, radius: float = 2.5, *, hollow: bool = False
    ) -> None:
        """A mark at each point; hollow: only its outline."""
        places = (self.at(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y))
        path = "".join(drawing.mark_at(style.mark, x, y, radius) for x, y in places)
        if hollow:
            add_path(self.group, path, fill="none", stroke=style.tone, stroke_width=1.6)
        else:
            add_path(self.group, path, fill=style.tone)

    def areas(self, outlines: Iterable[Points], fill: str, opacity: float | str = "") -> None:
        """Fill what each outline encloses."""
        add_path(self.group, self.outline(outlines), fill=fill, opacity=opacity)

    def layers(self, layers: Iterable[Points], tone: str, width: float, opacity: float) -> None:
        """Lines above each other, so that more of them are darker."""
        group = drawing.add(
            self.group, "g", stroke=tone, stroke_width=px(width), stroke_opacity=opacity
        )
        for points in layers:
            add_path(group, self._path(points))

    def outline(self, outlines: Iterable[Points]) -> str:
        """The path around each outline, once a chart has placed the panel."""
        return "".join(f"{path}z" for path in map(self._path, outlines) if path)

    def text(self, x: float, y: float, text: str, shift: tuple[float, float], **more: str) -> None:
        """A text beside two numbers, at a distance to the right and downwards."""
        left, middle = self.at(x, y)
        add_text(self.group, left + shift[0], middle + shift[1], text, **more)

    def _path(self, points: Points) -> str:
        path: str = ""
        joined: list[tuple[float, float]] = []
        for x, y in points:
            if math.isnan(x) or math.isnan(y):
                path += drawing.line_through(joined)
                joined = []
            else:
                joined.append(self.at(x, y))
        return path + drawing.line_through(joined)


class Chart:
    """A legend, and panels below each other; neighbours with the same scale along name it once.

    All ids begin with the chart's.

    Args:
        chart_id: its id, unique in the page.
        panels: from top to bottom.
        keys: of the legend.
        hatch: the tone of what is hatched, if anything is.
        linear: panels of the same heights, which the page may show instead of the others.
        margin_min: room for names on the left, so that charts below each other can be compared.
        readings: what is shown to who points at a part of the chart or moves to it by keyboard.
    """

    def __init__(
        self,
        chart_id: str,
        panels: Sequence[Panel],
        keys: Iterable[Key] = (),
        hatch: str = "",
        *,
        linear: Sequence[Panel] = (),
        margin_min: float = 0.0,
        readings: Sequence[Reading] = (),
    ) -> None:
        self._id = chart_id
        # A screen reader reads the description and the values instead of the axes.
        self._drawn = ET.Element("g", {"aria-hidden": "true"} if readings else {})
        self._hatch, self._readings = hatch, readings
        left = max(margin_min, *(panel.margin for panel in (*panels, *linear)))
        self._top = self._draw_keys(keys)
        top = self._top + max((len(lines_of(one.words)) for one in readings), default=0) * LINE
        self._height = self._place(panels, left, top + _EDGE, "log" if linear else "")
        if linear:
            self._place(linear, left, top + _EDGE, "linear")

    def _place(self, panels: Sequence[Panel], left: float, top: float, scale: str) -> float:
        """Draw the axes of panels below each other; where the last one ends."""
        # Without a style sheet, only the first drawing of two is shown.
        hidden = "none" if scale == "linear" else ""
        group = drawing.add(self._drawn, "g", **{"class": scale}, display=hidden)
        bottom = top
        for panel, below in zip(panels, [*panels[1:], None], strict=True):
            bottom = panel.place(left, top, named=below is None or below.x is not panel.x)
            group.append(panel.group)
            top = bottom + _GAP
        return bottom

    def svg(self, title: str, description: str) -> str:
        """The drawing as an element with words for a screen reader."""
        words = {f"{self._id}-title": title, f"{self._id}-desc": description}
        box = f"0 0 {px(WIDTH)} {px(self._height)}"
        root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "id": self._id})
        # What can be moved to must not be inside an image.
        role = "group" if self._readings else "img"
        root.attrib |= {"role": role, "aria-labelledby": " ".join(words), "viewBox": box}
        root.attrib |= {"fill": INK, "font-size": px(drawing.FONT_SIZE), "stroke-linejoin": "round"}
        for name, text in words.items():
            drawing.add(root, name.rpartition("-")[2], id=name).text = visible(text)
        if self._hatch:
            size = {"width": "5", "height": "5", "patternUnits": "userSpaceOnUse"}
            turned = {"id": f"{self._id}-hatch", "patternTransform": "rotate(45)"}
            pattern = ET.SubElement(root, "pattern", turned | size)
            add_path(pattern, "M0 0h5v5h-5z", fill=self._hatch)
            add_path(pattern, "M2 0v5", stroke="#000", stroke_width=0.8)
        root.append(self._drawn)
        if self._readings:
            readings = [
                (one.words, "".join(panel.outline([area]) for panel, area in one.areas))
                for one in self._readings
            ]
            add_readings(root, readings, self._top)
        return ET.tostring(root, encoding="unicode")

    def _draw_keys(self, keys: Iterable[Key]) -> float:
        """In as many rows as they need; where the last one ends."""
        group, left, top = self._drawn, _EDGE, 0.0
        for text, style, lined in keys:
            sample, radius = (22.0, 3.5) if lined else (10.0, 4.5)
            name = drawing.fitted(visible(text), WIDTH - sample - 4 * _EDGE)
            end = left + sample + _EDGE + drawing.text_width(name)
            if top == 0.0 or end > WIDTH:
                left, end, top = _EDGE, end - left + _EDGE, top + LINE
            middle = top - LINE / 2 + _EDGE
            if lined:
                path, dash = f"M{px(left)} {px(middle)}h{px(sample)}", style.dash
                add_path(group, path, stroke=style.tone, stroke_width=1.5, stroke_dasharray=dash)
            path = drawing.mark_at(style.mark, left + sample / 2, middle, radius)
            add_path(group, path, fill=style.tone)
            add_text(group, left + sample + _EDGE, middle, name)
            left = end + LINE
        return top + 2 * _EDGE if top else _EDGE


def _named(scale: Scale, length: float, size: Callable[[str], float]) -> list[tuple[float, str]]:
    """As many ticks as have room for their names beside each other, and these names."""
    for grade in scale.grades:
        ticks = [(tick, scale.name(tick)) for tick in grade]
        spans = sorted((scale.share(tick) * length, size(name) / 2) for tick, name in ticks)
        pairs = pairwise(spans)
        if ticks and all(at + half <= later - other for (at, half), (later, other) in pairs):
            return ticks
    return []
