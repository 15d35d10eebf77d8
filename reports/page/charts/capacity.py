"""Draws the search for each variant's capacity."""

import math
from collections.abc import Sequence

from contract.run.record import LoadRecord, StepRecord
from reports import units
from reports.effects.comparison import Comparison
from reports.page.charts.drawing import INK, Style, style
from reports.page.charts.panels import BAND, Chart, Key, Panel, Reading, across, box
from reports.page.charts.readings import parts_of
from reports.page.charts.scales import linear_scale, log_scale


def capacity_chart(load: LoadRecord, comparison: Comparison, chart_id: str) -> str:
    """Which share of requests missed the objective at which rate, step by step."""
    steps = [one for one in load.steps if one.phase == "capacity" and one.rate_per_s > 0]
    if not steps or comparison.load is None:
        return ""
    capacities = comparison.load.capacities
    tried = [one.rate_per_s for one in steps]
    rates = log_scale("requests per second (log scale)", tried, units.rate, decades_min=0.15)
    shares = linear_scale("missed the objective", -0.04, 1.04, units.percent)
    panel = Panel(rates, shares, 125)
    keys = [Key(one.variant, style(index), lined=False) for index, one in enumerate(capacities)]
    named = sorted(set(tried))
    readings = [
        Reading(_words(steps, rate_per_s), [(panel, box(*part))])
        for rate_per_s, part in zip(named, parts_of(named), strict=True)
    ]
    chart = Chart(chart_id, [panel], keys, readings=readings)
    for index, capacity in enumerate(capacities):
        low, high = capacity.low_per_s, capacity.high_per_s
        if 0 < low < high < math.inf:
            panel.areas([box(low, high)], style(index).tone, BAND)
        for met in (True, False):
            alike = [
                (one.rate_per_s, one.late_share)
                for one in steps
                if one.variant == capacity.variant and bool(one.met) == met
            ]
            panel.marks(alike, style(index), 3.5, hollow=not met)
    panel.line(across(1 - load.objective_quantile), Style(INK, "1 1.5"), 1)
    bounds = "; ".join(
        f"{one.variant} met the objective up to {units.rate(one.low_per_s)} and missed it from "
        f"{units.rate(one.high_per_s)} requests per second on"
        for one in capacities
    )
    title = "Steps of the search for capacity, by variant"
    return chart.svg(title, f"Share of requests that missed it. {bounds}.")


def _words(steps: Sequence[StepRecord], rate_per_s: float) -> str:
    """What became of the requests of all variants at one rate."""
    shares = "; ".join(
        f"{one.variant} {units.percent(one.late_share)} missed of "
        f"{units.count_of(sum(one.sent), 'requests')}"
        for one in steps
        if one.rate_per_s == rate_per_s
    )
    return f"{units.rate(rate_per_s)} requests per second: {shares}"
