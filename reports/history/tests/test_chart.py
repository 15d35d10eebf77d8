"""A trend as a picture."""

from xml.etree import ElementTree as ET

from reports.history.chart import trend_chart
from reports.history.frame import history_of
from reports.history.tests.entries import entry, noisy
from reports.history.trend import Trend, trends_of
from reports.page.charts.tests.svg import check_parts


def test_a_trend_is_a_picture_with_words() -> None:
    """Two machines, one of them with two plans: each machine has one name in the legend."""
    entries = [entry(number, ratio) for number, ratio in enumerate(noisy([0.5] * 15 + [1.25] * 15))]
    entries += [entry(30, 0.5, plan="q"), entry(31, 0.7, "m2")]
    (trend,) = trends_of(history_of(entries))
    drawn = trend_chart(trend, 32, "chart")

    assert "chart" == ET.fromstring(drawn).get("id")  # noqa: S314 - our own drawing
    assert "style=" not in drawn
    assert 1 == drawn.count(">machine A<")
    assert "machine A: 30 runs, the last" in drawn
    assert "machine B: 1 run, the last 30.0 % faster, 0 changes." in drawn
    assert drawn == trend_chart(trend, 32, "chart")


def test_an_effect_without_bounds_is_drawn_without_interval() -> None:
    """An entry holds null for ends that bound nothing."""
    one = entry(0, 0.5)
    effect = one.effects[0].model_copy(update={"low": None, "high": None})
    (trend,) = trends_of(history_of([one.model_copy(update={"effects": (effect,)})]))

    assert "the last 2.00x faster" in trend_chart(trend, 1, "chart")


def test_without_runs_there_is_no_picture() -> None:
    """Nor an error."""
    assert "" == trend_chart(Trend("list", "optimized", ()), 0, "chart")


def test_hundreds_of_runs_are_one_picture() -> None:
    """With ten numbers of runs at most."""
    (trend,) = trends_of(history_of([entry(number, 1.0) for number in range(400)]))
    drawn = trend_chart(trend, 400, "chart")

    check_parts(ET.fromstring(drawn))  # noqa: S314 - our own drawing
    assert ">400<" in drawn
    assert ">200<" in drawn
    assert ">201<" not in drawn
