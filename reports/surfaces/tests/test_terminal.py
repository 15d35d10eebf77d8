"""Pages on a terminal, or in a log."""

import io
import re
from dataclasses import replace

import pytest

from reports.page.runs import RunsPage
from reports.page.shapes import Cell, Column, Table
from reports.surfaces import terminal
from reports.surfaces.report import Report
from reports.surfaces.tests.contract import NAMES

TABLE = Table("t", "A caption", (Column("a"), Column("notes")), ((Cell("x"), Cell("a note")),))


def printed(report: Report, *, verbose: bool = False) -> str:
    out = io.StringIO()
    terminal.print_page(report.page, out, verbose=verbose)
    return out.getvalue()


class Screen(io.StringIO):
    """A terminal, as far as anybody can ask."""

    def isatty(self) -> bool:
        """Always."""
        return True


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_first_screen_is_few_lines(
    ordinary: Report, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headline, table, at most ten lines; what has no room is left out from the right."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    out = Screen()
    terminal.print_page(ordinary.page, out)
    lines = re.sub(r"\x1b\[[\d;]*m", "", out.getvalue()).splitlines()
    table = [line for line in lines if line.startswith(("scenario ", "list  "))]

    assert f"{ordinary.page.overview.headline}." == lines[0]
    assert 2 == len(table)
    assert max(map(len, table)) <= max(columns, 56)
    assert ("p95" in table[0]) == (columns >= 80)
    assert len(lines) - len(table) <= 12
    assert any(line.startswith("Next: ") for line in lines)


def test_a_page_is_headline_tables_and_notes(ordinary: Report) -> None:
    """Without colours where the output is a file, and with full names where it has room."""
    lines = printed(ordinary, verbose=True).splitlines()

    assert f"{ordinary.page.headline}." == lines[0]
    assert any(line.startswith("scenario") and line.endswith("optimized") for line in lines)
    assert not any("adjusted p" in line for line in lines)


def test_names_are_text_on_a_terminal(hostile: Report) -> None:
    """No escape sequence, and no command to a build's log."""
    text = printed(hostile) + printed(hostile, verbose=True)

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


def test_rows_of_data_are_counted_where_everything_is_printed(ordinary: Report) -> None:
    """The first screen has no room for them."""
    first, *others = ordinary.page.sections
    drawn = replace(first, rows="9 rows, drawn twice: 2 of them, each once.")
    report = replace(ordinary, page=replace(ordinary.page, sections=(drawn, *others)))
    line = f"{first.title}: 9 rows, drawn twice: 2 of them, each once."

    assert line in printed(report, verbose=True).splitlines()
    assert line not in printed(report)
