"""Small charts say with shape and tone where each variant went."""

import re
from dataclasses import replace

from reports.effects.shapes import SubjectComparison, Verdict
from reports.page.charts.sparks import spark_charts
from reports.verdicts.tests.test_gate import EFFECT, comparison_of

SLOWER = replace(EFFECT, verdict=Verdict.SLOWER, ratio=2.0)
FASTER = replace(EFFECT, verdict=Verdict.FASTER, ratio=0.25)


def subject(*ratios: float) -> SubjectComparison:
    """One scenario with a variant for each ratio."""
    effects = tuple(replace(SLOWER if one > 1 else FASTER, ratio=one) for one in ratios)
    return replace(comparison_of().scenarios[0], effects=effects)


def test_slower_goes_right_and_all_share_one_scale() -> None:
    """Twice as slow is half as long as four times as fast, also in another scenario's drawing."""
    charts = spark_charts([("a", subject(2.0, 0.25)), ("b", subject(4.0))])
    bars = {
        name: [float(one) for one in re.findall(r"M36 [\d.]+h(-?[\d.]+)", svg)]
        for name, svg in charts.items()
    }

    assert {"a": [17.0, -34.0], "b": [34.0]} == bars
    assert 'class="bad"' in charts["a"]
    assert 'class="good"' in charts["a"]


def test_without_effects_nothing_is_drawn() -> None:
    """Such as of a scenario that only one side has."""
    assert {} == spark_charts([("a", subject())])


def test_a_ratio_of_nothing_is_no_bar() -> None:
    """An unknown ratio is drawn as none."""
    (svg,) = spark_charts([("a", subject(float("inf")))]).values()

    assert "h0" in svg
