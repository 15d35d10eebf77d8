"""Draws effects as SVG that can be placed inside a page.

Each drawing takes its ink from the page (`currentColor`), uses tones that keep a contrast of 3:1 on
white and on black, never tells variants apart by colour alone, carries no `style` attribute (a
strict content security policy would drop it) and comes out byte for byte the same each time.
"""

import io
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, Locator, LogLocator, MaxNLocator, NullFormatter

from reports import units
from reports.model import REST, Comparison, CounterEffect, Curve, ScenarioComparison, StageBreakdown

BYTES = ("db_bytes", "wire_bytes", "body_bytes")
ROWS_MAX = 24
"""A chart of more rows than this is no picture any more; the tables hold every row."""

_INK = "#010203"  # Replaced by the page's own text colour.
_VARIANT_TONES = ("#c8702a", "#2f81d6", "#1c9a78", "#9a6bd1", "#b0568f", "#8a8428")
_STAGE_TONES = ("#2f81d6", "#c8702a", "#1c9a78", "#9a6bd1", "#b0568f", "#8a8428", "#5b8fa8")
_REST_TONES = ("#8c9199", "#a9adb3")
_REST_HATCHES = ("", "//")
_LINES = ("--", "-", "-.", ":")
_MARKS = ("s", "o", "^", "D")
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_WIDTH_IN = 7.4
# A label's share of the axis: the range is widened by it, so that labels stand beside the curves.
_LABEL_SHARE = 0.42
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")

_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "versus",
    "text.parse_math": False,  # A scenario may be called $x$.
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 10,
    "path.simplify": False,
    "hatch.linewidth": 0.6,
}


def latency_chart(scenario: ScenarioComparison, chart_id: str) -> str:
    """Each variant's latency distribution, overlaid on a log scale, medians marked."""
    with _drawing():
        figure = Figure(figsize=(_WIDTH_IN, 3.1), layout="constrained")
        axes = figure.add_subplot()
        for index, curve in enumerate(scenario.curves):
            _draw_curve(axes, index, curve)
        _time_axis(axes, [time for one in scenario.curves for time in one.latencies_s])
        if len(scenario.curves) == 2:
            _label_curves(axes, scenario.curves)
        else:
            figure.legend(loc="outside upper left", ncols=3, frameon=False)
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
        axes.set_xlabel("latency (log scale)")
        axes.set_ylabel("requests answered")
        title = f"Latency of {scenario.name}, by variant"
        told = "; ".join(
            f"{one.variant}: median {units.duration(_at(one, 0.5))}, nine of ten requests "
            f"between {units.duration(_at(one, 0.05))} and {units.duration(_at(one, 0.95))}"
            for one in scenario.curves
        )
        return _inline(figure, chart_id, title, f"Share of requests answered in time. {told}.")


def _draw_curve(axes: Axes, index: int, curve: Curve) -> None:
    tone = _VARIANT_TONES[index % len(_VARIANT_TONES)]
    median = _at(curve, 0.5)
    axes.plot(
        curve.latencies_s,
        curve.probabilities,
        color=tone,
        linestyle=_LINES[index % len(_LINES)],
        linewidth=2,
        label=_curve_label(curve),
    )
    axes.plot([median, median], [0, 0.5], color=tone, linewidth=1, alpha=0.6)
    axes.plot([median], [0.5], color=tone, marker=_MARKS[index % len(_MARKS)], markersize=7)


def _curve_label(curve: Curve) -> str:
    return f"{_clean(curve.variant)}, median {units.duration(_at(curve, 0.5))}"


def _at(curve: Curve, probability: float) -> float:
    return float(np.interp(probability, curve.probabilities, curve.latencies_s))


def _time_axis(axes: Axes, times: Sequence[float]) -> None:
    low, high = math.log10(min(times)), math.log10(max(times))
    room = max(high - low, 0.15) * _LABEL_SHARE
    axes.set_xscale("log")
    axes.set_xlim(10 ** (low - room), 10 ** (high + room))
    axes.xaxis.set_major_locator(_ticks_over(high - low + 2 * room))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: _tick(units.duration(time))))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", alpha=0.15, color=_INK)


def _ticks_over(decades: float) -> Locator:
    if decades < 0.35:
        return MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10])
    if decades < 1.2:
        return LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0), numticks=20)
    return LogLocator(subs=(1.0, 2.0, 5.0) if decades < 3.5 else (1.0,), numticks=20)


def _tick(text: str) -> str:
    number, unit = text.split(" ")
    return f"{float(number.replace(',', '')):g} {unit}"


def _label_curves(axes: Axes, curves: Sequence[Curve]) -> None:
    """The faster one is labelled left of its curve, the other right of it: they never collide."""
    for place, curve in enumerate(sorted(curves, key=lambda one: _at(one, 0.5))):
        height = 0.78 if place == 0 else 0.22
        # Two lines of text: where they end nearest to the curve, not where their middle is.
        nearest = height - 0.11 if place == 0 else height + 0.11
        axes.annotate(
            _curve_label(curve).replace(", ", "\n"),
            xy=(_at(curve, nearest), height),
            xytext=(-9 if place == 0 else 9, 0),
            textcoords="offset points",
            ha="right" if place == 0 else "left",
            va="center",
            linespacing=1.3,
        )


def payload_chart(comparison: Comparison, chart_id: str) -> str:
    """Bytes of each scenario before and after; empty when nothing transferred bytes.

    Positions rather than bars: a log scale has no zero for a bar to stand on.
    """
    canaries = {scenario.name for scenario in comparison.scenarios if scenario.canary}
    rows = [
        counter
        for counter in comparison.counters()
        if counter.metric in BYTES
        and counter.scenario not in canaries
        and counter.before.median > 0
        and counter.after.median > 0
    ][:ROWS_MAX]
    if not rows:
        return ""
    with _drawing():
        figure = Figure(figsize=(_WIDTH_IN, 0.75 + 0.34 * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        for place, row in enumerate(rows):
            _draw_change(axes, place, row, comparison.variants)
        _size_axis(axes, rows)
        axes.set_yticks(range(len(rows)), [_payload_label(row, comparison) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        told = "; ".join(
            f"{_payload_label(row, comparison)}: {units.size(row.before.median)} to "
            f"{units.size(row.after.median)}"
            for row in rows
        )
        title = "Bytes of one request, before and after"
        return _inline(figure, chart_id, title, f"Medians. {told}.")


def _payload_label(row: CounterEffect, comparison: Comparison) -> str:
    variant = f" ({row.variant})" if len(comparison.variants) > 2 else ""
    return _clean(f"{row.scenario}{variant}, {units.metric_name(row.metric)}")


def _draw_change(axes: Axes, place: int, row: CounterEffect, variants: Sequence[str]) -> None:
    before, after = row.before.median, row.after.median
    index = variants.index(row.variant)
    axes.plot([before, after], [place, place], color=_INK, alpha=0.35, linewidth=1.5)
    axes.plot([before], [place], color=_VARIANT_TONES[0], marker=_MARKS[0], markersize=8)
    axes.plot(
        [after],
        [place],
        color=_VARIANT_TONES[index % len(_VARIANT_TONES)],
        marker=_MARKS[index % len(_MARKS)],
        markersize=6,
    )
    texts = {max(before, after): "left", min(before, after): "right"}
    for number, side in texts.items():
        same = before == after
        axes.annotate(
            f"{units.size(number)}{', both' if same else ''}",
            xy=(number, place),
            xytext=(9 if side == "left" or same else -9, 0),
            textcoords="offset points",
            ha="left" if same else side,
            va="center",
            fontsize=9,
        )


def _size_axis(axes: Axes, rows: Sequence[CounterEffect]) -> None:
    sizes = [size for row in rows for size in (row.before.median, row.after.median)]
    low, high = math.log10(min(sizes)), math.log10(max(sizes))
    room = max(high - low, 1.0) * 0.3
    axes.set_xscale("log")
    axes.set_xlim(10 ** (low - room), 10 ** (high + room))
    axes.xaxis.set_major_locator(LogLocator(numticks=8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: _tick(units.size(size))))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", alpha=0.15, color=_INK)
    axes.set_xlabel("bytes (log scale)")


def stage_chart(scenario: ScenarioComparison, chart_id: str) -> str:
    """Where each variant's time went: medians of the stages, side by side from zero.

    Empty when no time was spent anywhere.
    """
    tones = _stage_tones(scenario.stages)
    if not tones:
        return ""
    with _drawing():
        figure = Figure(
            figsize=(_WIDTH_IN, 1.3 + 0.45 * len(scenario.stages)), layout="constrained"
        )
        axes = figure.add_subplot()
        widest = max(sum(time for _, time in stage.parts) for stage in scenario.stages)
        for place, breakdown in enumerate(scenario.stages):
            _draw_stages(axes, place, breakdown, tones, widest)
        axes.set_yticks(
            range(len(scenario.stages)), [_clean(stage.variant) for stage in scenario.stages]
        )
        axes.set_ylim(len(scenario.stages) - 0.5, -0.5)
        axes.set_xlim(0, widest * 1.02)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: _tick(units.duration(time))))
        axes.grid(axis="x", alpha=0.15, color=_INK)
        axes.set_axisbelow(True)
        figure.legend(loc="outside upper left", ncols=len(tones), frameon=False, handlelength=1.2)
        told = "; ".join(
            f"{one.variant}: "
            + ", ".join(f"{stage} {units.duration(time)}" for stage, time in one.parts)
            for one in scenario.stages
        )
        title = f"Where the time of {scenario.name} goes"
        return _inline(figure, chart_id, title, f"Medians of stages. {told}.")


def _stage_tones(stages: Sequence[StageBreakdown]) -> dict[str, tuple[str, str]]:
    """Tone and hatching by stage; what nobody measured directly is grey and comes last.

    A stage no variant spent time in has none.
    """
    named = [name for name, _ in stages[0].parts if name not in REST]
    tones = {
        name: (_STAGE_TONES[index % len(_STAGE_TONES)], "") for index, name in enumerate(named)
    }
    tones |= {
        name: (tone, hatch)
        for name, tone, hatch in zip(REST, _REST_TONES, _REST_HATCHES, strict=True)
    }
    spent = {name for stage in stages for name, time in stage.parts if time > 0}
    return {name: tone for name, tone in tones.items() if name in spent}


def _draw_stages(
    axes: Axes,
    place: int,
    breakdown: StageBreakdown,
    tones: Mapping[str, tuple[str, str]],
    widest: float,
) -> None:
    left = 0.0
    for name, time in breakdown.parts:
        if name not in tones:
            continue
        tone, hatch = tones[name]
        label = _clean(name) if place == 0 else ""
        axes.barh(
            place,
            time,
            0.62,
            left=left,
            color=tone,
            hatch=hatch,
            edgecolor="#000000",
            linewidth=0.0,
            label=label,
        )
        if time > 0.12 * widest and not hatch:
            axes.text(
                left + time / 2,
                place,
                units.duration(time),
                ha="center",
                va="center",
                color="#000000",
                fontsize=9,
            )
        left += time


def _clean(text: str) -> str:
    """Text an SVG may hold, cut to what a chart has room for."""
    cleaned = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    if cleaned.startswith("_"):
        # matplotlib keeps such names out of legends.
        cleaned = f"\N{ZERO WIDTH SPACE}{cleaned}"
    return cleaned if len(cleaned) <= 48 else f"{cleaned[:47]}…"


@contextmanager
def _drawing() -> Iterator[None]:
    """Settings for one drawing; a name in a script the font lacks is no reason to warn."""
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _inline(figure: Figure, chart_id: str, title: str, description: str) -> str:
    """The figure as an SVG element whose ids are unique and which a screen reader can tell."""
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
    _tell(root, chart_id, title, description)
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode").replace(_INK, "currentColor")


def _tell(root: ET.Element, chart_id: str, title: str, description: str) -> None:
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
        element.text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
        root.insert(place, element)


def _plain(element: ET.Element, chart_id: str) -> None:
    """Presentation attributes instead of `style`, ids under the chart's own name."""
    element.attrib.update(_presentation(element.attrib.pop("style", "")))
    for name, text in dict(element.attrib).items():
        if name == "id":
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
