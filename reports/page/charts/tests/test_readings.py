"""Values are shown to who points at a part of a chart or moves to it."""

import math
from xml.etree import ElementTree as ET

import pytest

from reports.page.charts.drawing import WIDTH, text_width
from reports.page.charts.panels import Chart, Panel, Reading, box
from reports.page.charts.readings import add_readings, lines_of, parts_of, with_counts
from reports.page.charts.scales import linear_scale, row_scale
from reports.page.charts.tests.svg import check_chart, texts, values_of
from reports.units import percent


@pytest.mark.parametrize(
    ("places", "parts"),
    [
        ([], []),
        ([3.0], [(-math.inf, math.inf)]),
        ([1.0, 3.0, 7.0], [(-math.inf, 2.0), (2.0, 5.0), (5.0, math.inf)]),
    ],
)
def test_each_place_has_what_is_nearest(
    places: list[float], parts: list[tuple[float, float]]
) -> None:
    """The first and the last reach to the ends."""
    assert parts == parts_of(places)


def test_a_common_count_is_given_once() -> None:
    """Others stand beside their variant."""
    alike = [("a", "1 ms", 4), ("b", "2 ms", 4)]

    assert "p95 of 4 rounds: a 1 ms; b 2 ms" == with_counts("p95", alike, "rounds")
    assert "p95: a 1 ms of 1 round; b 2 ms of 4 rounds" == with_counts(
        "p95", [("a", "1 ms", 1), alike[1]], "rounds"
    )


def test_long_words_take_several_lines() -> None:
    """None is wider than the drawing, and nothing is lost between them."""
    words = "; ".join(f"variant {number} 12.3 ms" for number in range(20))
    lines = lines_of(words)

    assert 1 < len(lines) < 10
    assert words == "; ".join(lines)
    assert all(text_width(line) <= WIDTH for line in [*lines, *lines_of("x" * 500)])


def test_a_part_can_be_pointed_at_and_moved_to() -> None:
    """Its words stand above the panels, in the place of a hint."""

    def draw() -> str:
        panel = Panel(linear_scale("", 0, 1, percent), row_scale(["a", "b"]), 50)
        words = "; ".join(f"variant {number} 12.3 ms" for number in range(9))
        readings = [
            Reading("<b> & \x00", [(panel, box(0, 1, 0.5, -0.5))]),
            Reading(words, [(panel, box(0, 1, 1.5, 0.5))]),
        ]
        return Chart("chart", [panel], readings=readings).svg("title", "words")

    drawn = check_chart(draw)
    above = [y for _, y, text in texts(drawn) if "variant" in text or "Point" in text]

    assert "<b> & \ufffd" == values_of(drawn)[0]
    assert 1 == drawn.count("Point at the chart")
    assert max(above) < min(y for _, y, text in texts(drawn) if text == "a")


def test_a_part_without_a_place_is_only_moved_to() -> None:
    """Its words are read all the same."""
    root = ET.Element("svg")
    add_readings(root, [("words", "")], 0)

    assert "words" == root[1][0][-1].text
