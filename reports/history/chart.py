"""Draws how one effect moved from run to run."""

from itertools import chain

from reports import units
from reports.history.trend import Line, Trend
from reports.page.charts.drawing import DASHES, INK, MARKS, Style, style
from reports.page.charts.panels import Chart, Key, Panel, Points, across, upright
from reports.page.charts.scales import linear_scale, log_scale, time_label


def trend_chart(trend: Trend, runs: int, chart_id: str) -> str:
    """The effect with its interval above, both latencies below, over the same runs.

    Args:
        trend: of one scenario and variant.
        runs: how many the history has.
        chart_id: of the drawing.
    """
    if not trend.lines:
        return ""
    points = trend.points
    ends = [1.0, *points[["ratio", "low", "high"]].to_numpy(float).ravel()]
    times_s = points[["before", "after"]].to_numpy(float).ravel()
    last = max(runs + 0.6, 1.6)
    numbers = linear_scale("run, oldest first", 0.4, last, units.count, ticks_max=10, step_min=1)
    effects = Panel(numbers, log_scale("variant / baseline (log)", ends, units.factor), 130)
    levels = Panel(numbers, log_scale("latency (log)", times_s, time_label), 130)
    letters = sorted({line.letter for line in trend.lines})
    styles = {letter: machine_style(index) for index, letter in enumerate(letters)}
    keys = [Key(f"machine {letter}", shown) for letter, shown in styles.items()]
    keys += [Key("baseline", style(0)), Key("variant", style(1))]
    chart = Chart(chart_id, [effects, levels], keys)
    effects.line(across(1), Style(INK), 1)
    for line in trend.lines:
        _draw_effects(effects, line, styles[line.letter])
        for index, column in enumerate(("before", "after")):
            levels.line(_pairs(line, column), style(index), 1.2)
    title = f"{trend.scenario}, {trend.variant}: change and latency from run to run"
    machines = "; ".join(_describe(line) for line in trend.lines)
    words = f"Ratio to the baseline with its interval, and both latencies. {machines}."
    return chart.svg(title, words)


def machine_style(index: int) -> Style:
    """Tones are the variants'; machines differ by mark and line, of which the first is solid."""
    dashes = (DASHES[1], DASHES[0], *DASHES[2:])
    return Style(INK, dashes[index % len(dashes)], MARKS[index % len(MARKS)])


def _draw_effects(panel: Panel, line: Line, shown: Style) -> None:
    intervals = line.points[["number", "low", "high"]].itertuples(index=False)
    panel.line(chain.from_iterable(upright(*one) for one in intervals), Style(INK), 1, "0.6")
    panel.line(_pairs(line, "ratio"), shown)
    for number in line.points["number"].iloc[list(line.changes)]:
        panel.line(upright(number - 0.5), Style(INK, "1 1.5"), 1.2)


def _pairs(line: Line, column: str) -> Points:
    return zip(line.points["number"], line.points[column], strict=True)


def _describe(line: Line) -> str:
    return (
        f"machine {line.letter}: {units.count_of(len(line.points), 'runs')}, the last "
        f"{units.change(float(line.points['ratio'].iloc[-1]))}, "
        f"{units.count_of(len(line.changes), 'changes')}"
    )
