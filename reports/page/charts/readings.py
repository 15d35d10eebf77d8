"""Values of a chart, shown to who points at a part of it or moves to that part by keyboard.

The style sheet shows the line of one part at a time. Without the script of the page each part is a
stop of the Tab key; with it a chart is one stop, inside which the arrow keys move.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from xml.etree import ElementTree as ET

from reports import units
from reports.clean import visible
from reports.page.charts import drawing

LINE = 14.0
"""The height of a line of text."""

_HINT = "Point at the chart or tab to it for values."
_EDGE = 4.0


def parts_of(places: Sequence[float]) -> list[tuple[float, float]]:
    """From where to where each of some ascending places is the nearest one."""
    ends = [-math.inf, *(sum(pair) / 2 for pair in pairwise(places)), math.inf]
    return list(pairwise(ends)) if places else []


def with_counts(name: str, values: Sequence[tuple[str, str, int]], noun: str) -> str:
    """Words about each variant; a count that all have in common is given once.

    Args:
        name: of what all values are.
        values: a variant, its value in words, and what that is made from.
        noun: what is counted, in the plural.
    """
    counts = {units.count_of(n, noun) for _, _, n in values}
    if len(counts) == 1:
        alike = "; ".join(f"{who} {value}" for who, value, _ in values)
        return f"{name} of {counts.pop()}: {alike}"
    each = (f"{who} {value} of {units.count_of(n, noun)}" for who, value, n in values)
    return f"{name}: {'; '.join(each)}"


def lines_of(words: str) -> Sequence[str]:
    """Words in as many lines as they need, broken after a semicolon."""
    lines: list[str] = []
    for part in visible(words).split("; "):
        whole = f"{lines[-1]}; {part}" if lines else ""
        if lines and drawing.text_width(whole) <= drawing.WIDTH - 2 * _EDGE:
            lines[-1] = whole
        else:
            lines.append(drawing.fitted(part, drawing.WIDTH - 2 * _EDGE))
    return lines


def add_readings(root: ET.Element, readings: Iterable[tuple[str, str]], top: float) -> None:
    """Add what can be pointed at.

    Args:
        root: the drawing.
        readings: the words of each part, and the path around it.
        top: where there is room for the lines of the longest words.
    """
    shown = {"class": "hint", "aria-hidden": "true"}
    drawing.add_text(root, _EDGE, top + LINE / 2, _HINT, **shown)
    values = drawing.add(root, "g", role="listbox", aria_label="Values")
    for words, path in readings:
        part = drawing.add(values, "g", role="option", tabindex="0")
        drawing.add_path(part, path)
        for line, text in enumerate(lines_of(words)):
            drawing.add_text(part, _EDGE, top + LINE * (line + 0.5), text)
