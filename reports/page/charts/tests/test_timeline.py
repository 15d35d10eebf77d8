"""A scenario's course becomes a picture."""

import math
from dataclasses import replace

import pytest

from reports.effects.host import Disturbance
from reports.page.charts.tests.svg import check_chart
from reports.page.charts.timeline import timeline_chart
from reports.statistics.timeline import Timeline
from reports.verdicts.tests.test_gate import comparison_of

SCENARIO = comparison_of().scenarios[0]
VARIANT = SCENARIO.effects[0].variant
TIMELINE = Timeline(
    start_s=(0.0, 5.0),
    rounds=(50, 40),
    medians_s=(("baseline", (0.02, 0.021)), (VARIANT, (0.01, 0.011))),
    ratios=((VARIANT, (0.5, 0.52)),),
)


def test_stretches_are_described() -> None:
    """How many, of how many rounds; a host that counts nothing has no panel."""
    uncounted = [Disturbance(0.0, 5.0, math.nan, math.nan)]
    drawn = check_chart(lambda: timeline_chart(SCENARIO, TIMELINE, uncounted, "chart"))

    assert "Medians of 2 stretches of 40 to 50 rounds, by variant" in drawn
    assert ">waited<" not in drawn


def test_what_the_host_did_is_drawn_below() -> None:
    """Block by block, the worst in words."""
    blocks = [Disturbance(0.0, 5.0, math.nan, 0.4), Disturbance(5.0, 10.0, 0.1, 0.1)]
    drawn = check_chart(lambda: timeline_chart(SCENARIO, TIMELINE, blocks, "chart"))

    assert "at most 40 % of a block something waited for a CPU" in drawn
    assert ">waited<" in drawn


def test_many_stretches_are_lines_without_marks() -> None:
    """Marks would cover the line."""
    many = replace(
        TIMELINE,
        start_s=tuple(map(float, range(60))),
        rounds=(50,) * 60,
        medians_s=((VARIANT, (0.01,) * 60),),
        ratios=((VARIANT, (0.5,) * 60),),
    )
    check_chart(lambda: timeline_chart(SCENARIO, many, (), "chart"))


@pytest.mark.parametrize("value", [0.01, math.nan, math.inf, 0.0])
def test_any_course_makes_a_chart(value: float) -> None:
    """One stretch, values that are missing or endless, and an end of time are sound SVG."""
    values = (value,)
    one = replace(
        TIMELINE,
        start_s=(1e9,),
        rounds=(1,),
        medians_s=(("<b>", values), (VARIANT, values)),
        ratios=((VARIANT, values),),
    )
    blocks = [Disturbance(0.0, 1e9, 1.0, 1.0), Disturbance(0.0, math.inf, 0.5, 0.0)]

    check_chart(lambda: timeline_chart(SCENARIO, one, blocks, "chart"))


def test_without_stretches_there_is_no_chart() -> None:
    """Nor an error."""
    assert "" == timeline_chart(SCENARIO, replace(TIMELINE, start_s=()), (), "chart")
