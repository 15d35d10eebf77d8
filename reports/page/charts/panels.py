"""Panels with axes, and the SVG element that holds them inside a page."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.etree import ElementTree as ET

from reports.clean import visible
from reports.page.charts import drawing
from reports.page.charts.drawing import INK, Style, add_path, add_text, px
from reports.page.charts.scales import Scale

WIDTH = 533.0
NAMES_MAX = WIDTH / 2
"""Names beside ticks are cut to this; the description holds whole ones."""
BAND = 0.18
"""How opaque a shade of a tone is."""

_LINE = 14.0
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


def across(y: float) -> Points:
    """From the one edge to the other at one height."""
    return [(-math.inf, y), (math.inf, y)]


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
        self.margin = widest + (_LINE + _EDGE if y.title else 0.0) + 2 * _TICK + _EDGE

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
            beside = f"translate({px(_EDGE + _LINE / 2)} {px((top + bottom) / 2)})rotate(-90)"
            add_text(names, 0, 0, self.y.title, transform=beside)
        if not named:
            return bottom
        for x, name in x_ticks:
            if x + drawing.text_width(name) / 2 <= WIDTH:
                add_text(names, x, bottom + _LINE - 2, name)
        if self.x.title:
            add_text(names, left + wide / 2, bottom + 2 * _LINE - 1, self.x.title)
        return bottom + (2.5 if self.x.title else 1.5) * _LINE

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
        self,
        points: Points,
        style: Style,
        radius: float = 2.5,
        *,
        hollow: bool = False,
        words: str = "",
    ) -> None:
        """A mark at each point; hollow: only its outline; `words` are shown to who points at it."""
        places = (self.at(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y))
        path = "".join(drawing.mark_at(style.mark, x, y, radius) for x, y in places)
        group = drawing.add(self.group, "g") if words else self.group
        if words:
            drawing.add(group, "title").text = visible(words)
        if hollow:
            add_path(group, path, fill="none", stroke=style.tone, stroke_width=1.6)
        else:
            add_path(group, path, fill=style.tone)

    def areas(self, outlines: Iterable[Points], fill: str, opacity: float | str = "") -> None:
        """Fill what each outline encloses."""
        paths = [path for path in map(self._path, outlines) if path]
        add_path(self.group, "".join(f"{path}z" for path in paths), fill=fill, opacity=opacity)

    def text(self, x: float, y: float, text: str, shift: tuple[float, float], **more: str) -> None:
        """A text beside two numbers, at a distance to the right and downwards."""
        left, middle = self.at(x, y)
        add_text(self.group, left + shift[0], middle + shift[1], text, **more)

    def _path(self, points: Points) -> str:
        path, command = "", "M"
        for x, y in points:
            missing = math.isnan(x) or math.isnan(y)
            if not missing:
                left, top = self.at(x, y)
                path += f"{command}{px(left)} {px(top)}"
            command = "M" if missing else "L"
        return path


class Chart:
    """A legend, and panels below each other; neighbours with the same scale along name it once.

    All ids begin with the chart's; `hatch` is the tone of what is hatched, if anything is.
    """

    def __init__(
        self, chart_id: str, panels: Sequence[Panel], keys: Iterable[Key] = (), hatch: str = ""
    ) -> None:
        self._id = chart_id
        self._parts = [ET.Element("g"), *(panel.group for panel in panels)]
        self._hatch = hatch
        left = max(panel.margin for panel in panels)
        top = bottom = self._draw_keys(keys) + _EDGE
        for panel, below in zip(panels, [*panels[1:], None], strict=True):
            bottom = panel.place(left, top, named=below is None or below.x is not panel.x)
            top = bottom + _GAP
        self._height = bottom

    def svg(self, title: str, description: str) -> str:
        """The drawing as an element with words for a screen reader."""
        words = {f"{self._id}-title": title, f"{self._id}-desc": description}
        box = f"0 0 {px(WIDTH)} {px(self._height)}"
        root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "id": self._id})
        root.attrib |= {"role": "img", "aria-labelledby": " ".join(words), "viewBox": box}
        root.attrib |= {"fill": INK, "font-size": px(drawing.FONT_SIZE), "stroke-linejoin": "round"}
        for name, text in words.items():
            drawing.add(root, name.rpartition("-")[2], id=name).text = visible(text)
        if self._hatch:
            size = {"width": "5", "height": "5", "patternUnits": "userSpaceOnUse"}
            turned = {"id": f"{self._id}-hatch", "patternTransform": "rotate(45)"}
            pattern = ET.SubElement(root, "pattern", turned | size)
            add_path(pattern, "M0 0h5v5h-5z", fill=self._hatch)
            add_path(pattern, "M2 0v5", stroke="#000", stroke_width=0.8)
        root.extend(self._parts)
        return ET.tostring(root, encoding="unicode")

    def _draw_keys(self, keys: Iterable[Key]) -> float:
        """In as many rows as they need; where the last one ends."""
        group, left, top = self._parts[0], _EDGE, 0.0
        for text, style, lined in keys:
            sample, radius = (22.0, 3.5) if lined else (10.0, 4.5)
            name = drawing.fitted(visible(text), WIDTH - sample - 4 * _EDGE)
            end = left + sample + _EDGE + drawing.text_width(name)
            if top == 0.0 or end > WIDTH:
                left, end, top = _EDGE, end - left + _EDGE, top + _LINE
            middle = top - _LINE / 2 + _EDGE
            if lined:
                path, dash = f"M{px(left)} {px(middle)}h{px(sample)}", style.dash
                add_path(group, path, stroke=style.tone, stroke_width=1.5, stroke_dasharray=dash)
            path = drawing.mark_at(style.mark, left + sample / 2, middle, radius)
            add_path(group, path, fill=style.tone)
            add_text(group, left + sample + _EDGE, middle, name)
            left = end + _LINE
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
