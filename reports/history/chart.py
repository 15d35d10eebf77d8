"""Draws how one effect moved from run to run."""

from collections.abc import Collection

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from reports import units
from reports.history.trend import Line, Trend
from reports.page.charts import drawing
from reports.page.charts.drawing import INK, mark, style

# Tones are the variants'; machines differ by mark and line.
_MACHINE_LINES = ("-", "--", "-.", ":")


def trend_chart(trend: Trend, runs: int, chart_id: str) -> str:
    """The effect with its interval above, both latencies below, over the same runs.

    Args:
        trend: of one scenario and variant.
        runs: how many the history has.
        chart_id: of the drawing.
    """
    letters = sorted({line.letter for line in trend.lines})
    with drawing.settings():
        figure = drawing.new_figure(4.4)
        effects, levels = figure.subplots(2, 1, sharex=True)
        for number, line in enumerate(trend.lines):
            shown = {one.letter for one in trend.lines[:number]}
            _draw_effects(effects, line, letters.index(line.letter), shown)
            _draw_levels(levels, line, labelled=number == 0)
        points = trend.points
        ends = points[["ratio", "low", "high"]].to_numpy().ravel()
        drawing.ratio_height(effects, ends[np.isfinite(ends)], "variant / baseline (log)")
        drawing.time_height(levels, points[["before", "after"]].to_numpy().ravel(), "latency (log)")
        levels.set_xlim(0.4, max(runs + 0.6, 1.6))
        levels.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
        drawing.show_numbers(levels.xaxis, "{:.0f}".format)
        levels.set_xlabel("run, oldest first")
        drawing.legend(figure, 4)
        title = f"{trend.scenario}, {trend.variant}: change and latency from run to run"
        machines = "; ".join(_describe(line) for line in trend.lines)
        words = f"Ratio to the baseline with its interval, and both latencies. {machines}."
        return drawing.inline(figure, chart_id, title, words)


def _draw_effects(axes: Axes, line: Line, index: int, labelled: Collection[str]) -> None:
    points = line.points
    axes.plot(
        points["number"],
        points["ratio"],
        color=INK,
        linestyle=_MACHINE_LINES[index % len(_MACHINE_LINES)],
        marker=mark(index),
        markersize=5,
        linewidth=1.5,
        label=None if line.letter in labelled else f"machine {line.letter}",
    )
    bounded = points.dropna(subset=["low", "high"])
    axes.vlines(
        bounded["number"], bounded["low"], bounded["high"], color=INK, linewidth=1, alpha=0.6
    )
    for number in points["number"].iloc[list(line.changes)]:
        axes.axvline(number - 0.5, color=INK, linestyle=":", linewidth=1.2)


def _draw_levels(axes: Axes, line: Line, *, labelled: bool) -> None:
    for index, (column, name) in enumerate((("before", "baseline"), ("after", "variant"))):
        axes.plot(
            line.points["number"],
            line.points[column],
            **style(index),
            markersize=4,
            linewidth=1.2,
            label=name if labelled else None,
        )


def _describe(line: Line) -> str:
    return (
        f"machine {line.letter}: {units.count_of(len(line.points), 'runs')}, the last "
        f"{units.change(float(line.points['ratio'].iloc[-1]))}, "
        f"{units.count_of(len(line.changes), 'changes')}"
    )
