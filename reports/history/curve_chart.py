"""Draws how far a service has moved over consecutive gates: the product of their effects."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from reports import units
from reports.history.chains import Chain, Curve
from reports.history.chart import machine_style
from reports.page.charts.drawing import INK, TONES, Style
from reports.page.charts.panels import BAND, Chart, Key, Panel, Reading, across, box, upright
from reports.page.charts.scales import Scale, linear_scale, log_scale
from reports.statistics.values import Interval

_TONE = TONES[1]
_READINGS_MAX = 60
"""Stops for who moves through the chart by keyboard."""


class Point(NamedTuple):
    """One commit.

    Attributes:
        place: along the axis, from 1.
        ratio: to the first commit of its chain, which has 1.
        letter: of the machine that measured it; empty for a first commit.
        commit: its id.
    """

    place: float
    ratio: float
    interval: Interval
    letter: str
    commit: str


@dataclass(frozen=True)
class Drawn:
    """A curve as it is drawn: chain behind chain.

    Attributes:
        chains: the points of each.
        gaps: places between two chains.
        switches: places before a link of another machine or plan.
    """

    chains: tuple[tuple[Point, ...], ...]
    gaps: tuple[float, ...]
    switches: tuple[float, ...]

    @property
    def points(self) -> list[Point]:
        """Of all chains."""
        return [point for chain in self.chains for point in chain]


def placed(curve: Curve, confidence: float) -> Drawn:
    """The commits of a curve along an axis, each with its interval of this confidence."""
    chains, switches, first = [], [], 1
    for chain in curve.chains:
        chains.append(tuple(_points(chain, first, confidence)))
        switches += [first + at + 0.5 for at in chain.switches]
        first += len(chain.links) + 1
    gaps = (after[0].place - 0.5 for _, after in pairwise(chains))
    return Drawn(tuple(chains), tuple(gaps), tuple(switches))


def _points(chain: Chain, first: int, confidence: float) -> Iterator[Point]:
    yield Point(first, 1.0, Interval(1.0, 1.0, confidence), "", chain.links[0].base)
    for at, (link, total) in enumerate(zip(chain.links, chain.totals, strict=True), first + 1):
        yield Point(at, total.ratio, total.interval(confidence), link.letter, link.head)


def curve_chart(title: str, curves: Sequence[Curve], confidence: float, chart_id: str) -> str:
    """One panel for each metric.

    Args:
        title: what it is about.
        curves: of one scenario and variant.
        confidence: of each interval.
        chart_id: of the drawing.
    """
    drawn = [placed(curve, confidence) for curve in curves]
    axes: dict[tuple[float, ...], Scale] = {}
    panels = [
        Panel(
            # Panels whose chains are the same share an axis, whose names then stand once.
            axes.setdefault((len(one.points), *one.gaps), _commits(len(one.points))),
            _ratios(f"{units.metric_name(curve.metric)} (log)", [one]),
            140,
        )
        for curve, one in zip(curves, drawn, strict=True)
    ]
    letters = sorted({point.letter for one in drawn for point in one.points} - {""})
    keys = [
        Key(f"machine {letter}", machine_style(at)._replace(tone=_TONE, dash=""))
        for at, letter in enumerate(letters)
    ]
    if any(one.gaps for one in drawn):
        keys.append(Key("no gate joins these", Style(INK, "1 1.5")))
    if any(one.switches for one in drawn):
        keys.append(Key("another machine or plan", Style(INK, "6 2")))
    chart = Chart(chart_id, panels, keys, readings=list(_readings(panels[0], drawn[0].points)))
    for panel, one in zip(panels, drawn, strict=True):
        _draw(panel, one, letters)
    totals = "; ".join(
        f"{units.metric_name(curve.metric)}: {units.change(curve.main.total.ratio)} over "
        f"{units.count_of(len(curve.main.links), 'links')}"
        for curve in curves
    )
    return chart.svg(title, f"The product of the gates' effects, with its interval. {totals}.")


def _readings(panel: Panel, points: Sequence[Point]) -> Iterator[Reading]:
    """The values of each commit; of many, those at the end of each stretch."""
    size = math.ceil(len(points) / _READINGS_MAX)
    for first in range(0, len(points), size):
        last = points[min(first + size, len(points)) - 1]
        change = (
            units.change(last.ratio, last.interval) if last.letter else "the first of its chain"
        )
        words = f"commit {last.commit[:10]}: {change}"
        yield Reading(words, [(panel, box(points[first].place - 0.5, last.place + 0.5))])


def _commits(count: int) -> Scale:
    return linear_scale(
        "commit, oldest first", 0.5, count + 0.5, units.count, ticks_max=10, step_min=1
    )


def _ratios(title: str, drawn: Sequence[Drawn]) -> Scale:
    points = [point for one in drawn for point in one.points]
    ends = [end for point in points for end in (point.interval.low, point.interval.high)]
    return log_scale(title, [1.0, *(point.ratio for point in points), *ends], units.factor)


def _draw(panel: Panel, drawn: Drawn, letters: Sequence[str]) -> None:
    panel.line(across(1), Style(INK), 1)
    for chain in drawn.chains:
        lows = [(point.place, point.interval.low) for point in chain]
        highs = [(point.place, point.interval.high) for point in chain]
        panel.areas([[*lows, *reversed(highs)]], _TONE, BAND)
        panel.line([(point.place, point.ratio) for point in chain], Style(_TONE), 1.5)
    for at, letter in enumerate(letters):
        mark = Style(_TONE, mark=machine_style(at).mark)
        for point in drawn.points:
            if point.letter == letter:
                panel.marks([(point.place, point.ratio)], mark)
    for place in drawn.gaps:
        panel.line(upright(place), Style(INK, "1 1.5"), 1.2)
    for place in drawn.switches:
        panel.line(upright(place), Style(INK, "6 2"), 0.8)
