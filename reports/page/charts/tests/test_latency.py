"""Latency distributions hold whatever a run may hold, and stay drawings."""

import math
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from reports.effects.curves import Curve, latency_curves
from reports.page.charts.density import LAYERS
from reports.page.charts.latency import latency_chart
from reports.page.charts.tests.svg import check_chart, values_of
from reports.statistics.values import FloatArray
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


@pytest.mark.parametrize("curves", [(), (Curve("a", (), (), 0),)])
def test_without_latencies_there_is_no_chart(curves: tuple[Curve, ...]) -> None:
    """There is nothing to draw."""
    assert "" == latency_chart(replace(SCENARIO, curves=curves), "chart")


def test_the_slowest_tenth_stands_below() -> None:
    """On a log scale of shares, over the same times, which are named once for each axis."""
    tails = ((0.1, 0.02), (0.01, 0.03), (0.001, 0.05))
    curves = tuple(replace(curve(name, 0.01, 0.02), tail=tails) for name in "ab")
    drawn = check_chart(lambda: latency_chart(replace(SCENARIO, curves=curves), "chart"))

    assert 2 == drawn.count(">still waiting (log)<")
    assert 1 == drawn.count(">latency (log scale)<")
    assert 1 == drawn.count(">latency<")
    assert all(f">{share} %<" in drawn for share in ("10", "1", "0.1"))


def drawn_of(**latencies_s: FloatArray) -> str:
    """The chart of these latencies by variant."""
    scenario = replace(SCENARIO, curves=latency_curves(latencies_s))
    return check_chart(lambda: latency_chart(scenario, "chart"))


def test_values_and_counts_are_those_of_all_requests() -> None:
    """At each quantile that requests are beyond, and for each variant."""
    a, b = np.linspace(0.010, 0.020, 400), np.linspace(0.020, 0.040, 400)
    values = values_of(drawn_of(a=a, b=b))

    assert 7 + 2 == len(values)
    assert "p95 of 400 requests: a 19.5 ms; b 39.0 ms" in values
    assert values[7].startswith("a, 400 requests: p5 10.5 ms; p25 12.5 ms; p50 15.0 ms")


def test_counts_that_differ_stand_beside_each_variant() -> None:
    """As of users in a closed loop."""
    values = values_of(drawn_of(a=np.full(10, 0.01), b=np.full(40, 0.02)))

    assert "p50: a 10.0 ms of 10 requests; b 20.0 ms of 40 requests" in values
    assert "p95 of 40 requests: b 20.0 ms" in values


def test_median_p95_and_p99_are_marked_and_named() -> None:
    """On each axis."""
    drawn = drawn_of(a=np.linspace(0.01, 0.02, 400))

    assert all(2 == drawn.count(f">{name}<") for name in ("p50", "p95", "p99"))
    assert all(2 != drawn.count(f">{name}<") for name in ("p5", "p90", "p99.9"))


def test_both_axes_are_drawn_and_one_is_shown() -> None:
    """Without a style sheet, too."""
    root = ET.fromstring(drawn_of(a=np.linspace(0.01, 0.02, 400)))  # noqa: S314 - our own drawing
    groups = {one.get("class"): one.get("display") for one in root.iter() if one.get("class")}

    assert {"log": None, "linear": "none", "hint": None} == groups


def stretches(drawn: str, scale: str, layer: int) -> list[int]:
    """How many stretches a layer of each variant's band has."""
    root = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    shown = next(one for one in root.iter() if one.get("class") == scale)
    bands = [one for one in shown.iter() if one.get("stroke-opacity")]
    return [(band[layer].get("d") or "").count("M") for band in bands]


@pytest.mark.parametrize("scale", ["log", "linear"])
@pytest.mark.parametrize("slow_share", [0.5, 0.3, 0.1])
def test_two_groups_are_two_dark_bands(scale: str, slow_share: float) -> None:
    """And one group is one, narrow or wide; of a small group, the band is lighter."""
    chance = np.random.default_rng(1)
    one = 0.01 * np.exp(chance.normal(0, 0.1, 2_000))
    two = np.where(chance.random(2_000) < slow_share, 2.0, 1.0) * one
    wide = 0.01 * np.exp(chance.normal(0, 0.5, 2_000))

    # What takes twice as long is half as dense in each second.
    peak = slow_share / (1 - slow_share) / (2 if scale == "linear" else 1)
    layer = int(LAYERS * math.sqrt(0.8 * peak) - 0.5)

    assert [1, 2, 1] == stretches(drawn_of(one=one, two=two, wide=wide), scale, layer)


def test_a_single_slow_request_does_not_press_the_others_together() -> None:
    """The linear axis ends after the highest quantile that is named."""
    drawn = drawn_of(a=np.r_[np.linspace(0.01, 0.02, 400), 10.0, 10.0, 10.0])

    assert ">10 s<" in drawn.partition('class="linear"')[0]
    assert ">10 s<" not in drawn.partition('class="linear"')[2]
    assert ">20 ms<" in drawn.partition('class="linear"')[2]
