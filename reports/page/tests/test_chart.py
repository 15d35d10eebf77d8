"""Drawings hold whatever a run may hold, and stay drawings."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from reports.model import Curve, ShiftFunction, Spread, StageBreakdown
from reports.page.charts.chart import latency_chart, payload_chart, shift_chart, stage_chart
from reports.units import change
from reports.verdicts.tests.test_gate import COUNTER, comparison_of

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
        (curve("$x_{^$", 0.01, 0.02), curve("\x00\x1b 漢字 <b>&", 0.02, 0.03)),
    ],
)
def test_any_latencies_make_a_chart(curves: tuple[Curve, ...]) -> None:
    """One value, eight decades, three close variants, hostile names: all are sound SVG."""
    drawn = latency_chart(replace(SCENARIO, curves=curves), "chart")

    root = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    assert "chart" == root.get("id")
    assert "style=" not in drawn
    assert drawn == latency_chart(replace(SCENARIO, curves=curves), "chart")


@pytest.mark.parametrize(
    "ratios",
    [(1.0, 1.0, 1.0), (1.001, 1.002, 1.003), (1e-3, 1.0, 1e3), (0.02, 0.03, 0.04)],
)
def test_any_ratios_make_a_shift_chart(ratios: tuple[float, ...]) -> None:
    """None, tiny, and of six decades; hostile names; and the ends are told in words."""
    curves = (curve("a", 0.01), curve("$x^ <b>\x00", 0.01), curve("_c", 0.01))
    shares = (0.2, 0.5, 0.95)
    functions = tuple(
        ShiftFunction(one.variant, shares, ratios, ratios, ratios, 0.95, 200) for one in curves[1:]
    )
    scenario = replace(SCENARIO, curves=curves, shift_functions=functions)

    drawn = shift_chart(scenario, "chart")

    root = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    assert "chart" == root.get("id")
    assert "style=" not in drawn
    assert f"_c: {change(ratios[1])} at 50 %, {change(ratios[2])} at 95 %." in drawn
    assert drawn == shift_chart(scenario, "chart")


def test_stages_without_time_are_left_out() -> None:
    """A stage no variant spent time in has neither bar nor legend."""
    parts = (("db", 0.01), ("sign", 0.0), ("rest of the service", 0.001))
    scenario = replace(SCENARIO, stages=(StageBreakdown("a", 0.011, parts),))

    texts = ET.fromstring(stage_chart(scenario, "chart")).itertext()  # noqa: S314 - our own drawing
    legend = {text for text in texts if text in {"db", "sign", "rest of the service"}}

    assert {"db", "rest of the service"} == legend


def test_without_time_there_is_no_stage_chart() -> None:
    """Stages of zero seconds draw nothing."""
    scenario = replace(SCENARIO, stages=(StageBreakdown("a", 0.0, (("db", 0.0),)),))

    assert "" == stage_chart(scenario, "chart")


def test_no_variant_hides_from_the_legend() -> None:
    """A name with a leading underscore is shown like any other."""
    curves = tuple(curve(name, 0.01, 0.02) for name in ("_a", "b", "c"))

    assert "_a, median 15.0 ms" in latency_chart(replace(SCENARIO, curves=curves), "chart")


def test_rows_have_an_axis_of_their_own() -> None:
    """A run that counted only rows draws those; bytes stand above, on another scale."""
    counted = replace(COUNTER, metric="db_bytes", before=Spread(9e6, 9e6, 9e6))
    both = comparison_of()
    both = replace(both, scenarios=(replace(both.scenarios[0], counters=(counted, COUNTER)),))

    assert "rows (log scale)" in payload_chart(comparison_of(), "chart")
    assert "bytes (log scale)" not in payload_chart(comparison_of(), "chart")
    assert all(f"{axis} (log scale)" in payload_chart(both, "chart") for axis in ("bytes", "rows"))


def test_what_is_neither_bytes_nor_rows_is_not_drawn() -> None:
    """A run that counted nothing else draws nothing."""
    other = comparison_of(counter=replace(COUNTER, metric="urls_signed"))

    assert payload_chart(other, "chart") == ""
