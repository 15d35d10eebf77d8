"""Draws how a scenario went while it was measured."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from reports import units
from reports.charts.drawing import (
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
from reports.model import TYPICAL, ScenarioComparison, Timeline

_MARKED_MAX = 40
"""More stretches than this are a line; marks would cover it."""


def timeline_chart(scenario: ScenarioComparison, found: Timeline, chart_id: str) -> str:
    """Median latencies above, paired ratios below, over the same time."""
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, 4.2), layout="constrained")
        latencies, ratios = figure.subplots(2, 1, sharex=True)
        names = [name for name, _ in found.medians_s]
        for index, (name, medians) in enumerate(found.medians_s):
            _draw(latencies, found.start_s, medians, index, name)
        for name, changes in found.ratios:
            _draw(ratios, found.start_s, changes, names.index(name), "")
        for effect in scenario.effects:
            if effect.metric == TYPICAL and math.isfinite(effect.interval_familywise.high):
                index = names.index(effect.variant)
                ratios.axhspan(
                    effect.interval_familywise.low,
                    effect.interval_familywise.high,
                    color=VARIANT_TONES[index % len(VARIANT_TONES)],
                    alpha=0.18,
                    linewidth=0,
                )
        ratios.axhline(1, color=INK, linewidth=1)
        log_height(latencies, [one for _, medians in found.medians_s for one in medians])
        latencies.yaxis.set_major_formatter(
            FuncFormatter(lambda time, _: tick_label(units.duration(time)))
        )
        latencies.set_ylabel("latency (log)")
        log_height(ratios, [1.0, *(one for _, changes in found.ratios for one in changes)])
        ratios.yaxis.set_major_formatter(FuncFormatter(lambda ratio, _: units.factor(ratio)))
        ratios.set_ylabel("ratio in pairs (log)")
        ratios.set_xlabel("seconds since measuring began")
        figure.legend(loc="outside upper left", ncols=4, frameon=False)
        title = f"{scenario.name} while it was measured"
        told = (
            f"Medians of {units.count_of(len(found.start_s), 'stretches')} "
            f"of {min(found.rounds)} to {max(found.rounds)} rounds"
        )
        return inline(figure, chart_id, title, f"{told}, by variant, and of their ratios.")


def _draw(
    axes: Axes, start_s: Sequence[float], values: Sequence[float], index: int, name: str
) -> None:
    axes.plot(
        start_s,
        values,
        color=VARIANT_TONES[index % len(VARIANT_TONES)],
        linestyle=LINES[index % len(LINES)],
        marker=MARKS[index % len(MARKS)] if len(values) <= _MARKED_MAX else "",
        markersize=4,
        linewidth=1.4,
        label=clean(name) if name else "",
    )
