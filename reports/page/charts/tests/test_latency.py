"""Latency distributions hold whatever a run may hold, and stay drawings."""

import math
from dataclasses import replace

import pytest

from reports.effects.shapes import Curve
from reports.page.charts.latency import latency_chart
from reports.page.charts.tests.svg import check_chart
from reports.verdicts.tests.test_gate import comparison_of

SCENARIO = comparison_of().scenarios[0]


def curve(variant: str, *latencies_s: float) -> Curve:
    """A curve through these latencies at even steps."""
    n = len(latencies_s)
    return Curve(variant, tuple((i + 0.5) / n for i in range(n)), latencies_s, n)


@pytest.mark.parametrize(
    "curves",
    [
        (curve("a", 0.01), curve("b", 0.01)),
        (curve("a", 1e-6, 1e-5), curve("b", 10.0, 100.0)),
        (curve("a", 0.010, 0.011), curve("b", 0.0101, 0.0112), curve("c", 0.0102, 0.0113)),
        (curve("a", 0.01, 0.01, 0.01),),
        (curve("a", 1e-9, 1e9), curve("b", math.inf, math.nan)),
        (curve("x" * 300, 0.01, 0.02), curve("\u202e\u05e9\u05dc", 0.02, 0.03)),
        (curve("$x_{^$", 0.01, 0.02), curve("\x00\x1b 漢字 <b>&", 0.02, 0.03)),
    ],
)
def test_any_latencies_make_a_chart(curves: tuple[Curve, ...]) -> None:
    """One value, eighteen decades, three close variants, hostile names: all are sound SVG."""
    check_chart(lambda: latency_chart(replace(SCENARIO, curves=curves), "chart"))


def test_no_variant_hides_from_the_legend() -> None:
    """A name with a leading underscore is shown like any other."""
    curves = tuple(curve(name, 0.01, 0.02) for name in ("_a", "b", "c"))

    assert "_a, median 15.0 ms" in latency_chart(replace(SCENARIO, curves=curves), "chart")


def test_two_curves_are_named_beside_them_where_there_is_room() -> None:
    """A long name stands in a legend instead."""
    short, long = (
        latency_chart(
            replace(SCENARIO, curves=(curve(name, 0.01, 0.02), curve("b", 0.02, 0.03))), "chart"
        )
        for name in ("a", "a" * 40)
    )

    assert ">median 15.0 ms<" in short
    assert f">{'a' * 40}, median 15.0 ms<" in long


@pytest.mark.parametrize("curves", [(), (Curve("a", (), (), 0),)])
def test_without_latencies_there_is_no_chart(curves: tuple[Curve, ...]) -> None:
    """There is nothing to draw."""
    assert "" == latency_chart(replace(SCENARIO, curves=curves), "chart")


def test_the_slowest_tenth_stands_below() -> None:
    """On a log scale of shares, over the same times, which are named once."""
    tails = ((0.1, 0.02), (0.01, 0.03), (0.001, 0.05))
    curves = tuple(replace(curve(name, 0.01, 0.02), tail=tails) for name in "ab")
    drawn = check_chart(lambda: latency_chart(replace(SCENARIO, curves=curves), "chart"))

    assert ">still waiting (log)<" in drawn
    assert 1 == drawn.count(">latency (log scale)<")
    assert all(f">{share} %<" in drawn for share in ("10", "1", "0.1"))
