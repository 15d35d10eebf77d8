"""Draws what a function takes along a number, such as how many threads share its work."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from reports import units
from reports.model import MISFIT_MAX, FunctionLevel, Growth
from reports.page.charts.drawing import (
    INK,
    LINES,
    MARKS,
    VARIANT_TONES,
    WIDTH_IN,
    clean,
    drawing,
    inline,
    log_height,
    tick_label,
)

_CURVE_POINTS = 60


def sweep_chart(
    levels: Sequence[FunctionLevel], growths: Sequence[Growth], along: str, chart_id: str
) -> str:
    """A line for each strategy, with the quartiles of its processes.

    Where the time grows in a straight line, that line is drawn, which on these scales is a curve;
    elsewhere places are joined.
    """
    places = [(one.sweep, one) for one in levels if one.sweep and one.sweep.along == along]
    # Where each place has a name of its own, its number tells as much.
    named = len({one.strategy for _, one in places}) < len(places)
    lines: dict[str, list[tuple[float, FunctionLevel]]] = {}
    for sweep, level in sorted(places, key=lambda place: place[0].at):
        lines.setdefault(level.strategy if named else "", []).append((sweep.at, level))
    axis = places[0][0].axis
    fitted = {
        one.strategy: one for one in growths if one.along == along and one.misfit <= MISFIT_MAX
    }
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, 3.1), layout="constrained")
        axes = figure.add_subplot()
        for index, (strategy, line) in enumerate(lines.items()):
            _draw(axes, index, strategy, line, fitted.get(strategy))
        log_height(axes, [time for _, one in places for time in (one.low_s, one.high_s)])
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda time, _: tick_label(units.duration(time)))
        )
        axes.set_ylabel("one call (log)")
        _number_axis(axes, sorted({sweep.at for sweep, _ in places}), axis)
        if any(lines):
            figure.legend(loc="outside upper left", ncols=3, frameon=False)
        title = f"{along} by {axis}"
        told = "; ".join(_told(strategy, line) for strategy, line in lines.items())
        return inline(figure, chart_id, title, f"Medians of processes. {told}.")


def _draw(
    axes: Axes,
    index: int,
    strategy: str,
    places: Sequence[tuple[float, FunctionLevel]],
    growth: Growth | None,
) -> None:
    tone, line = VARIANT_TONES[index % len(VARIANT_TONES)], LINES[index % len(LINES)]
    if growth:
        at = np.geomspace(places[0][0], places[-1][0], _CURVE_POINTS)
        axes.plot(
            at, growth.fixed_s + growth.each_s * at, color=tone, linestyle=line, linewidth=1.6
        )
    axes.errorbar(
        [at for at, _ in places],
        [one.median_s for _, one in places],
        yerr=(
            [one.median_s - one.low_s for _, one in places],
            [one.high_s - one.median_s for _, one in places],
        ),
        color=tone,
        linestyle="none" if growth else line,
        marker=MARKS[index % len(MARKS)],
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
    axes.grid(axis="x", alpha=0.15, color=INK)
    axes.set_xlabel(f"{clean(axis)} (log scale)")


def _told(strategy: str, places: Sequence[tuple[float, FunctionLevel]]) -> str:
    parts = ", ".join(f"{units.duration(one.median_s)} at {units.count(at)}" for at, one in places)
    return f"{strategy}: {parts}" if strategy else parts
