"""Draws each variant's latency distribution."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from reports import units
from reports.effects.shapes import Curve, SubjectComparison
from reports.page.charts import drawing
from reports.page.charts.drawing import clean, mark, style, tone

# The range is widened by this share of it, so that labels stand beside the curves.
_LABEL_SHARE = 0.42


def latency_chart(scenario: SubjectComparison, chart_id: str) -> str:
    """All variants on one log scale, medians marked; below, the slowest tenth of each."""
    curves = scenario.curves
    with drawing.settings():
        tails = all(one.tail for one in curves)
        figure = drawing.new_figure(4.9 if tails else 3.1)
        axes, *below = figure.subplots(
            2 if tails else 1, 1, sharex=True, squeeze=False, height_ratios=(5, 3)[: 1 + tails]
        )[:, 0]
        for index, curve in enumerate(curves):
            _draw_curve(axes, index, curve)
        times_s = [time_s for one in curves for time_s in _times_s(one)]
        drawing.log_axis(
            axes, "x", times_s, drawing.time_label, room=_LABEL_SHARE, decades_min=0.15
        )
        for tail_axes in below:
            _draw_tails(tail_axes, curves)
        if len(curves) == 2:
            _label_curves(axes, curves)
        else:
            drawing.legend(figure)
        axes.set_ylim(0, 1.02)
        drawing.show_numbers(axes.yaxis, "{:.0%}".format)
        (axes, *below)[-1].set_xlabel("latency (log scale)")
        axes.set_ylabel("requests answered")
        medians = "; ".join(
            f"{one.variant}: median {units.duration(_at(one, 0.5))}, nine of ten requests "
            f"between {units.duration(_at(one, 0.05))} and {units.duration(_at(one, 0.95))}"
            for one in curves
        )
        title = f"Latency of {scenario.name}, by variant"
        return drawing.inline(
            figure, chart_id, title, f"Share of requests answered in time. {medians}."
        )


def _draw_curve(axes: Axes, index: int, curve: Curve) -> None:
    median_s = _at(curve, 0.5)
    axes.plot(
        curve.latencies_s,
        curve.probabilities,
        **style(index, marked=False),
        linewidth=2,
        label=_curve_label(curve),
    )
    axes.plot([median_s, median_s], [0, 0.5], color=tone(index), linewidth=1, alpha=0.6)
    axes.plot([median_s], [0.5], color=tone(index), marker=mark(index), markersize=7)


def _times_s(curve: Curve) -> tuple[float, ...]:
    return (*curve.latencies_s, *(time_s for _, time_s in curve.tail))


def _draw_tails(axes: Axes, curves: Sequence[Curve]) -> None:
    """The slowest tenth on a log scale of shares."""
    for index, curve in enumerate(curves):
        axes.plot(
            [time_s for _, time_s in curve.tail],
            [share for share, _ in curve.tail],
            **style(index, marked=False),
            linewidth=2,
        )
    axes.set_yscale("log")
    axes.set_ylim(min(share for one in curves for share, _ in one.tail) * 0.9, 0.11)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0,)))
    drawing.show_numbers(axes.yaxis, units.percent)
    drawing.show_grid(axes.xaxis)
    drawing.show_grid(axes.yaxis)
    axes.set_ylabel("still waiting (log)")


def _curve_label(curve: Curve) -> str:
    return f"{clean(curve.variant)}, median {units.duration(_at(curve, 0.5))}"


def _at(curve: Curve, probability: float) -> float:
    return float(np.interp(probability, curve.probabilities, curve.latencies_s))


def _label_curves(axes: Axes, curves: Sequence[Curve]) -> None:
    """Label the faster curve on its left, the other on its right: they never collide."""
    for place, curve in enumerate(sorted(curves, key=lambda one: _at(one, 0.5))):
        height = 0.78 if place == 0 else 0.22
        # A label has two lines: keep the nearer one clear of the curve, not their middle.
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
