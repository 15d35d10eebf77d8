"""Draws the time of a function over a number, such as that of its threads."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, NullLocator

from reports import units
from reports.effects.functions import MISFIT_MAX, FunctionLevel, Growth
from reports.page.charts import drawing
from reports.page.charts.drawing import clean, style

_CURVE_POINTS = 60


def sweep_chart(
    levels: Sequence[FunctionLevel], growths: Sequence[Growth], along: str, chart_id: str
) -> str:
    """A line for each strategy, with the quartiles of its processes.

    Where the time grows linearly, that line is drawn, which on these scales is a curve; elsewhere
    the medians are joined.

    Args:
        levels: of all functions of a suite.
        growths: likewise.
        along: the functions to draw.
        chart_id: of the drawing.
    """
    places = [(one.sweep, one) for one in levels if one.sweep and one.sweep.along == along]
    # Where each place has its own name, its number says as much.
    named = len({one.strategy for _, one in places}) < len(places)
    lines: dict[str, list[tuple[float, FunctionLevel]]] = {}
    for sweep, level in sorted(places, key=lambda place: place[0].at):
        lines.setdefault(level.strategy if named else "", []).append((sweep.at, level))
    axis = places[0][0].axis
    fitted = {
        one.strategy: one for one in growths if one.along == along and one.misfit <= MISFIT_MAX
    }
    with drawing.settings():
        figure = drawing.new_figure(3.1)
        axes = figure.add_subplot()
        for index, (strategy, line) in enumerate(lines.items()):
            _draw(axes, index, strategy, line, fitted.get(strategy))
        ends = (time_s for _, one in places for time_s in (one.low_s, one.high_s))
        drawing.time_height(axes, ends, "one call (log)")
        _number_axis(axes, sorted({sweep.at for sweep, _ in places}), axis)
        if any(lines):
            drawing.legend(figure)
        medians = "; ".join(_medians(strategy, line) for strategy, line in lines.items())
        title = f"{along} by {axis}"
        return drawing.inline(figure, chart_id, title, f"Medians of processes. {medians}.")


def _draw(
    axes: Axes,
    index: int,
    strategy: str,
    places: Sequence[tuple[float, FunctionLevel]],
    growth: Growth | None,
) -> None:
    if growth:
        at = np.geomspace(places[0][0], places[-1][0], _CURVE_POINTS)
        axes.plot(
            at,
            growth.fixed_s + growth.each_s * at,
            **style(index, marked=False),
            linewidth=1.6,
        )
    axes.errorbar(
        [at for at, _ in places],
        [one.median_s for _, one in places],
        yerr=(
            [one.median_s - one.low_s for _, one in places],
            [one.high_s - one.median_s for _, one in places],
        ),
        **style(index) | ({"linestyle": "none"} if growth else {}),
        markersize=6,
        linewidth=1.6,
        elinewidth=1,
        capsize=3,
        label=clean(strategy) if strategy else "",
    )


def _number_axis(axes: Axes, numbers: Sequence[float], axis: str) -> None:
    axes.set_xscale("log")
    axes.set_xlim(numbers[0] * 0.85, numbers[-1] * 1.18)
    axes.set_xticks(list(numbers), [units.count(number) for number in numbers])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    drawing.show_grid(axes.xaxis)
    axes.set_xlabel(f"{clean(axis)} (log scale)")


def _medians(strategy: str, places: Sequence[tuple[float, FunctionLevel]]) -> str:
    parts = ", ".join(f"{units.duration(one.median_s)} at {units.count(at)}" for at, one in places)
    return f"{strategy}: {parts}" if strategy else parts
