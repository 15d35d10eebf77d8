"""Small drawings of a history's first screen."""

import re
from xml.etree import ElementTree as ET

from reports.history.chains import curves_of
from reports.history.frame import history_of
from reports.history.small_charts import curve_drawings, trend_drawings
from reports.history.tests.entries import entry, gate
from reports.history.trend import trends_of


def levels(drawing: str) -> list[str]:
    """The heights of the line that stands for no change."""
    return re.findall(r'd="M0 ([\d.]+)H240"', drawing)


def test_all_curves_have_one_scale() -> None:
    """So a large change looks larger than a small one; the end of the line has a mark."""
    (small,) = curves_of(history_of([gate(0, 1.01, 0, 1)]))
    (large,) = curves_of(history_of([gate(0, 2.0, 0, 1)]))
    drawn = curve_drawings({"small": small, "large": large}, 0.99)

    assert levels(drawn["small"]) == levels(drawn["large"])
    assert drawn["small"] != drawn["large"]
    for one in drawn.values():
        assert 4 == len(list(ET.fromstring(one)))  # noqa: S314 - our own drawing
        assert "style=" not in one


def test_runs_without_bounds_have_no_band() -> None:
    """The line is there all the same."""
    one = entry(0, 0.5)
    effect = one.effects[0].model_copy(update={"low": None, "high": None})
    (trend,) = trends_of(history_of([one.model_copy(update={"effects": (effect,)})]))

    assert 3 == len(list(ET.fromstring(trend_drawings({"a": trend})["a"])))  # noqa: S314 - ours


def test_without_runs_there_is_no_drawing() -> None:
    """Nor an error."""
    assert {} == trend_drawings({})
