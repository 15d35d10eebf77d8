"""Draws each variant's latency distribution."""

from collections.abc import Sequence

import numpy as np

from reports import units
from reports.effects.shapes import Curve, SubjectComparison
from reports.page.charts.drawing import Style, fitted, style, text_width
from reports.page.charts.panels import NAMES_MAX, Chart, Key, Panel, upright
from reports.page.charts.scales import linear_scale, log_scale, time_label

MARKED = (0.5, 0.95, 0.99)
"""Quantiles that are marked on each curve; pointing at a mark shows its time."""

# The range is widened by this share of it, so that labels stand beside the curves.
_LABEL_SHARE = 0.42
# As wide as that room always is.
_LABEL_WIDTH = 95.0


def latency_chart(scenario: SubjectComparison, chart_id: str) -> str:
    """All variants on one log scale, medians marked; below, the slowest tenth of each."""
    curves = scenario.curves
    if not (curves and all(one.latencies_s for one in curves)):
        return ""
    times_s = [time_s for one in curves for time_s in _times_s(one)]
    title, room = "latency (log scale)", _LABEL_SHARE
    times = log_scale(title, times_s, time_label, room=room, decades_min=0.15)
    panels = [Panel(times, linear_scale("requests answered", 0, 1.02, units.percent), 165)]
    if all(one.tail for one in curves):
        late = [0.1, *(share for one in curves for share, _ in one.tail)]
        waiting = log_scale("still waiting (log)", late, units.percent, room=0.04)
        panels.append(Panel(times, waiting, 98))
    beside = len(curves) == 2 and all(text_width(one.variant) < _LABEL_WIDTH for one in curves)
    keys = [Key(", ".join(_label(one)), style(index)) for index, one in enumerate(curves)]
    chart = Chart(chart_id, panels, () if beside else keys)
    for index, curve in enumerate(curves):
        _draw_curve(panels[0], index, curve)
        for below in panels[1:]:
            tail = [(time_s, share) for share, time_s in curve.tail]
            below.line(tail, style(index, marked=False), 2)
    if beside:
        _label_curves(panels[0], curves)
    medians = "; ".join(
        f"{one.variant}: median {units.duration(_at(one, 0.5))}, nine of ten requests "
        f"between {units.duration(_at(one, 0.05))} and {units.duration(_at(one, 0.95))}"
        for one in curves
    )
    title = f"Latency of {scenario.name}, by variant"
    return chart.svg(title, f"Share of requests answered in time. {medians}.")


def _draw_curve(panel: Panel, index: int, curve: Curve) -> None:
    median_s = _at(curve, 0.5)
    points = zip(curve.latencies_s, curve.probabilities, strict=True)
    panel.line(points, style(index, marked=False), 2)
    panel.line(upright(median_s, 0, 0.5), Style(style(index).tone), 1, "0.6")
    for share in MARKED:
        words = f"{curve.variant}, p{100 * share:g}: {units.duration(_at(curve, share))}"
        shown = f"{words}, {units.count_of(curve.n, 'requests')}"
        panel.marks([(_at(curve, share), share)], style(index), 3.5, words=shown)


def _times_s(curve: Curve) -> tuple[float, ...]:
    return (*curve.latencies_s, *(time_s for _, time_s in curve.tail))


def _label(curve: Curve) -> tuple[str, str]:
    return fitted(curve.variant, NAMES_MAX), f"median {units.duration(_at(curve, 0.5))}"


def _at(curve: Curve, probability: float) -> float:
    return float(np.interp(probability, curve.probabilities, curve.latencies_s))


def _label_curves(panel: Panel, curves: Sequence[Curve]) -> None:
    """Label the faster curve on its left, the other on its right: they never collide."""
    for place, curve in enumerate(sorted(curves, key=lambda one: _at(one, 0.5))):
        height = 0.78 if place == 0 else 0.22
        # A label has two lines: keep the nearer one clear of the curve, not their middle.
        nearest = height - 0.11 if place == 0 else height + 0.11
        for line, text in enumerate(_label(curve)):
            shift = (-9 if place == 0 else 9, 13 * line - 6.5)
            anchor = "end" if place == 0 else "start"
            panel.text(_at(curve, nearest), height, text, shift, text_anchor=anchor)
