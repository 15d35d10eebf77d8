"""Keeps what runs leave to a history, and makes its page."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO, TypeVar

from contract.errors import ReportError
from contract.regular import open_regular
from reports.history.chains import curves_of
from reports.history.chart import trend_chart
from reports.history.curve_chart import curve_chart
from reports.history.entry import ENTRY_BYTES_MAX, ENTRY_NAME
from reports.history.frame import History, history_of
from reports.history.places import Folder, Place
from reports.history.shapes import HistoryPage, HistoryRow
from reports.history.small_charts import curve_drawings, trend_drawings
from reports.history.trend import trends_of
from reports.history.words import history_page
from reports.page.runs import RunsPage
from reports.surfaces import terminal
from reports.surfaces.render import render
from reports.writing import write_page

FOLDER_PAGE_NAME = "history.html"
PREFIX_PAGE_NAME = "history-s3.html"
"""Beside runs, where the page of a bucket must not replace that of the folder."""


_Drawn = TypeVar("_Drawn")


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
    page = history_page(history, trends_of(history), curves_of(history), notes)
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
    of_gates = {one.chart_id: one for one in page.sections if one.curves}
    of_trends = {one.chart_id: (one, one.trend) for one in page.sections if one.trend}
    curves = [one.curves[0] for one in of_gates.values()]
    trends = [trend for _, trend in of_trends.values()]
    return {
        **curve_drawings(_by_row(page.gates, curves), page.confidence),
        **trend_drawings(_by_row(page.trends, trends)),
        **{
            name: curve_chart(
                f"{one.title}: change over consecutive gates", one.curves, page.confidence, name
            )
            for name, one in of_gates.items()
        },
        **{
            name: trend_chart(trend, len(history.runs), name)
            for name, (_, trend) in of_trends.items()
        },
    }


def _by_row(rows: Sequence[HistoryRow], drawn: Sequence[_Drawn]) -> dict[str, _Drawn]:
    """Rows stand in the order of their sections."""
    return {row.chart_id: one for row, one in zip(rows, drawn, strict=True)}


def _changes(page: HistoryPage) -> Iterator[str]:
    for section in page.sections:
        for change in section.changes:
            yield f"{section.title}: {change}"
    # Most gaps are in every section.
    yield from dict.fromkeys(note for section in page.sections for note in section.notes)
