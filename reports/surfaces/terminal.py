"""Prints a page's verdicts on a terminal; plain text where the output is a file."""

from dataclasses import replace
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from reports import units
from reports.clean import harmless
from reports.effects.shapes import State
from reports.page.changes import changes_table
from reports.page.runs import RunsPage
from reports.page.shapes import FunctionsPart, Page, Table, Tone

STYLES: dict[Tone, str] = {
    "": "",
    "bad": "bold red",
    "good": "green",
    "same": "dim",
    "unsure": "yellow",
}
_LOG_COLUMNS = 120
_WARNINGS_SHOWN = 2
_COLUMNS_MIN = 4
"""Scenario, before, after and change stay, whatever the width."""

_ONLY_ON_THE_PAGE = {"adjusted p", "margin", "n", "notes"}


def print_page(page: Page, out: TextIO, *, verbose: bool = False) -> None:
    """Print the first screen: headline, a row for each comparison, and what to do.

    Args:
        page: to print.
        out: takes the lines.
        verbose: whether to print every effect, note and warning instead.
    """
    if verbose:
        _print_all(page, out)
        return
    console, first = _console(out), page.overview
    style = "bold" if page.state is State.COMPLETE else "bold red"
    _line(console, f"{first.headline}.", style)
    for reason in page.reasons:
        _line(console, f"{page.state.upper()}: {reason}", "red")
    if page.load:
        _print_table(console, page.load.capacity)
        _print_table(console, page.load.throughput)
    _print_table(
        console, _fitting(changes_table(first, first.changes, levels=False), console.width)
    )
    console.print()
    if first.left_out:
        _line(console, f"{units.count_of(first.left_out, 'more rows')}: on the page", "dim")
    for card in first.cards:
        _line(console, f"{card.title}: {card.text}")
    for warning in page.warnings[:_WARNINGS_SHOWN]:
        _line(console, f"warning: {warning}", "yellow")
    if hidden := _hidden(page):
        _line(console, f"{hidden}: `versus report --verbose` prints them", "dim")


def _fitting(table: Table, width: int) -> Table:
    """The table without those of its last columns that have no room."""
    cells = [[column.title for column in table.columns]]
    cells += [[cell.text for cell in row] for row in table.rows]
    widths = [max(map(cell_len, texts)) + 1 for texts in zip(*cells, strict=True)]
    kept = len(widths)
    while kept > _COLUMNS_MIN and sum(widths[:kept]) > width + 1:
        kept -= 1
    rows = tuple(row[:kept] for row in table.rows)
    return replace(table, columns=table.columns[:kept], rows=rows)


def _hidden(page: Page) -> str:
    """What is not printed, counted."""
    warnings = len(page.warnings) - _WARNINGS_SHOWN
    titles = [column.title for column in page.verdicts.columns]
    notes = sum(bool(row[titles.index("notes")].text) for row in page.verdicts.rows)
    counted = [
        units.count_of(warnings, "more warnings") if warnings > 0 else "",
        units.count_of(notes + len(page.notes), "notes") if notes + len(page.notes) else "",
    ]
    return ", ".join(one for one in counted if one)


def _print_all(page: Page, out: TextIO) -> None:
    console = _console(out)
    style = "bold" if page.state is State.COMPLETE else "bold red"
    _line(console, f"{page.headline}.", style)
    for reason in page.reasons:
        _line(console, f"{page.state.upper()}: {reason}", "red")
    for sentence in page.lede:
        _line(console, sentence)
    if page.load:
        _print_table(console, page.load.capacity)
        _print_table(console, page.load.throughput)
    for table in (page.verdicts, *((page.pages.verdicts,) if page.pages else ())):
        _print_table(console, table)
        _print_notes(console, table)
    _print_table(console, page.memory)
    for section in page.sections:
        if section.rows:
            _line(console, f"{section.title}: {section.rows}")
    for warning in page.warnings:
        _line(console, f"warning: {warning}", "yellow")
    for note in page.notes:
        _line(console, f"note: {note}")


def print_runs(page: RunsPage, out: TextIO, headline_style: str = "bold yellow") -> None:
    """Print several runs: the headline, what differs, and one table after the other."""
    console = _console(out)
    for number, line in enumerate(page.lines):
        _line(console, line, "" if number else headline_style)
    for table, lines in page.parts:
        _print_table(console, table, captioned=True)
        for line in lines:
            _line(console, line, "dim")


def print_functions(page: FunctionsPart, out: TextIO) -> None:
    """Print the findings of a suite."""
    console = _console(out)
    for number, fact in enumerate(page.facts):
        _line(console, fact, "" if number else "bold")
    for warning in page.warnings:
        _line(console, f"warning: {warning}", "yellow")
    for table in (page.verdicts, page.growths, page.levels):
        if table.rows:
            _print_table(console, table, captioned=True)
    _print_notes(console, page.verdicts, "function")


def _console(out: TextIO) -> Console:
    # A log has no width at which lines are folded.
    width = None if out.isatty() else _LOG_COLUMNS
    return Console(file=out, width=width, markup=False, highlight=False, emoji=False)


def _line(console: Console, text: str, style: str = "") -> None:
    # A terminal would break a line within a word; a log keeps it whole.
    console.print(Text(harmless(text), style), soft_wrap=not console.is_terminal)


def _print_table(console: Console, table: Table, *, captioned: bool = False) -> None:
    """An empty line, and the rows if there are any; with a caption it is printed in any case."""
    if table.rows or captioned:
        console.print()
    if captioned:
        _line(console, f"{table.caption}.", "bold")
    if table.rows:
        console.print(_placed(table), crop=False)


def _placed(table: Table) -> RichTable:
    placed = RichTable(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    shown = [
        index for index, column in enumerate(table.columns) if column.title not in _ONLY_ON_THE_PAGE
    ]
    for index in shown:
        column = table.columns[index]
        placed.add_column(
            _clean(column.title),
            justify="right" if column.numeric else "left",
            header_style="dim",
            overflow="fold",
        )
    for row in table.rows:
        placed.add_row(*(Text(_clean(row[index].text), STYLES[row[index].tone]) for index in shown))
    return placed


def _clean(text: str) -> str:
    # 80 columns are few, and most metrics of the table are latencies.
    return harmless(text).removesuffix(" latency")


def _print_notes(console: Console, table: Table, last: str = "metric") -> None:
    """The note of each row, after its cells up to the column `last`."""
    titles = [column.title for column in table.columns]
    for row in table.rows:
        if note := row[titles.index("notes")].text:
            where = ", ".join(cell.text for cell in row[: titles.index(last) + 1])
            _line(console, f"{where}: {note}", "dim")
