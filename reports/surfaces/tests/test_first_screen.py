"""The first screen as a picture of its own."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reports.judging import read_report
from reports.surfaces import first_screen
from reports.surfaces.report import Report
from reports.surfaces.tests.made import SLOWER
from reports.tests.runs import Made, Scenario, make_run


def test_the_picture_says_what_the_page_begins_with(ordinary: Report) -> None:
    """Verdict, headline, levels, change; it asks nothing of a style sheet or a network."""
    text = first_screen.write(ordinary).decode()

    for found in (">FAIL<", ">list is 19.4 % slower<", ">list<", "% slower [", ">before → after<"):
        assert found in text
    assert "var(" not in text
    assert "class=" not in text
    assert "style" not in text
    assert [] == re.findall(r"(?:href|src|url)\b", text)
    assert first_screen.write(ordinary).decode() == text


def test_names_are_cut_where_they_have_no_room(hostile: Report) -> None:
    """Each text is one element, and stays in its column."""
    root = ET.fromstring(first_screen.write(hostile))  # noqa: S314 - our own drawing
    texts = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")]

    assert any(text.endswith("\N{HORIZONTAL ELLIPSIS}") for text in texts)
    assert not any("\u202e" in text or "\x1b" in text for text in texts)


@pytest.mark.slow
def test_many_rows_are_counted(tmp_path: Path) -> None:
    """Twelve are drawn; the report has the rest."""
    scenarios = tuple(Scenario(f"list {number}", SLOWER, rounds=30) for number in range(20))
    text = first_screen.write(read_report(make_run(tmp_path, Made(scenarios)))).decode()

    assert 12 == len(re.findall(r">list \d+<", text))
    assert ">8 more rows in the report<" in text
