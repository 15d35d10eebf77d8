"""Draws both distributions where a variant changed the shape of the latencies."""

import math
from collections.abc import Mapping
from itertools import pairwise

from reports import units
from reports.effects.shapes import SubjectComparison
from reports.page.charts.drawing import INK, Style, style
from reports.page.charts.panels import BAND, Chart, Key, Panel, Points, Reading, box, upright
from reports.page.charts.readings import with_counts
from reports.page.charts.scales import Scale, linear_scale
from reports.page.charts.times import time_axis
from reports.statistics.slow_share import ShapeChange

_TICKS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)


def shape_chart(scenario: SubjectComparison, chart_id: str) -> str:
    """A histogram of the baseline and of each variant with a changed shape, panel by panel."""
    changes = scenario.shape_changes
    if not changes:
        return ""
    names = [one.variant for one in scenario.deliveries] or [one.variant for one in changes]
    baseline = names[0]
    axis = time_axis(scenario)
    panels = [_panel(one, axis.log) for one in changes]
    styles = {name: style(index, marked=False) for index, name in enumerate(names)}
    shown = (baseline, *(one.variant for one in changes))
    keys = [Key(name, styles[name]) for name in dict.fromkeys(shown)]
    requests = {one.variant: one.n for one in scenario.curves}
    chart = Chart(
        chart_id,
        panels,
        [*keys, Key("slow is to the right", Style(INK, "1.5 2"))],
        margin_min=axis.margin,
        readings=[
            reading
            for panel, change in zip(panels, changes, strict=True)
            for reading in _readings(panel, change, baseline, requests)
        ],
    )
    for panel, change in zip(panels, changes, strict=True):
        _draw(panel, change, styles[baseline], styles[change.variant])
    shares = "; ".join(
        f"{one.variant}: {units.percent(one.share_after)} of requests are slow, "
        f"{units.percent(one.share_before)} in the baseline"
        for one in changes
    )
    title = f"Distributions of latency in {scenario.name}"
    return chart.svg(title, f"Share of requests by latency, on a log scale. {shares}.")


def _readings(
    panel: Panel, change: ShapeChange, baseline: str, requests: Mapping[str, int]
) -> list[Reading]:
    """How many requests of both are in each step of the histogram, where there are any."""
    both = ((baseline, change.shares_before), (change.variant, change.shares_after))
    readings = []
    for cell, (low_s, high_s) in enumerate(pairwise(change.edges_s)):
        if any(shares[cell] for _, shares in both):
            counts = [
                (variant, units.percent(shares[cell]), requests.get(variant, 0))
                for variant, shares in both
            ]
            steps = f"{units.duration(low_s)} to {units.duration(high_s)}"
            words = with_counts(steps, counts, "requests")
            readings.append(Reading(words, [(panel, box(low_s, high_s))]))
    return readings


def _panel(change: ShapeChange, times: Scale) -> Panel:
    top = max(*change.shares_before, *change.shares_after, 0.01)
    ticks = [tick for tick in _TICKS if tick <= top]
    flat = linear_scale("", 0, top * 1.05, units.percent)
    # Roots, so that a group of one request in twelve is seen beside the others.
    shares = Scale(
        "requests (root)",
        lambda share: math.sqrt(share) if share > 0 else 0.0,
        0.0,
        math.sqrt(flat.high),
        [ticks, ticks[::2]],
        units.percent,
    )
    return Panel(times, shares, 110)


def _draw(panel: Panel, change: ShapeChange, before: Style, after: Style) -> None:
    for shares, shown in ((change.shares_before, before), (change.shares_after, after)):
        outline = _steps(change.edges_s, shares)
        panel.areas([outline], shown.tone, BAND)
        panel.line(outline, shown, 1.5)
    # Of two thresholds that are nearly the same, one line is enough.
    thresholds_s = [change.threshold_before_s, change.threshold_after_s]
    if max(thresholds_s) < 1.1 * min(thresholds_s):
        panel.line(upright(thresholds_s[1]), Style(INK, "1.5 2"), 1)
        return
    for threshold_s, shown in zip(thresholds_s, (before, after), strict=True):
        panel.line(upright(threshold_s), Style(shown.tone, "1.5 2"), 1)


def _steps(edges_s: tuple[float, ...], shares: tuple[float, ...]) -> Points:
    """The outline of a histogram, from the axis and back to it."""
    sides = [
        (edge, share) for cell, share in enumerate(shares) for edge in edges_s[cell : cell + 2]
    ]
    return [(edges_s[0], 0.0), *sides, (edges_s[-1], 0.0)]
