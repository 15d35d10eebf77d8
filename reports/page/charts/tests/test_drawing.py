"""Texts, marks and tones that all charts share."""

import math
import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.page.charts import drawing
from reports.statistics.values import FloatArray

STYLE_SHEET = Path(__file__).parents[3] / "surfaces" / "templates" / "report.css"
PALETTES = [
    (paper if len(paper) == 7 else "#ffffff", re.findall(r"--tone-\d: (#\w+);", colours))
    for paper, colours in re.findall(
        r"--paper: (#\w+);(.*?)\}", STYLE_SHEET.read_text(encoding="utf-8"), re.DOTALL
    )
]
"""Background and tones: light, dark, and on paper."""

SEEN = {
    "as most": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
"""What an eye makes of light (Machado, Oliveira & Fernandes 2009, severity 1)."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 49, "a" * 47 + "…"),
        ("\x00\x1b\ud800", "\ufffd\ufffd\ufffd"),
        ("_hidden", "_hidden"),
        ("plain", "plain"),
    ],
)
def test_names_are_cleaned(text: str, expected: str) -> None:
    """Short, without what XML forbids, and otherwise as they are."""
    assert expected == drawing.clean(text)


def test_styles_repeat_after_the_last() -> None:
    """So that any number of variants can be drawn."""
    assert drawing.style(0) == drawing.style(30)
    assert not set(drawing.style(0)) & set(drawing.style(1))
    assert "" == drawing.style(0, marked=False).mark


def linear_rgb(tone: str) -> FloatArray:
    """Light of a colour such as `#0080ff`, as parts of white."""
    parts = np.array([int(tone[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    found: FloatArray = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return found


def contrast(tone: str, paper: str) -> float:
    """As WCAG counts it."""
    lights = [float(linear_rgb(one) @ (0.2126, 0.7152, 0.0722)) for one in (tone, paper)]
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def oklab(light: FloatArray) -> FloatArray:
    """Coordinates in which equal distances look alike (Ottosson 2020)."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    opponents = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    found: FloatArray = opponents @ np.cbrt(cones @ np.clip(light, 0, 1))
    return found


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "paper"])
def test_tones_stand_out_from_the_page(scheme: int) -> None:
    """By a contrast of at least 3:1."""
    paper, tones = PALETTES[scheme]

    assert len(drawing.TONES) == len(tones)
    assert all(3 <= contrast(tone, paper) for tone in (*tones, drawing.GREY))


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "paper"])
@pytest.mark.parametrize("vision", SEEN)
def test_tones_keep_apart_for_everybody(vision: str, scheme: int) -> None:
    """By six times what an eye can just see, 0.02 of OKLab, with each colour blindness."""
    seen = [oklab(SEEN[vision] @ linear_rgb(tone)) for tone in PALETTES[scheme][1]]

    assert 6 * 0.02 <= min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2))


def test_variants_also_differ_by_mark_and_line() -> None:
    """As far as tones go, no mark comes twice."""
    styles = [drawing.style(index) for index in range(len(drawing.TONES))]

    assert len(styles) == len({one.mark for one in styles}) == len({one.tone for one in styles})
    assert 30 == len({drawing.style(index) for index in range(30)})


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], ""),
        ([(1, 2)], "M1 2"),
        ([(1, 2), (1, 2)], "M1 2"),
        ([(0, 0), (5, 0.1), (10, 0)], "M0 0h10"),
        ([(0, 0), (5, 1), (10, 0)], "M0 0l5 1 5-1"),
        ([(0, 0), (10, 0), (10, 5), (0, 5)], "M0 0h10v5h-10"),
        ([(0, 0), (10, 0), (5, 0)], "M0 0h10-5"),
    ],
)
def test_a_line_keeps_its_corners_alone(points: list[tuple[float, float]], expected: str) -> None:
    """What turns back is a corner, too."""
    assert expected == drawing.line_through(points)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=2, max_size=40))
def test_a_simplified_line_stays_near_all_of_its_points(points: list[tuple[float, float]]) -> None:
    """Within half the width of a curve, which is 2."""
    steps = re.findall(r"([Mlhv ]?)(-?[\d.]+)", drawing.line_through(points))
    corners, command, numbers = [(0.0, 0.0)], "", []
    for letter, number in steps:
        command = letter.strip() or command
        numbers.append(float(number))
        if command in "hv" or len(numbers) == 2:
            right, down = {"h": (numbers[0], 0.0), "v": (0.0, numbers[0])}.get(command, numbers[:2])
            corners.append((corners[-1][0] + right, corners[-1][1] + down))
            numbers = []
    line = corners[1:]
    segments = list(pairwise(line)) or [(line[0], line[0])]

    assert all(min(distance(point, *one) for one in segments) <= 1 for point in points)


def distance(
    point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]
) -> float:
    """From a point to a segment."""
    (x, y), (left, top) = (end[0] - start[0], end[1] - start[1]), start
    along = ((point[0] - left) * x + (point[1] - top) * y) / max(x * x + y * y, 1e-9)
    along = min(max(along, 0.0), 1.0)
    return math.hypot(point[0] - left - along * x, point[1] - top - along * y)


@pytest.mark.parametrize("text", ["", "a", "list_workflows", "漢字" * 9, "MMMM" * 9])
def test_texts_are_cut_to_a_width(text: str) -> None:
    """With an ellipsis; one that fits stays as it is."""
    cut = drawing.fitted(text, 60)

    assert drawing.text_width(cut) <= 60
    assert (cut == text) == (drawing.text_width(text) <= 60)
    assert cut == text or cut.endswith("…")


@pytest.mark.parametrize("number", [0.0, -0.0, -0.04, 12.0, 12.345, 1234.56])
def test_coordinates_are_short_and_never_negative_zero(number: float) -> None:
    """Without an exponent."""
    assert abs(float(drawing.px(number)) - number) <= 0.05
    assert "-0" != drawing.px(number)


@pytest.mark.parametrize("mark", [*drawing.MARKS, "left", "right", "cap"])
def test_each_mark_is_a_path_around_its_middle(mark: str) -> None:
    """No mark draws nothing."""
    assert drawing.mark_at(mark, 10, 20, 3).startswith("M")
    assert "" == drawing.mark_at("", 10, 20, 3)


def test_no_text_breaks_out() -> None:
    """Markup is text, and so is anything else."""
    group = ET.Element("g")
    drawing.add_text(group, 1, 2, "<b> & \x00 ]]> $x$")

    assert "<b> & \ufffd ]]> $x$" == ET.fromstring(ET.tostring(group))[0].text  # noqa: S314 - ours
