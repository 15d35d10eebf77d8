"""Templates become pages that send no request anywhere."""

import re

import pytest
from jinja2 import UndefinedError

from reports.page.runs import RunsPage
from reports.page.shapes import Cell, Column, RatioRow, SideBySide, Table
from reports.surfaces.render import render


def page_of(text: str) -> str:
    table = Table("t", text, (Column(text),), ((Cell(text),),))
    row = RatioRow(text, text, text, text, Cell(text), text, 1.0, 1.0, 1.0, "r")
    first = SideBySide(Cell(text), text, text, (row,), 0)
    return render("runs.html.j2", RunsPage((text,), ((table, (text,)),), first), {}).decode()


def test_a_page_asks_nothing_of_any_network() -> None:
    """Its policy allows our own style and script, and nothing else."""
    page = page_of("x")

    assert "default-src 'none'; img-src data:; style-src 'sha256-" in page
    assert [] == re.findall(r"\b(?:src|href)=\"(?!#|data:)[^\"]*\"", page)


def test_text_is_escaped_and_shown() -> None:
    """Markup stays text, lines become one, and nothing is obeyed instead of shown."""
    page = page_of("<b>a\nb\u202e\ud800&")

    assert 16 == page.count("&lt;b&gt;a b\ufffd\ufffd&amp;")
    assert "<b>a" not in page


def test_a_template_names_nothing_that_is_missing() -> None:
    """A typing error in a template is no empty place in a page."""
    with pytest.raises(UndefinedError):
        render("suite.html.j2", RunsPage((), ()), {})
