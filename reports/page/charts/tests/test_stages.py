"""Stages of a request become bars."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from reports.effects.shapes import StageBreakdown
from reports.effects.stages import REST
from reports.page.charts.stages import stage_chart
from reports.page.charts.tests.svg import check_chart
from reports.verdicts.tests.test_gate import comparison_of

SCENARIO = comparison_of().scenarios[0]


def test_stages_without_time_are_left_out() -> None:
    """A stage no variant spent time in has neither bar nor legend."""
    parts = (("db", 0.01), ("sign", 0.0), ("rest of the service", 0.001))
    scenario = replace(SCENARIO, stages=(StageBreakdown("a", 0.011, parts),))

    drawn = check_chart(lambda: stage_chart(scenario, "chart"))
    texts = ET.fromstring(drawn).itertext()  # noqa: S314 - our own drawing
    legend = {text for text in texts if text in {"db", "sign", "rest of the service"}}

    assert {"db", "rest of the service"} == legend


def test_without_time_there_is_no_stage_chart() -> None:
    """Stages of zero seconds draw nothing, nor does a variant that reported none."""
    scenario = replace(SCENARIO, stages=(StageBreakdown("a", 0.0, (("db", 0.0),)),))

    assert "" == stage_chart(scenario, "chart")
    silent = replace(SCENARIO, stages=(StageBreakdown("a", 0.1, ()),))
    assert "" == stage_chart(silent, "chart")


def test_without_variants_there_is_no_stage_chart() -> None:
    """Nor an error."""
    assert "" == stage_chart(replace(SCENARIO, stages=()), "chart")


def test_the_rest_outside_the_service_is_hatched() -> None:
    """By a pattern with an id of the chart's own; only stages with room hold their time."""
    parts = (("db", 0.01), ("sign", 1e-5), (REST[0], 0.001), (REST[1], 0.005))
    scenario = replace(SCENARIO, stages=(StageBreakdown("<b>", 0.016, parts),))
    drawn = check_chart(lambda: stage_chart(scenario, "chart"))

    assert 'id="chart-hatch"' in drawn
    assert 2 == drawn.count("url(#chart-hatch)")
    assert ">10.0 ms<" in drawn
    assert ">10.0 µs<" not in drawn
