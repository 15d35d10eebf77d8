"""Draws how one effect moved from run to run."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import units
from reports.history.trend import Stretch, Trend
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

# Tones are the variants'; machines differ by mark and line.
_MACHINE_LINES = ("-", "--", "-.", ":")


def trend_chart(trend: Trend, letters: Mapping[str, str], runs: int, chart_id: str) -> str:
    """The effect with its interval above, both latencies below, over the same runs.

    Args:
        trend: of one metric.
        letters: of machines.
        runs: how many the history has.
        chart_id: unique in the page.
    """
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, 4.4), layout="constrained")
        effects, levels = figure.subplots(2, 1, sharex=True)
        for stretch in trend.stretches:
            _draw_effects(effects, stretch, letters)
            _draw_levels(levels, stretch)
        effects.axhline(1, color=INK, linewidth=1)
        _ratio_axis(effects, trend.stretches)
        _time_axis(levels, trend.stretches)
        levels.set_xlim(-0.6, max(runs - 0.4, 0.6))
        levels.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
        levels.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{place + 1:.0f}"))
        levels.set_xlabel("run, oldest first")
        figure.legend(loc="outside upper left", ncols=4, frameon=False)
        title = f"{trend.scenario}, {trend.variant}: change and latency from run to run"
        return inline(figure, chart_id, title, _told(trend, letters))


def _draw_effects(axes: Axes, stretch: Stretch, letters: Mapping[str, str]) -> None:
    index = sorted(letters.values()).index(letters[stretch.machine])
    places = [point.place for point in stretch.points]
    ratios = [point.effect.ratio for point in stretch.points]
    axes.plot(
        places,
        ratios,
        color=INK,
        linestyle=_MACHINE_LINES[index % len(_MACHINE_LINES)],
        marker=MARKS[index % len(MARKS)],
        markersize=5,
        linewidth=1.5,
        label=f"machine {letters[stretch.machine]}",
    )
    for point in stretch.points:
        if point.effect.low is not None and point.effect.high is not None:
            ends = [point.effect.low, point.effect.high]
            axes.plot([point.place] * 2, ends, color=INK, linewidth=1, alpha=0.6)
    for change in stretch.changes:
        axes.axvline(places[change] - 0.5, color=INK, linestyle=":", linewidth=1.2)


def _draw_levels(axes: Axes, stretch: Stretch) -> None:
    places = [point.place for point in stretch.points]
    sides = {
        "baseline": [point.effect.before for point in stretch.points],
        "variant": [point.effect.after for point in stretch.points],
    }
    for index, (name, values) in enumerate(sides.items()):
        axes.plot(
            places,
            values,
            color=VARIANT_TONES[index],
            linestyle=LINES[index],
            marker=MARKS[index],
            markersize=4,
            linewidth=1.2,
            label=None if name in axes.get_legend_handles_labels()[1] else clean(name),
        )


def _ratio_axis(axes: Axes, stretches: Sequence[Stretch]) -> None:
    found = [point.effect for stretch in stretches for point in stretch.points]
    ends = [end for one in found for end in (one.ratio, one.low, one.high) if end]
    log_height(axes, [1.0, *ends])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda ratio, _: units.factor(ratio)))
    axes.set_ylabel("variant / baseline (log)")


def _time_axis(axes: Axes, stretches: Sequence[Stretch]) -> None:
    found = [point.effect for stretch in stretches for point in stretch.points]
    log_height(axes, [time for one in found for time in (one.before, one.after)])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda time, _: tick_label(units.duration(time))))
    axes.set_ylabel("latency (log)")


def _told(trend: Trend, letters: Mapping[str, str]) -> str:
    told = "; ".join(
        f"machine {letters[one.machine]}: {units.count_of(len(one.points), 'runs')}, the last "
        f"{units.change(one.points[-1].effect.ratio)}, "
        f"{units.count_of(len(one.changes), 'changes')}"
        for one in trend.stretches
    )
    return f"Ratio to the baseline with its interval, and both latencies. {told}."
