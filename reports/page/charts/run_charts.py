"""Draws all charts of one page, by the ids that the page gives them."""

from collections.abc import Mapping, Sequence

from contract.run.memory import MemoryRow
from contract.run.record import RunRecord
from reports.effects.comparison import Comparison
from reports.effects.functions import Functions
from reports.effects.host import HostNoise
from reports.page.charts.capacity import capacity_chart
from reports.page.charts.dumbbells import dumbbell_charts
from reports.page.charts.forest import forest_chart
from reports.page.charts.latency import latency_chart
from reports.page.charts.memory import memory_chart
from reports.page.charts.payload import payload_chart
from reports.page.charts.shape import shape_chart
from reports.page.charts.shift import shift_chart
from reports.page.charts.sparks import spark_charts
from reports.page.charts.stages import stage_chart
from reports.page.charts.sweep import sweep_chart
from reports.page.charts.timeline import timeline_chart
from reports.page.shapes import FunctionsPart, Page
from reports.page.tables import are_many


def draw_run(
    record: RunRecord,
    comparison: Comparison,
    page: Page,
    host: Sequence[HostNoise],
    memory: Sequence[MemoryRow],
) -> Mapping[str, str]:
    """The SVG elements of a run's page, by id; without those that would be empty.

    Of many comparisons, latencies are drawn on a log axis, and nothing else of each scenario.
    """
    disturbances = {one.scenario: one.disturbances for one in host}
    charts = {
        "forest": forest_chart(comparison, "forest"),
        "payload": payload_chart(comparison, "payload"),
        "held": memory_chart(memory, "held"),
        **dumbbell_charts([one.dumbbell for one in page.overview.changes]),
        **spark_charts(
            [
                (section.spark_chart_id, scenario)
                for scenario, section in zip(comparison.scenarios, page.sections, strict=True)
            ]
        ),
    }
    many = are_many(comparison)
    if record.load:
        charts["capacity-steps"] = capacity_chart(record.load, comparison, "capacity-steps")
    for scenario, section in zip(comparison.scenarios, page.sections, strict=True):
        if scenario.curves:
            charts[section.latency_chart_id] = latency_chart(
                scenario, section.latency_chart_id, twice=section.has_linear_axis
            )
        if many:
            continue
        charts[section.shape_chart_id] = shape_chart(scenario, section.shape_chart_id)
        if scenario.shift_functions:
            charts[section.shift_chart_id] = shift_chart(scenario, section.shift_chart_id)
        if scenario.timeline:
            charts[section.time_chart_id] = timeline_chart(
                scenario,
                scenario.timeline,
                disturbances.get(scenario.name, ()),
                section.time_chart_id,
            )
        if scenario.stages:
            charts[section.stage_chart_id] = stage_chart(scenario, section.stage_chart_id)
    if page.functions and comparison.functions:
        charts |= draw_sweeps(comparison.functions, page.functions)
    return {chart_id: svg for chart_id, svg in charts.items() if svg}


def draw_sweeps(functions: Functions, part: FunctionsPart) -> dict[str, str]:
    """The SVG elements of a suite's page, by id."""
    return {
        chart_id: sweep_chart(functions.levels, functions.growths, along, chart_id)
        for chart_id, along in part.sweeps
    }
