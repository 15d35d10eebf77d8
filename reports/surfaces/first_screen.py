"""The first screen as one drawing, for places that show a picture beside Markdown.

It stands alone, on a ground of its own: no style sheet, no script and no font from elsewhere, so it
looks the same in light and dark, and wherever a picture may have no styles.
"""

from xml.etree import ElementTree as ET

from reports.clean import visible
from reports.page.charts import drawing
from reports.page.charts.drawing import add, fitted, px
from reports.page.charts.dumbbells import AXIS_ID, dumbbell_charts
from reports.page.shapes import Change, Overview, Tone
from reports.surfaces.report import Report

_PAPER, _INK, _MUTED, _LINE = "#ffffff", "#16181d", "#565d6b", "#dcdfe6"
_TONES: dict[Tone, str] = {
    "": _INK,
    "bad": "#b3261e",
    "good": "#17663a",
    "same": "#47536a",
    "unsure": "#7a5200",
}
_WIDTH, _EDGE, _ROW, _ROWS_MAX = 860.0, 20.0, 30.0, 12
_NAME, _LEVELS, _DRAWING, _CHANGE = 20.0, 220.0, 390.0, 640.0
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


def write(report: Report) -> bytes:
    """The content of first-screen.svg: verdict, headline, and the most important rows."""
    first = report.page.overview
    rows = first.changes[:_ROWS_MAX]
    left_out = len(first.changes) - len(rows) + first.left_out
    top = 88.0
    bottom = top + (28 + _ROW * len(rows) if rows else 0) + (24 if left_out else 0)
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"})
    root.attrib |= {"width": px(_WIDTH), "height": px(bottom + _EDGE), "font-family": _FONT}
    root.attrib |= {"viewBox": f"0 0 {px(_WIDTH)} {px(bottom + _EDGE)}", "fill": _INK}
    add(root, "title").text = visible(f"{first.chip.text}: {first.headline}")
    frame = {"width": px(_WIDTH - 1), "height": px(bottom + _EDGE - 1), "rx": "8"}
    add(root, "rect", x="0.5", y="0.5", fill=_PAPER, stroke=_LINE, **frame)
    _draw_head(root, first)
    if rows:
        _draw_rows(root, first, rows, top)
    if left_out:
        _text(root, _NAME, bottom - 6, f"{left_out:,} more rows in the report", 13, fill=_MUTED)
    return f"{ET.tostring(root, encoding='unicode')}\n".encode()


def _draw_head(root: ET.Element, first: Overview) -> None:
    chip, tone = visible(first.chip.text), _TONES[first.chip.tone]
    width = drawing.text_width(chip, 14) + 24
    add(root, "rect", x=px(_EDGE), y="16", width=px(width), height="24", rx="4", fill=tone)
    _text(root, _EDGE + 12, 28, chip, 14, fill=_PAPER, font_weight="700")
    # A headline has at most 90 characters.
    size = 22 if drawing.text_width(first.headline, 22) < _WIDTH - 2 * _EDGE else 16
    _text(root, _EDGE, 62, first.headline, size, font_weight="650")


def _draw_rows(root: ET.Element, first: Overview, rows: tuple[Change, ...], top: float) -> None:
    charts = dumbbell_charts([row.dumbbell for row in first.changes])
    several = len({row.variant for row in first.changes}) > 1
    for left, title in (
        (_NAME, "scenario, variant" if several else "scenario"),
        (_LEVELS, "before → after"),
        (_CHANGE, "change [interval]"),
    ):
        _text(root, left, top + 10, title, 12, fill=_MUTED, font_weight="600")
    _place(root, charts.get(AXIS_ID, ""), top + 3, 14, _MUTED)
    for at, row in enumerate(rows):
        upper = top + 28 + _ROW * at
        middle = upper + _ROW / 2
        add(root, "path", d=f"M{px(_EDGE)} {px(upper)}H{px(_WIDTH - _EDGE)}", stroke=_LINE)
        name = f"{row.scenario}, {row.variant}" if several else row.scenario
        _text(root, _NAME, middle, name, 14, _LEVELS - _NAME - 12, font_weight="600")
        levels = f"{row.before} → {row.after}"
        _text(root, _LEVELS, middle, levels, 14, _DRAWING - _LEVELS - 8)
        tone = _TONES[row.change.tone]
        _place(root, charts.get(row.dumbbell.chart_id, ""), upper + 3, 24, tone)
        change = f"{row.change.text} {row.interval}".rstrip()
        room = _WIDTH - _CHANGE - _EDGE
        _text(root, _CHANGE, middle, change, 14, room, fill=tone, font_weight="600")


def _text(
    root: ET.Element,
    left: float,
    middle: float,
    text: str,
    size: float,
    room: float = 0,
    **more: str,
) -> None:
    """A text, whose middle is at a height, cut to the room there is."""
    shown = visible(text)
    shown = fitted(shown, room * drawing.FONT_SIZE / size) if room else shown
    add(
        root, "text", x=px(left), y=px(middle + 0.35 * size), font_size=px(size), **more
    ).text = shown


def _place(root: ET.Element, svg: str, top: float, height: float, tone: str) -> None:
    """A drawing of the page, without what it takes from the page's style sheet."""
    if not svg:
        return
    alone = svg.replace("var(--paper)", _PAPER).replace("var(--ink)", _INK)
    part = ET.fromstring(alone.replace(' xmlns="http://www.w3.org/2000/svg"', ""))  # noqa: S314 - ours
    width = _CHANGE - _DRAWING - 10
    part.attrib |= {"x": px(_DRAWING), "y": px(top), "width": px(width), "height": px(height)}
    part.attrib |= {"color": tone}
    part.attrib.pop("class", None)
    root.append(part)
