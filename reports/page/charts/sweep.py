"""Draws the time of a function over a number, such as that of its threads."""

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from reports import units
from reports.effects.functions import MISFIT_MAX, FunctionLevel, Growth
from reports.page.charts.drawing import Style, clean, style
from reports.page.charts.panels import Chart, Key, Panel, Reading, box, upright
from reports.page.charts.readings import parts_of
from reports.page.charts.scales import log_scale, time_label

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
    if not places:
        return ""
    # Where each place has its own name, its number says as much.
    named = len({one.strategy for _, one in places}) < len(places)
    lines: dict[str, list[tuple[float, FunctionLevel]]] = {}
    for sweep, level in sorted(places, key=lambda place: place[0].at):
        lines.setdefault(level.strategy if named else "", []).append((sweep.at, level))
    axis = places[0][0].axis
    fitted = {
        one.strategy: one for one in growths if one.along == along and one.misfit <= MISFIT_MAX
    }
    ends = [time_s for _, one in places for time_s in (one.low_s, one.high_s)]
    numbers = sorted({sweep.at for sweep, _ in places})
    title = f"{clean(axis)} (log scale)"
    scale = log_scale(title, numbers, lambda number, _: units.count(number), ticks=numbers)
    panel = Panel(scale, log_scale("one call (log)", ends, time_label), 180)
    keys = [Key(strategy, style(index)) for index, strategy in enumerate(lines) if strategy]
    readings = [
        Reading(_calls(lines, clean(axis), number), [(panel, box(*part))])
        for number, part in zip(numbers, parts_of(numbers), strict=True)
    ]
    chart = Chart(chart_id, [panel], keys, readings=readings)
    for index, (strategy, line) in enumerate(lines.items()):
        _draw(panel, index, line, fitted.get(strategy))
    medians = "; ".join(_medians(strategy, line) for strategy, line in lines.items())
    return chart.svg(f"{along} by {axis}", f"Medians of processes. {medians}.")


def _draw(
    panel: Panel, index: int, places: Sequence[tuple[float, FunctionLevel]], growth: Growth | None
) -> None:
    points = [(number, one.median_s) for number, one in places]
    line = points
    if growth and points[0][0] > 0:
        at = np.geomspace(points[0][0], points[-1][0], _CURVE_POINTS)
        line = list(zip(at, growth.fixed_s + growth.each_s * at, strict=True))
    shown = style(index)
    panel.line(line, shown._replace(mark=""))
    spans = [upright(number, one.low_s, one.high_s) for number, one in places]
    ends = [(number, end) for number, one in places for end in (one.low_s, one.high_s)]
    panel.line(chain.from_iterable(spans), Style(shown.tone), 1)
    panel.marks(ends, Style(shown.tone, mark="cap"), 3, hollow=True)
    panel.marks(points, shown, 3)


def _calls(
    lines: Mapping[str, Sequence[tuple[float, FunctionLevel]]], axis: str, number: float
) -> str:
    """What one call takes at one number, with quartiles, by strategy."""
    calls = "; ".join(
        f"{strategy} {units.duration(one.median_s)} [{units.duration(one.low_s)}, "
        f"{units.duration(one.high_s)}] of {units.count_of(one.processes, 'processes')}".lstrip()
        for strategy, line in lines.items()
        for at, one in line
        if at == number
    )
    return f"{axis} {units.count(number)}: {calls}"


def _medians(strategy: str, places: Sequence[tuple[float, FunctionLevel]]) -> str:
    parts = ", ".join(f"{units.duration(one.median_s)} at {units.count(at)}" for at, one in places)
    return f"{strategy}: {parts}" if strategy else parts
