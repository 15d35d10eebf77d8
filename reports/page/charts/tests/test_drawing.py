"""Axes, names and SVG elements that all charts share."""

import re

import pytest

from reports import units
from reports.page.charts import drawing


@pytest.mark.parametrize("name", ["x", "y"])
@pytest.mark.parametrize("values", [[1.0], [1e-6, 1e-5], [1e-3, 1e5], [0.99, 1.01]])
def test_a_log_axis_has_room_and_labels(name: str, values: list[float]) -> None:
    """All values lie on it, with a share of the range on both sides, and ticks between."""
    with drawing.settings():
        axes = drawing.new_figure(2).add_subplot()
        drawing.log_axis(axes, "x" if name == "x" else "y", values, units.factor)
        low, high = axes.get_xlim() if name == "x" else axes.get_ylim()
        axis = axes.xaxis if name == "x" else axes.yaxis
        ticks = [tick for tick in axis.get_majorticklocs() if low <= tick <= high]

    assert low < min(values) <= max(values) < high
    assert "log" == axis.get_scale()
    assert ticks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 49, "a" * 47 + "…"),
        ("\x00\x1b\ud800", "\ufffd\ufffd\ufffd"),
        ("_hidden", "\u200b_hidden"),
        ("plain", "plain"),
    ],
)
def test_names_are_cleaned(text: str, expected: str) -> None:
    """Short, without what XML forbids, and never kept out of a legend."""
    assert expected == drawing.clean(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("20.0 ms", "20 ms"), ("1,500 B", "1500 B"), ("0.5", "0.5")]
)
def test_tick_labels_have_no_idle_zeros(text: str, expected: str) -> None:
    """A number and its unit."""
    assert expected == drawing.tick_label(text)


def test_styles_repeat_after_the_last() -> None:
    """So that any number of variants can be drawn."""
    assert drawing.style(0) == drawing.style(12)
    assert not set(drawing.style(0).values()) & set(drawing.style(1).values())
    assert "" == drawing.style(0, marked=False)["marker"]


def test_a_figure_becomes_an_element_for_a_page() -> None:
    """Ids are the chart's own, ink is the page's, and title and description are text."""
    with drawing.settings():
        figure = drawing.new_figure(2)
        figure.add_subplot().plot([1, 2], [1, 2], color=drawing.INK, marker="o", label="a")
        drawing.legend(figure)
        drawn = drawing.inline(figure, "chart", "<b> & \x00", "words")

    assert "&lt;b&gt; &amp; \ufffd" in drawn
    assert {name.startswith("chart") for name in re.findall(r'\sid="([^"]+)"', drawn)} == {True}
    assert drawing.INK not in drawn
    assert "currentColor" in drawn
    assert "style=" not in drawn
