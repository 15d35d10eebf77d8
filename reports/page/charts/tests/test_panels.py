"""Panels, axes and legends become an element for a page, whatever they hold."""

import math
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import units
from reports.page.charts.drawing import INK, style, text_width
from reports.page.charts.panels import WIDTH, Chart, Key, Panel, across, box, upright
from reports.page.charts.scales import linear_scale, log_scale, logit_scale, row_scale, time_label
from reports.page.charts.tests.svg import check_chart, check_parts, height, texts

HOSTILE = (
    "<b>&\"'",
    "\x00\x1b\ud800\ufffe",
    "$x_{^$",
    "x" * 300,
    "\u202e\u05e9\u05dc\u05d5\u05dd",
    "漢" * 300,
    "",
)


def panel_of(x_values: list[float], y_values: list[float]) -> Panel:
    return Panel(
        log_scale("x title", x_values, time_label), log_scale("y title", y_values, units.factor), 90
    )


def test_a_panel_becomes_an_element_for_a_page() -> None:
    """Ids are the chart's own, ink is the page's, and title and description are text."""
    panel = panel_of([1, 2], [1, 2])
    chart = Chart("chart", [panel], [Key("a", style(1))])
    panel.line([(1, 1), (2, 2)], style(1))
    drawn = chart.svg("<b> & \x00", "words")

    assert "&lt;b&gt; &amp; \ufffd" in drawn
    assert {name.startswith("chart") for name in re.findall(r'\sid="([^"]+)"', drawn)} == {True}
    assert f'fill="{INK}"' in drawn
    assert "style=" not in drawn


def test_panels_with_one_scale_along_name_it_once() -> None:
    """Below the last one; panels with scales of their own name each."""
    along = log_scale("shared", [1, 2], time_label)
    up = log_scale("", [1, 2], units.factor)
    shared = Chart("chart", [Panel(along, up, 50), Panel(along, up, 50)]).svg("", "")
    own = Chart("chart", [panel_of([1, 2], [1, 2]), panel_of([1, 2], [1, 2])]).svg("", "")

    assert 1 == shared.count(">shared<")
    assert 1 == shared.count(">1.2 s<")
    assert 2 == own.count(">x title<")


@pytest.mark.parametrize(
    ("low", "high"), [(1, 1), (1e-9, 1e9), (0.999, 1.001), (1.23456e-5, 1.23457e-5), (3, 8)]
)
def test_names_beside_ticks_never_collide_or_leave_the_drawing(low: float, high: float) -> None:
    """Along and upwards, with the widths that are assumed."""
    drawn = Chart("chart", [panel_of([low, high], [low, high])]).svg("", "")
    placed = [one for one in texts(drawn) if "title" not in one[2]]
    bottom = max(y for _, y, _ in placed)
    along = [(x, name) for x, y, name in placed if y == bottom]
    upwards = sorted(y for _, y, name in placed if y != bottom)

    assert along
    assert upwards
    assert all(
        x + text_width(name) / 2 < later - text_width(other) / 2
        for (x, name), (later, other) in pairwise(along)
    )
    assert all(x + text_width(name) / 2 <= WIDTH for x, name in along)
    assert all(x - text_width(name) >= 0 for x, y, name in placed if y != bottom)
    assert all(later - y >= 10 for y, later in pairwise(upwards))


def test_a_legend_takes_as_many_rows_as_it_needs() -> None:
    """No entry leaves the drawing."""
    keys = [Key(f"{'long name ' * 3}{number}", style(number)) for number in range(9)]
    drawn = Chart("chart", [panel_of([1, 2], [1, 2])], keys).svg("", "")
    entries = [one for one in texts(drawn) if "long name" in one[2]]

    assert 9 == len(entries)
    assert len({y for _, y, _ in entries}) > 1
    assert all(x + text_width(text) <= WIDTH for x, _, text in entries)


def test_hundreds_of_rows_have_their_names() -> None:
    """The drawing grows with them."""
    rows = [f"row {number}" for number in range(300)]
    panel = Panel(log_scale("", [1, 2], units.factor), row_scale(rows), 24 * len(rows))
    drawn = Chart("chart", [panel]).svg("", "")

    assert all(f">{row}<" in drawn for row in rows)
    assert height(ET.fromstring(drawn)) > 24 * len(rows)  # noqa: S314 - our own drawing


def test_hostile_names_stay_texts() -> None:
    """In rows, legends, titles and beside numbers."""

    def draw() -> str:
        panel = Panel(log_scale("", [1, 2], units.factor), row_scale(HOSTILE), 24 * len(HOSTILE))
        keys = [Key(name, style(index)) for index, name in enumerate(HOSTILE)]
        chart = Chart("chart", [panel], keys, "#b0568f")
        for row, name in enumerate(HOSTILE):
            panel.text(1, row, name, (9, 0))
        return chart.svg("".join(HOSTILE), "".join(HOSTILE))

    drawn = check_chart(draw)
    assert "<b>" not in drawn
    assert all(x >= 0 for x, _, _ in texts(drawn))


ANY = st.floats() | st.sampled_from([0.0, 1.0, -1.0, 1e-9, 1e9, math.nan, math.inf, -math.inf])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ANY, ANY), max_size=6))
def test_any_numbers_are_drawn_inside(points: list[tuple[float, float]]) -> None:
    """Or left out; never without a place."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    scales = (
        log_scale("", xs, time_label),
        linear_scale("", min(xs, default=0), max(xs, default=0), units.percent),
        logit_scale("", xs, units.percent, (0.1, 0.9)),
    )
    for scale in scales:
        panel = Panel(scale, log_scale("", ys, units.factor), 50)
        chart = Chart("chart", [panel])
        panel.line(points, style(0))
        panel.areas([points, box(*points[0]) if points else []], "#b0568f")
        for x, y in points:
            panel.line(upright(x), style(1))
            panel.line(across(y), style(2))
            panel.text(x, y, "text", (0, 0))
        check_parts(ET.fromstring(chart.svg("", "")))  # noqa: S314 - our own drawing
