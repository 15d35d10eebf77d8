"""Keeps what runs leave to a history, and makes its page."""

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from contract.errors import ReportError
from contract.regular import open_regular
from reports.history.chart import trend_chart
from reports.history.entry import ENTRY_BYTES_MAX, ENTRY_NAME
from reports.history.frame import History, history_of
from reports.history.places import Folder, Place
from reports.history.trend import trends_of
from reports.history.words import HistoryPage, history_page
from reports.page.runs import RunsPage
from reports.surfaces import terminal
from reports.surfaces.render import render
from reports.writing import write_page

FOLDER_PAGE_NAME = "history.html"
PREFIX_PAGE_NAME = "history-s3.html"
"""Beside runs, where the page of a bucket must not replace that of the folder."""


def publish_history(place: Place, folder: Path, out: TextIO) -> HistoryPage:
    """Render a history and print what changed; the last line is the page's path.

    Args:
        place: holds the entries; a folder of runs or entries also takes the page.
        folder: takes the page of a bucket.
        out: takes the lines.

    Returns: what changed.

    Raises:
        ReportError: the place cannot be read, an entry cannot be used, or the page not written.
    """
    entries, notes = place.read()
    history = history_of(entries)
    page = history_page(history, trends_of(history), notes)
    if isinstance(place, Folder):
        target = place.path / FOLDER_PAGE_NAME
    else:
        target = folder / PREFIX_PAGE_NAME
        Folder(folder).check_writable()
    lines = (page.headline, *page.lede, *_changes(page))
    terminal.print_runs(RunsPage(lines, ()), out, "bold")
    write_page(target, render("history.html.j2", page, _draw(page, history)), out)
    return page


def keep_entry(run_folder: Path, place: Place) -> None:
    """Add a published run's entry to a history, under the run's name.

    Raises:
        ReportError: it cannot be read or written.
    """
    path = run_folder.resolve() / ENTRY_NAME
    try:
        with open_regular(path, follow=False) as file:
            entry = file.read(ENTRY_BYTES_MAX + 1)
    except OSError as error:
        raise ReportError(
            f"{path}: cannot be read ({error.strerror}). Run `versus report --run ...` on its run."
        ) from None
    place.add(path.parent.name, entry)


def _draw(page: HistoryPage, history: History) -> dict[str, str]:
    return {
        section.chart_id: trend_chart(section.trend, len(history.runs), section.chart_id)
        for section in page.sections
    }


def _changes(page: HistoryPage) -> Iterator[str]:
    for section in page.sections:
        for change in section.changes:
            yield f"{section.title}: {change}"
