"""Effects become rows with intervals."""

import math
from dataclasses import replace

from reports.page.charts.forest import ROWS_MAX, forest_chart
from reports.page.charts.tests.svg import check_chart
from reports.statistics.values import Interval
from reports.verdicts.tests.test_gate import comparison_of


def test_each_typical_effect_is_a_row() -> None:
    """With its words; the same in any number of variants."""
    drawn = check_chart(lambda: forest_chart(comparison_of(), "chart"))
    (effect,) = (one for one in comparison_of().effects() if one.metric == "latency_s_p50")

    assert f"{effect.scenario}: " in drawn
    assert f", {effect.verdict}." in drawn


def test_unbounded_effects_are_not_drawn() -> None:
    """An interval without an end has no place on an axis."""
    found = comparison_of()
    open_ended = tuple(
        replace(one, interval_familywise=Interval(0.0, math.inf, 0.99))
        for one in found.scenarios[0].effects
    )
    scenario = replace(found.scenarios[0], effects=open_ended)

    assert "" == forest_chart(replace(found, scenarios=(scenario,)), "chart")


def test_the_chart_has_at_most_so_many_rows() -> None:
    """More of them are in the table."""
    found = comparison_of()
    scenarios = tuple(
        replace(
            found.scenarios[0],
            subject=found.scenarios[0].scenario.model_copy(update={"name": f"s{number}"}),
            effects=tuple(
                replace(one, scenario=f"s{number}") for one in found.scenarios[0].effects
            ),
        )
        for number in range(ROWS_MAX + 3)
    )
    drawn = forest_chart(replace(found, scenarios=scenarios), "chart")

    assert ROWS_MAX == sum(f">s{number}<" in drawn for number in range(ROWS_MAX + 3))
