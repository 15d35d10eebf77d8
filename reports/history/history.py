"""From a folder of runs, or of entries, to history.html."""

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from reports.history.entry import ENTRY_NAME, Entry, read_entry
from reports.history.trend import trends_of
from reports.history.words import HistoryPage, history_page, machine_letters
from reports.model import ReportError
from reports.records.record import shown_path
from reports.surfaces import terminal
from reports.surfaces.render import render_history
from reports.writing import write_whole

HISTORY_NAME = "history.html"


def publish_history(folder: Path, out: TextIO) -> int:
    """Render the history of a folder and print what changed; the last line is the page's path.

    Args:
        folder: holds runs, each with its entry, or entries alone (`*.json`).
        out: takes the lines.

    Raises:
        ReportError: there is no such folder, an entry of a newer version, or no place for the page.
    """
    if not folder.is_dir():
        raise ReportError(f"{folder}: no such folder. Name one with runs in it: `HISTORY=runs`.")
    entries, left_out = _read(folder)
    trends = trends_of(entries)
    page = history_page(entries, trends, left_out)
    target = folder / HISTORY_NAME
    write_whole(target, render_history(page, _draw(page, entries)).encode("utf-8", "replace"))
    terminal.print_lines((page.headline, *page.lede, *_changes(page)), out)
    out.write(f"\n{shown_path(target)}\n")
    return 0


def keep_entry(run_folder: Path, history: Path) -> None:
    """Add a published run's entry to a history, under the run's name.

    Raises:
        ReportError: there is no place for it.
    """
    try:
        history.mkdir(parents=True, exist_ok=True)
        entry = (run_folder / ENTRY_NAME).read_bytes()
    except OSError as error:
        raise ReportError(
            f"{history}: cannot keep the history there ({error.strerror}). Name another HISTORY."
        ) from None
    write_whole(history / f"{run_folder.resolve().name}.json", entry)


def _read(folder: Path) -> tuple[list[Entry], list[str]]:
    """The entries in order of time, and what could not be used."""
    paths = {*folder.glob(f"*/{ENTRY_NAME}"), *folder.glob("*.json")}
    found = {entry.run: entry for entry in (read_entry(path) for path in _once(paths))}
    without = sum(
        (run / "run.json").exists() and not (run / ENTRY_NAME).exists()
        for run in folder.iterdir()
        if run.is_dir() and not run.is_symlink()
    )
    told = (
        f"{without} of the runs here have left no entry: `make report RUN=...` writes it."
        if without
        else ""
    )
    ordered = sorted(found.values(), key=lambda one: (one.started_at, one.run))
    return ordered, [told] if told else []


def _once(paths: set[Path]) -> Iterator[Path]:
    """Each file once, whatever points to its folder."""
    yield from sorted({path.resolve() for path in paths})


def _draw(page: HistoryPage, entries: list[Entry]) -> dict[str, str]:
    # Loading matplotlib takes a second, and a folder without runs has nothing to draw.
    from reports.history.chart import trend_chart  # noqa: PLC0415

    letters = machine_letters(entries)
    return {
        section.chart_id: trend_chart(section.trend, letters, len(entries), section.chart_id)
        for section in page.sections
    }


def _changes(page: HistoryPage) -> Iterator[str]:
    for section in page.sections:
        for change in section.changes:
            yield f"{section.title}: {change}"
