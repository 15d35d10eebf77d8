"""Draws how a scenario went while it was measured."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import units
from reports.model import TYPICAL, Disturbance, ScenarioComparison, Timeline
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

_MARKED_MAX = 40
"""More stretches than this are a line; marks would cover it."""


def timeline_chart(
    scenario: ScenarioComparison, found: Timeline, course: Sequence[Disturbance], chart_id: str
) -> str:
    """Median latencies above, paired ratios below, over the same time, and what the host did."""
    counted = [one for one in course if math.isfinite(one.pressure_share)]
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, 5.0 if counted else 4.2), layout="constrained")
        panels = figure.subplots(2 + bool(counted), 1, sharex=True, height_ratios=_heights(counted))
        latencies, ratios = panels[:2]
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
        if counted:
            _draw_host(panels[-1], counted)
        panels[-1].set_xlabel("seconds since measuring began")
        figure.legend(loc="outside upper left", ncols=4, frameon=False)
        title = f"{scenario.name} while it was measured"
        told = (
            f"Medians of {units.count_of(len(found.start_s), 'stretches')} "
            f"of {min(found.rounds)} to {max(found.rounds)} rounds"
        )
        if counted:
            most = max(one.pressure_share for one in counted)
            told = f"{told}; at most {units.percent(most)} of a block something waited for a CPU"
        return inline(figure, chart_id, title, f"{told}, by variant, and of their ratios.")


def _heights(counted: Sequence[Disturbance]) -> tuple[float, ...]:
    return (3, 3, 1) if counted else (3, 3)


def _draw_host(axes: Axes, course: Sequence[Disturbance]) -> None:
    """A bar for each block: how much of it something waited for a CPU; hatched: stolen."""
    for shares, tone, hatch in (
        ([one.pressure_share for one in course], "#8c9199", ""),
        ([one.steal_share for one in course], "#b0568f", "//"),
    ):
        axes.bar(
            [one.start_s for one in course],
            [0.0 if math.isnan(share) else share for share in shares],
            [one.end_s - one.start_s for one in course],
            align="edge",
            color=tone,
            hatch=hatch,
            linewidth=0,
        )
    axes.set_ylim(0, max(0.1, *(one.pressure_share for one in course)) * 1.05)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=2))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: units.percent(share)))
    axes.set_ylabel("waited")


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
