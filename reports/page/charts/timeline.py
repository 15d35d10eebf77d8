"""Draws how a scenario's latencies moved while it was measured."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from contract.metrics import TYPICAL
from reports import units
from reports.effects.host import Disturbance
from reports.effects.shapes import SubjectComparison
from reports.page.charts import drawing
from reports.page.charts.drawing import clean, style, tone
from reports.statistics.timeline import Timeline

_MARKED_MAX = 40
"""With more stretches, marks would cover the line."""


def timeline_chart(
    scenario: SubjectComparison,
    timeline: Timeline,
    disturbances: Sequence[Disturbance],
    chart_id: str,
) -> str:
    """Median latencies, paired ratios and the host's load, over the same time.

    Args:
        scenario: whose effects are shaded beside the ratios.
        timeline: of the scenario.
        disturbances: block by block; the host's panel is left out where nothing was counted.
        chart_id: of the drawing.
    """
    counted = [one for one in disturbances if math.isfinite(one.pressure_share)]
    with drawing.settings():
        figure = drawing.new_figure(5.0 if counted else 4.2)
        heights = (3, 3, 1) if counted else (3, 3)
        panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
        latencies, ratios = panels[:2]
        names = [name for name, _ in timeline.medians_s]
        for index, (name, medians_s) in enumerate(timeline.medians_s):
            _draw(latencies, timeline.start_s, medians_s, index, name)
        for name, changes in timeline.ratios:
            _draw(ratios, timeline.start_s, changes, names.index(name), "")
        _shade_effects(ratios, scenario, names)
        all_medians_s = (one for _, medians_s in timeline.medians_s for one in medians_s)
        drawing.time_height(latencies, all_medians_s, "latency (log)")
        all_ratios = (one for _, changes in timeline.ratios for one in changes)
        drawing.ratio_height(ratios, all_ratios, "ratio in pairs (log)")
        if counted:
            _draw_host(panels[-1], counted)
        panels[-1].set_xlabel("seconds since measuring began")
        drawing.legend(figure, 4)
        stretches = (
            f"Medians of {units.count_of(len(timeline.start_s), 'stretches')} "
            f"of {min(timeline.rounds)} to {max(timeline.rounds)} rounds"
        )
        if counted:
            most = units.percent(max(one.pressure_share for one in counted))
            stretches = f"{stretches}; at most {most} of a block something waited for a CPU"
        title = f"{scenario.name} while it was measured"
        return drawing.inline(
            figure, chart_id, title, f"{stretches}, by variant, and of their ratios."
        )


def _shade_effects(axes: Axes, scenario: SubjectComparison, variants: Sequence[str]) -> None:
    """The interval of each typical effect of the whole run."""
    for effect in scenario.effects:
        interval = effect.interval_familywise
        if effect.metric == TYPICAL and math.isfinite(interval.high):
            shade = tone(variants.index(effect.variant))
            axes.axhspan(interval.low, interval.high, color=shade, alpha=0.18, linewidth=0)


def _draw_host(axes: Axes, blocks: Sequence[Disturbance]) -> None:
    """A bar for each block: how much of it something waited for a CPU; hatched: stolen."""
    for shares, colour, hatch in (
        ([one.pressure_share for one in blocks], "#8c9199", ""),
        ([one.steal_share for one in blocks], "#b0568f", "//"),
    ):
        axes.bar(
            [one.start_s for one in blocks],
            [0.0 if math.isnan(share) else share for share in shares],
            [one.end_s - one.start_s for one in blocks],
            align="edge",
            color=colour,
            hatch=hatch,
            linewidth=0,
        )
    axes.set_ylim(0, max(0.1, *(one.pressure_share for one in blocks)) * 1.05)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=2))
    drawing.show_numbers(axes.yaxis, units.percent)
    axes.set_ylabel("waited")


def _draw(
    axes: Axes, start_s: Sequence[float], values: Sequence[float], index: int, name: str
) -> None:
    axes.plot(
        start_s,
        values,
        **style(index, marked=len(values) <= _MARKED_MAX),
        markersize=4,
        linewidth=1.4,
        label=clean(name) if name else "",
    )
