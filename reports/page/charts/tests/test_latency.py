"""Latency distributions hold whatever a run may hold, and stay drawings."""

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
        (curve("$x_{^$", 0.01, 0.02), curve("\x00\x1b 漢字 <b>&", 0.02, 0.03)),
    ],
)
def test_any_latencies_make_a_chart(curves: tuple[Curve, ...]) -> None:
    """One value, eight decades, three close variants, hostile names: all are sound SVG."""
    check_chart(lambda: latency_chart(replace(SCENARIO, curves=curves), "chart"))


def test_no_variant_hides_from_the_legend() -> None:
    """A name with a leading underscore is shown like any other."""
    curves = tuple(curve(name, 0.01, 0.02) for name in ("_a", "b", "c"))

    assert "_a, median 15.0 ms" in latency_chart(replace(SCENARIO, curves=curves), "chart")
