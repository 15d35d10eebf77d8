"""A curve as a picture."""

from xml.etree import ElementTree as ET

from reports.history.chains import Curve, curves_of
from reports.history.curve_chart import curve_chart, placed
from reports.history.frame import history_of
from reports.history.tests.entries import gate
from reports.page.charts.tests.svg import check_parts


def curve() -> Curve:
    """Two chains, with a gap between them; the second has a link of another machine."""
    entries = [gate(0, 1.1, 0, 1), gate(1, 1.1, 1, 2), gate(2, 1.2, 5, 6)]
    (found,) = curves_of(history_of([*entries, gate(3, 1.2, 6, 7, machine="m2")]))
    return found


def test_chains_stand_one_behind_the_other() -> None:
    """Each begins with the commit that its first gate started from."""
    drawn = placed(curve(), 0.99)

    assert [[1, 2, 3], [4, 5, 6]] == [[one.place for one in chain] for chain in drawn.chains]
    assert [1.0, 1.1, 1.0, 1.2] == [round(one.ratio, 3) for one in drawn.points[0:2]] + [
        round(one.ratio, 3) for one in drawn.points[3:5]
    ]
    assert ((3.5,), (5.5,)) == (drawn.gaps, drawn.switches)


def test_a_curve_is_a_picture_with_words() -> None:
    """Gaps and other machines are in its legend, byte for byte the same each time."""
    drawn = curve_chart("list: head", [curve()], 0.99, "chart")

    check_parts(ET.fromstring(drawn))  # noqa: S314 - our own drawing
    assert "style=" not in drawn
    assert ">no gate joins these<" in drawn
    assert ">another machine or plan<" in drawn
    assert ">machine B<" in drawn
    assert "typical latency: 44.0 % slower over 2 links" in drawn
    assert drawn == curve_chart("list: head", [curve()], 0.99, "chart")
