"""Draws the search for each variant's capacity."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from contract.run.record import LoadRecord, StepRecord
from reports import units
from reports.effects.capacity import Capacity
from reports.effects.comparison import Comparison
from reports.page.charts import drawing
from reports.page.charts.drawing import INK, clean, mark, tone


def capacity_chart(load: LoadRecord, comparison: Comparison, chart_id: str) -> str:
    """Which share of requests missed the objective at which rate, step by step."""
    steps = [one for one in load.steps if one.phase == "capacity" and one.rate_per_s > 0]
    if not steps or comparison.load is None:
        return ""
    capacities = comparison.load.capacities
    with drawing.settings():
        figure = drawing.new_figure(2.9)
        axes = figure.add_subplot()
        for index, capacity in enumerate(capacities):
            own_steps = [one for one in steps if one.variant == capacity.variant]
            _draw_steps(axes, index, capacity, own_steps)
        rates = [one.rate_per_s for one in steps]
        drawing.log_axis(axes, "x", rates, "{:g}".format, decades_min=0.15)
        axes.axhline(1 - load.objective_quantile, color=INK, linewidth=1, linestyle=":")
        axes.set_ylim(-0.04, 1.04)
        drawing.show_numbers(axes.yaxis, "{:.0%}".format)
        axes.set_xlabel("requests per second (log scale)")
        axes.set_ylabel("missed the objective")
        drawing.legend(figure)
        bounds = "; ".join(
            f"{one.variant} met the objective up to {units.rate(one.low_per_s)} and missed it from "
            f"{units.rate(one.high_per_s)} requests per second on"
            for one in capacities
        )
        title = "Steps of the search for capacity, by variant"
        return drawing.inline(
            figure, chart_id, title, f"Share of requests that missed it. {bounds}."
        )


def _draw_steps(axes: Axes, index: int, capacity: Capacity, steps: Sequence[StepRecord]) -> None:
    if 0 < capacity.low_per_s < capacity.high_per_s < math.inf:
        axes.axvspan(
            capacity.low_per_s, capacity.high_per_s, color=tone(index), alpha=0.18, linewidth=0
        )
    for met in (True, False):
        alike = [one for one in steps if bool(one.met) == met]
        axes.plot(
            [one.rate_per_s for one in alike],
            [one.late_share for one in alike],
            color=tone(index),
            marker=mark(index),
            markerfacecolor=tone(index) if met else "none",
            markeredgewidth=1.6,
            markersize=7,
            linestyle="none",
            label=clean(capacity.variant) if met else "",
        )
