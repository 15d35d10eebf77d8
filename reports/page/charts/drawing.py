"""What all charts share: tones, marks, axes, and an SVG element that can stand inside a page.

Each drawing takes its ink from the page (`currentColor`), uses tones with a contrast of at least
3:1 on white and on black, has no `style` attribute (a strict content security policy would drop
it), and is byte for byte the same each time. Variants differ by mark and line, not only by colour.
"""

import io
import math
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, Locator, LogLocator, MaxNLocator, NullFormatter

from reports import units
from reports.clean import short, visible

INK = "#010203"  # Replaced by the page's own text colour.
VARIANT_TONES = ("#c8702a", "#2f81d6", "#1c9a78", "#9a6bd1", "#b0568f", "#8a8428")
LINES = ("--", "-", "-.", ":")
MARKS = ("s", "o", "^", "D")
WIDTH_IN = 7.4
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
# A hundredth of a point is finer than any screen, and a third of the bytes.
_COORDINATES = {"d", "x", "y", "x1", "x2", "y1", "y2", "points", "width", "height"}
_REFERENCE = re.compile(r"^#(.+)$|url\(#([^)]+)\)")
_FINE = re.compile(r"-?\d+\.\d{3,}")

_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "versus",
    "text.parse_math": False,  # A scenario may be called $x$.
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 10,
    "path.simplify": False,
    "hatch.linewidth": 0.6,
}


def new_figure(height_in: float) -> Figure:
    """An empty figure as wide as the page."""
    return Figure(figsize=(WIDTH_IN, height_in), layout="constrained")


def legend(figure: Figure, columns: int = 3, **options: float) -> None:
    """Name all that has a label, above the axes."""
    figure.legend(loc="outside upper left", ncols=columns, frameon=False, **options)


def tone(index: int) -> str:
    """The colour of the variant with this index; the baseline has 0."""
    return VARIANT_TONES[index % len(VARIANT_TONES)]


def mark(index: int) -> str:
    """Its mark."""
    return MARKS[index % len(MARKS)]


def style(index: int, *, marked: bool = True) -> dict[str, Any]:
    """Colour, line and mark of the variant with this index."""
    line = LINES[index % len(LINES)]
    return {"color": tone(index), "linestyle": line, "marker": mark(index) if marked else ""}


def show_grid(axis: Axis) -> None:
    """A faint line at each tick."""
    axis.grid(visible=True, alpha=0.15, color=INK)


def show_numbers(axis: Axis, number_format: Callable[[float], str]) -> None:
    """Label the ticks by a function of their numbers."""
    axis.set_major_formatter(FuncFormatter(lambda number, _: number_format(number)))
    axis.set_minor_formatter(NullFormatter())


def time_label(time_s: float) -> str:
    """A time at a tick."""
    return tick_label(units.duration(time_s))


def log_axis(
    axes: Axes,
    name: Literal["x", "y"],
    values: Iterable[float],
    number_format: Callable[[float], str],
    *,
    room: float = 0.08,
    decades_min: float = 0.04,
) -> None:
    """A log scale over positive values, with a line at each round number.

    Args:
        axes: of one panel.
        name: of the axis.
        values: what must lie on it.
        number_format: for the labels of its ticks.
        room: to leave at both ends, as a share of the range.
        decades_min: the least range that the room is a share of.
    """
    logs = [math.log10(value) for value in values]
    low, high = min(logs), max(logs)
    margin = max(high - low, decades_min) * room
    ends = 10 ** (low - margin), 10 ** (high + margin)
    axes.set(**{f"{name}scale": "log", f"{name}lim": ends})
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_major_locator(_ticks_over(high - low + 2 * margin))
    show_numbers(axis, number_format)
    show_grid(axis)


def ratio_height(axes: Axes, ratios: Iterable[float], label: str) -> None:
    """A log scale of ratios upwards, with a line at 1, which is no change."""
    axes.axhline(1, color=INK, linewidth=1)
    log_axis(axes, "y", [1.0, *ratios], units.factor)
    axes.set_ylabel(label)


def time_height(axes: Axes, times_s: Iterable[float], label: str) -> None:
    """A log scale of times upwards."""
    log_axis(axes, "y", times_s, time_label)
    axes.set_ylabel(label)


def row_names(axes: Axes, names: Sequence[str]) -> None:
    """A row for each name, the first one on top."""
    axes.set_yticks(range(len(names)), [clean(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)


def _ticks_over(decades: float) -> Locator:
    """Round numbers on a log scale of so many decades."""
    if decades < 0.35:
        return MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10])
    if decades < 1.2:
        return LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0), numticks=20)
    return LogLocator(subs=(1.0, 2.0, 5.0) if decades < 3.5 else (1.0,), numticks=20)


def tick_label(text: str) -> str:
    """A number and its unit, without idle zeros."""
    number, _, unit = text.partition(" ")
    return f"{float(number.replace(',', '')):g} {unit}".rstrip()


def clean(text: str) -> str:
    """Text an SVG may hold, cut to what a chart has room for."""
    cleaned = visible(text)
    if cleaned.startswith("_"):
        # matplotlib keeps such names out of legends.
        cleaned = f"\N{ZERO WIDTH SPACE}{cleaned}"
    return short(cleaned, 48)


@contextmanager
def settings() -> Iterator[None]:
    """Settings for one drawing; without warnings about characters that the font lacks."""
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def inline(figure: Figure, chart_id: str, title: str, description: str) -> str:
    """The figure as an SVG element with unique ids, and with words for a screen reader."""
    buffer = io.BytesIO()
    figure.patch.set_visible(False)
    for axes in figure.axes:
        axes.patch.set_visible(False)
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    # Our own drawing, made a line ago: nothing to defend against.
    root = ET.fromstring(buffer.getvalue())  # noqa: S314
    for part in list(root):
        if part.tag == f"{{{_SVG}}}metadata":
            root.remove(part)
    for element in root.iter():
        _plain(element, chart_id)
        for child in list(element):
            if child.tag == f"{{{_SVG}}}style":
                element.remove(child)
    _slim(root)
    _describe(root, chart_id, title, description)
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode").replace(INK, "currentColor")


def _describe(root: ET.Element, chart_id: str, title: str, description: str) -> None:
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("id", chart_id)
    root.set("role", "img")
    root.set("aria-labelledby", f"{chart_id}-title {chart_id}-desc")
    # These stood in the style sheet that was taken out.
    root.set("stroke-linejoin", "round")
    root.set("stroke-linecap", "butt")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"{chart_id}-{tag}"})
        element.text = visible(text)
        root.insert(place, element)


def _slim(root: ET.Element) -> None:
    """Drop ids without references and white space: most of a drawing's bytes."""
    referenced = {
        name
        for element in root.iter()
        for text in element.attrib.values()
        for found in _REFERENCE.finditer(text)
        for name in found.groups()
    }
    for element in root.iter():
        if element.get("id") not in referenced:
            element.attrib.pop("id", None)
        if element.tag != f"{{{_SVG}}}text":
            element.text = (element.text or "").strip()
        element.tail = ""


def _plain(element: ET.Element, chart_id: str) -> None:
    """Presentation attributes instead of `style`, ids under the chart's own name."""
    element.attrib.update(_presentation(element.attrib.pop("style", "")))
    for name, text in dict(element.attrib).items():
        if name in _COORDINATES:
            element.set(name, _FINE.sub(lambda found: f"{float(found[0]):.2f}", text))
        elif name == "id":
            element.set(name, f"{chart_id}-{text}")
        elif name == _XLINK:
            del element.attrib[name]
            element.set("href", text.replace("#", f"#{chart_id}-"))
        elif "url(#" in text:
            element.set(name, text.replace("url(#", f"url(#{chart_id}-"))


def _presentation(style: str) -> Iterator[tuple[str, str]]:
    for declaration in style.split(";"):
        name, _, text = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            # "10px 'DejaVu Sans'": the family is the page's.
            yield "font-size", text.split("px")[0]
        elif name not in {"", "font-family", "stroke-linejoin"}:
            yield name, text
