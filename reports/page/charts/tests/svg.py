"""What must be true of every chart."""

import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree as ET

from reports.page.charts.panels import WIDTH

CHART_BYTES_MAX = 40_000
_COORDINATES = ("d", "x", "y", "transform", "viewBox")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_TAGS = {"svg", "title", "desc", "g", "path", "text", "pattern"}


def check_chart(draw: Callable[[], str]) -> str:
    """Sound SVG with id and words, without styles, small, and the same each time; the drawing."""
    drawn = draw()
    root = ET.fromstring(drawn)  # noqa: S314 - our own drawing

    # What can be moved to must not be inside an image.
    values = any(part.get("role") == "option" for part in root.iter())
    assert ("chart", "group" if values else "img") == (root.get("id"), root.get("role"))
    assert {"chart-title", "chart-desc"} <= {part.get("id") for part in root}
    assert "chart-title chart-desc" == root.get("aria-labelledby")
    assert not {"width", "height"} & set(root.attrib)
    assert "style" not in drawn.replace("</desc>", "<desc").split("<desc")[-1]
    assert len(drawn) <= CHART_BYTES_MAX
    assert drawn == draw()
    check_parts(root)
    return drawn


def check_parts(root: ET.Element) -> None:
    """Nothing but shapes and texts, at finite places inside the drawing."""
    for part in root.iter():
        assert part.tag.rpartition("}")[2] in _TAGS
        assert part.get("id", "chart").startswith("chart")
        for text in filter(None, map(part.get, _COORDINATES)):
            assert not re.search("nan|inf", text)
            for number in _NUMBER.findall(text):
                assert re.fullmatch(r"-?\d+(\.\d{1,2})?", number)
                assert abs(float(number)) <= max(WIDTH, height(root))


def height(root: ET.Element) -> float:
    """Of a drawing."""
    return float(root.get("viewBox", "").split()[-1])


def values_of(drawn: str) -> list[str]:
    """The words of each part of a drawing that can be pointed at or moved to."""
    parts = [one for one in ET.fromstring(drawn).iter() if one.get("role") == "option"]  # noqa: S314

    assert all("0" == one.get("tabindex") for one in parts)
    assert all("path" == one[0].tag.rpartition("}")[2] for one in parts)
    return ["; ".join(line.text or "" for line in one[1:]) for one in parts]


def texts(drawn: str) -> Iterator[tuple[float, float, str]]:
    """All texts of a drawing, with their places."""
    for part in ET.fromstring(drawn).iter():  # noqa: S314 - our own drawing
        if part.tag.endswith("text"):
            yield float(part.get("x", "")), float(part.get("y", "")), part.text or ""
