"""Draws each variant's latency distribution."""

import math
from collections.abc import Sequence

import numpy as np

from reports import units
from reports.effects.curves import Curve
from reports.effects.shapes import SubjectComparison
from reports.page.charts.density import dense_spans
from reports.page.charts.drawing import INK, WIDTH, Style, style
from reports.page.charts.panels import Chart, Key, Panel, Reading, across, box, level, upright
from reports.page.charts.readings import parts_of, with_counts
from reports.page.charts.scales import Scale, linear_scale, log_scale, row_scale
from reports.page.charts.times import row_name, time_axis

MARKED = (0.5, 0.95, 0.99)
"""Quantiles that are marked on each curve, as far as requests are beyond them."""

_ROW_HEIGHT = 20.0
_HALF = 0.36
_LAYER_OPACITY = 0.2
# The slowest requests, which stand below on an axis of their own.
_TAIL = 0.1


def latency_chart(scenario: SubjectComparison, chart_id: str, *, twice: bool = True) -> str:
    """Shares of requests answered in time; below, where they are dense, and the slowest tenth.

    Args:
        scenario: with its curves.
        chart_id: of the drawing.
        twice: on a log axis and on a linear one; else on a log axis alone.
    """
    curves = scenario.curves
    if not (curves and all(one.latencies_s for one in curves)):
        return ""
    axis = time_axis(scenario)
    log = _panels(axis.log, curves)
    linear = _panels(axis.linear, curves) if twice else []
    keys = [
        Key(f"{one.variant}, median {units.duration(_at(one, 0.5))}", style(index))
        for index, one in enumerate(curves)
    ]
    chart = Chart(
        chart_id,
        log,
        keys,
        linear=linear,
        margin_min=axis.margin,
        readings=[*_quantile_readings(curves, log), *_variant_readings(curves, log[1])],
    )
    for panels in (log, linear) if twice else (log,):
        _draw_curves(panels[0], curves)
        for row, curve in enumerate(curves):
            _draw_density(panels[1], row, curve, log=panels is log)
            for below in panels[2:]:
                tail = [(time_s, share) for share, time_s in curve.tail]
                below.line(_within(tail, below.x), style(row, marked=False), 2)
    medians = "; ".join(
        f"{one.variant}: median {units.duration(_at(one, 0.5))}, nine of ten requests "
        f"between {units.duration(_at(one, 0.05))} and {units.duration(_at(one, 0.95))}"
        for one in curves
    )
    title = f"Latency of {scenario.name}, by variant"
    return chart.svg(title, f"Share of requests answered in time. {medians}.")


def _panels(times: Scale, curves: Sequence[Curve]) -> list[Panel]:
    names = [row_name(one.variant) for one in curves]
    panels = [
        Panel(times, linear_scale("requests answered", 0, 1.02, units.percent), 165),
        Panel(times, row_scale(names, 0.5), _ROW_HEIGHT * len(names)),
    ]
    if all(one.tail for one in curves):
        late = [_TAIL, *(share for one in curves for share, _ in one.tail)]
        waiting = log_scale("still waiting (log)", late, units.percent, room=0.04)
        panels.append(Panel(times, waiting, 98))
    return panels


def _draw_curves(panel: Panel, curves: Sequence[Curve]) -> None:
    named = {share for one in curves for share, _ in one.quantiles}
    for share in MARKED:
        if share in named:
            panel.line(across(share), Style(INK, "1 2"), 0.8, "0.5")
            # p95 and p99 are so near each other that their names would overlap.
            down = {0.95: 3.5, 0.99: -3.5}.get(share, 0.0)
            beside = (WIDTH - 20 - panel.at(0, 0)[0] + 2, down)
            panel.text(0, share, f"p{100 * share:g}", beside, font_size="8.5")
    for row, curve in enumerate(curves):
        points = list(zip(curve.latencies_s, curve.probabilities, strict=True))
        panel.line(_within(points, panel.x), style(row, marked=False), 2)
        marks = [(time_s, share) for share, time_s in curve.quantiles if share in MARKED]
        panel.marks(marks, style(row), 3.5)


def _draw_density(panel: Panel, row: int, curve: Curve, *, log: bool) -> None:
    """A band that is darker where more requests are, with the marked quantiles."""
    layers = dense_spans(curve.latencies_s, log=log)
    lines = [
        [point for low, high in spans if panel.x.holds(low) for point in level(row, low, high)]
        for spans in layers
    ]
    panel.layers(lines, style(row).tone, 2 * _HALF * _ROW_HEIGHT, _LAYER_OPACITY)
    marked = [(share, time_s) for share, time_s in curve.quantiles if share in MARKED]
    for share, time_s in marked:
        if share != 0.5:
            panel.line(upright(time_s, row + _HALF, row - _HALF), Style(INK), 1.2)
    panel.marks([(time_s, row) for share, time_s in marked if share == 0.5], style(row), 4)


def _within(points: Sequence[tuple[float, float]], x: Scale) -> list[tuple[float, float]]:
    """Those that are on an axis: at its end, a curve would rise as if all others were there."""
    return [point for point in points if x.holds(point[0])]


def _quantile_readings(curves: Sequence[Curve], panels: Sequence[Panel]) -> list[Reading]:
    """What all variants have at each quantile; each part ends halfway between two of them."""
    shares = sorted({share for one in curves for share, _ in one.quantiles})
    readings = []
    for share, (low, high) in zip(shares, parts_of(shares), strict=True):
        areas = [(panels[0], box(-math.inf, math.inf, low, high))]
        areas += [
            (below, box(-math.inf, math.inf, max(1 - high, 0.0), 1 - low))
            for below in panels[2:]
            if 1 - high < _TAIL
        ]
        times = [
            (one.variant, units.duration(time_s), one.n)
            for one in curves
            for named, time_s in one.quantiles
            if named == share
        ]
        words = with_counts(f"p{100 * share:g}", times, "requests")
        readings.append(Reading(words, areas))
    return readings


def _variant_readings(curves: Sequence[Curve], panel: Panel) -> list[Reading]:
    """All quantiles of each variant."""
    return [
        Reading(
            f"{one.variant}, {units.count_of(one.n, 'requests')}: "
            + "; ".join(f"p{100 * share:g} {units.duration(at)}" for share, at in one.quantiles),
            [(panel, box(-math.inf, math.inf, row + 0.5, row - 0.5))],
        )
        for row, one in enumerate(curves)
    ]


def _at(curve: Curve, probability: float) -> float:
    """A quantile: of all requests where it is named, else from the points of the curve."""
    named = dict(curve.quantiles)
    found = named.get(probability)
    if found is None:
        found = float(np.interp(probability, curve.probabilities, curve.latencies_s))
    return found
