"""What all drawings share: tones, marks, texts, and the elements that they become.

Each drawing takes ink, font and tones from the page, light or dark, has no `style` attribute (a
strict content security policy would drop it), and is byte for byte the same each time. Tones keep
apart for the colour-blind, and variants differ by mark and line, not only by colour.
"""

import math
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple
from xml.etree import ElementTree as ET

from reports.clean import short, visible

INK = "currentColor"
GREY = "#8c9199"
TONES = tuple(f"var(--tone-{index})" for index in range(6))
"""The style sheet of the page has their colours, for light and for dark."""
DASHES = ("5 2.5", "", "8 2.5 1.5 2.5", "1.5 2", "8 2 1.5 2 1.5 2")
MARKS = ("square", "circle", "triangle", "diamond", "down", "plus")
FONT_SIZE = 10.0
# Of a simplified line, in units: a quarter of the width of a curve.
_TOLERANCE = 0.5
WIDTH = 533.0

# Corners around the middle, in radii; a circle has none.
_CORNERS = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "triangle": ((0, -1.1), (1.1, 0.9), (-1.1, 0.9)),
    "down": ((0, 1.1), (1.1, -0.9), (-1.1, -0.9)),
    "plus": (
        *((-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4)),
        *((0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4)),
    ),
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "right": ((-0.9, -1.1), (1.1, 0), (-0.9, 1.1)),
    "left": ((0.9, -1.1), (-1.1, 0), (0.9, 1.1)),
    "cap": ((-1, 0), (1, 0)),
}


class Style(NamedTuple):
    """How one thing is drawn; `dash` holds lengths of strokes and gaps."""

    tone: str
    dash: str = ""
    mark: str = ""


def style(index: int, *, marked: bool = True) -> Style:
    """Colour, line and mark of the variant with this index; the baseline has 0."""
    tone, dash = TONES[index % len(TONES)], DASHES[index % len(DASHES)]
    return Style(tone, dash, MARKS[index % len(MARKS)] if marked else "")


def hatched(chart_id: str) -> str:
    """What fills a hatched area of a chart that was made with a tone for it."""
    return f"url(#{chart_id}-hatch)"


def clean(text: str) -> str:
    """Text an SVG may hold, cut to what a chart has room for."""
    return short(visible(text), 48)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = FONT_SIZE) -> float:
    """About how wide a text is, rather too wide: nobody knows the font of the page's reader."""
    return size * sum(map(_ems, text))


def fitted(text: str, width: float) -> str:
    """A text, cut to a width that holds at least an ellipsis."""
    length = len(text)
    while text_width(short(text, length)) > width:
        length -= 1
    return short(text, length)


def px(number: float) -> str:
    """A coordinate: a tenth of a unit is finer than any screen."""
    return f"{round(number, 1) + 0.0:g}"


def line_through(points: Sequence[tuple[float, float]]) -> str:
    """The path through places, without those that no screen would show."""
    return _joined(_simplified(points))


def _joined(points: Sequence[tuple[float, float]]) -> str:
    places = [(round(10 * x), round(10 * y)) for x, y in points]
    # Steps take fewer characters than places; from rounded places, their errors do not add up.
    path = "".join(f"M{x / 10:g} {y / 10:g}" for x, y in places[:1])
    last = "M"
    for (last_x, last_y), (x, y) in pairwise(places):
        right, down = (x - last_x) / 10, (y - last_y) / 10
        command = "l" if right and down else "h" if right else "v"
        step = f"{right:g} {down:g}" if command == "l" else f"{right or down:g}"
        if right or down:
            path += f" {step}" if command == last else f"{command}{step}"
            last = command
    return path.replace(" -", "-")


def _simplified(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners of a line: what lies between two of them is as good as straight.

    From each corner, all directions that pass close to every point so far form a cone; the last
    point before one outside of it is the next corner (Sklansky and Gonzalez 1980, "Fast polygonal
    approximation of digitized curves").
    """
    kept = list(points[:1])
    low, high, reach = -math.pi, math.pi, 0.0
    middle = 0.0
    for last, point in pairwise(points):
        x, y = point[0] - kept[-1][0], point[1] - kept[-1][1]
        away = math.hypot(x, y)
        turn = math.remainder(math.atan2(y, x) - middle, math.tau)
        if reach and (not low <= turn <= high or away < reach):
            kept.append(last)
            x, y = point[0] - last[0], point[1] - last[1]
            away, reach = math.hypot(x, y), 0.0
        if not reach:
            middle, turn, low, high = math.atan2(y, x), 0.0, -math.pi, math.pi
        if away > _TOLERANCE:
            half = math.asin(_TOLERANCE / away)
            low, high = max(low, turn - half), min(high, turn + half)
            reach = away
    return [*kept, *points[-1:]] if len(points) > 1 else kept


def add(parent: ET.Element, tag: str, **attributes: str | float) -> ET.Element:
    """A new element inside another one; attributes without a text are left out."""
    texts = {name.replace("_", "-"): str(one) for name, one in attributes.items()}
    return ET.SubElement(parent, tag, {name: one for name, one in texts.items() if one})


def add_path(parent: ET.Element, d: str, **attributes: str | float) -> None:
    """What a path draws, if anything."""
    if d:
        add(parent, "path", d=d, **attributes)


def add_text(parent: ET.Element, x: float, y: float, text: str, **attributes: str | float) -> None:
    """A text, whose middle is at the height `y`."""
    element = add(parent, "text", x=px(x), y=px(y + 0.35 * FONT_SIZE), **attributes)
    element.text = visible(text)


def mark_at(mark: str, x: float, y: float, radius: float) -> str:
    """The path of one mark; of none, nothing."""
    if mark == "circle":
        arc = f"a{px(radius)} {px(radius)} 0 1 0 "
        return f"M{px(x - radius)} {px(y)}{arc}{px(2 * radius)} 0{arc}{px(-2 * radius)} 0z"
    corners = [(x + dx * radius, y + dy * radius) for dx, dy in _CORNERS.get(mark, ())]
    return f"{_joined(corners)}z" if corners else ""


@cache
def _ems(character: str) -> float:
    if character in "mwMW@%" or unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in " .,:;!'()[]-fijlrt":
        return 0.42
    return 0.75 if character.isupper() else 0.64
