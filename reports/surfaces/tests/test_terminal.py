"""Pages on a terminal, or in a log."""

import io

import pytest

from reports.page.runs import RunsPage
from reports.page.shapes import Cell, Column, Table
from reports.surfaces import terminal
from reports.surfaces.report import Report
from reports.surfaces.tests.contract import NAMES

TABLE = Table("t", "A caption", (Column("a"), Column("notes")), ((Cell("x"), Cell("a note")),))


def printed(report: Report) -> str:
    out = io.StringIO()
    terminal.print_page(report.page, out)
    return out.getvalue()


def test_a_page_is_headline_tables_and_notes(ordinary: Report) -> None:
    """Without colours where the output is a file, and with full names where it has room."""
    lines = printed(ordinary).splitlines()

    assert f"{ordinary.page.headline}." == lines[0]
    assert any(line.startswith("scenario") and line.endswith("optimized") for line in lines)
    assert not any("adjusted p" in line for line in lines)


def test_names_are_text_on_a_terminal(hostile: Report) -> None:
    """No escape sequence, and no command to a build's log."""
    text = printed(hostile)

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "::" not in text
    assert "##[" not in text


@pytest.mark.parametrize("name", NAMES)
def test_any_line_stays_one_line(name: str) -> None:
    """Whatever stands in it."""
    out = io.StringIO()
    terminal.print_runs(RunsPage((f"first {NAMES[name]}", "second"), ()), out)

    assert ["second"] == out.getvalue().split("\n")[1:-1]


def test_runs_are_lines_and_tables_with_captions() -> None:
    """Notes are not in the table; the lines below it are."""
    out = io.StringIO()
    terminal.print_runs(RunsPage(("first",), ((TABLE, ("below",)),)), out)

    assert ["first", "", "A caption.", "a", "x", "below"] == [
        line.rstrip() for line in out.getvalue().splitlines()
    ]
