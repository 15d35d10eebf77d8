"""What must be true of every chart."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

CHART_BYTES_MAX = 40_000


def check_chart(draw: Callable[[], str]) -> str:
    """Sound SVG with id and words, without styles, small, and the same each time; the drawing."""
    drawn = draw()
    root = ET.fromstring(drawn)  # noqa: S314 - our own drawing

    assert ("chart", "img") == (root.get("id"), root.get("role"))
    assert {"chart-title", "chart-desc"} <= {part.get("id") for part in root}
    assert "style=" not in drawn
    assert len(drawn) <= CHART_BYTES_MAX
    assert drawn == draw()
    return drawn
