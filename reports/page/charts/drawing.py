"""What all drawings share: tones, marks, texts, and the elements that they become.

Each drawing takes ink and font from the page, uses tones with a contrast of at least 3:1 on white
and on black, has no `style` attribute (a strict content security policy would drop it), and is byte
for byte the same each time. Variants differ by mark and line, not only by colour.
"""

import unicodedata
from typing import NamedTuple
from xml.etree import ElementTree as ET

from reports.clean import short, visible

INK = "currentColor"
GREY = "#8c9199"
VARIANT_TONES = ("#c8702a", "#2f81d6", "#1c9a78", "#9a6bd1", "#b0568f", "#8a8428")
DASHES = ("5 2.5", "", "8 2.5 1.5 2.5", "1.5 2")
MARKS = ("square", "circle", "triangle", "diamond")
FONT_SIZE = 10.0

# Corners around the middle, in radii; a circle has none.
_CORNERS = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "triangle": ((0, -1.1), (1.1, 0.9), (-1.1, 0.9)),
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
    tone, dash = VARIANT_TONES[index % len(VARIANT_TONES)], DASHES[index % len(DASHES)]
    return Style(tone, dash, MARKS[index % len(MARKS)] if marked else "")


def hatched(chart_id: str) -> str:
    """What fills a hatched area of a chart that was made with a tone for it."""
    return f"url(#{chart_id}-hatch)"


def clean(text: str) -> str:
    """Text an SVG may hold, cut to what a chart has room for."""
    return short(visible(text), 48)


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
    corners = [f"{px(x + dx * radius)} {px(y + dy * radius)}" for dx, dy in _CORNERS.get(mark, ())]
    return f"M{'L'.join(corners)}z" if corners else ""


def _ems(character: str) -> float:
    if character in "mwMW@%" or unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in " .,:;!'()[]-fijlrt":
        return 0.42
    return 0.75 if character.isupper() else 0.64
