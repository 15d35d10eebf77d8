"""From a folder of runs, or of entries, or from those in a bucket, to a page."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO

from reports.history.entry import ENTRY_NAME, Entry, read_entry
from reports.history.prefix import Prefix, parse_prefix
from reports.history.trend import trends_of
from reports.history.words import HistoryPage, history_page, machine_letters
from reports.model import ReportError
from reports.surfaces import terminal
from reports.surfaces.render import render
from reports.writing import write_page, write_whole

HISTORY_NAME = "history.html"
PREFIX_NAME = "history-s3.html"
"""Beside runs, whose own history it must not replace."""


def parse_place(told: str) -> Path | Prefix:
    """Where a history is: `s3://bucket/prefix`, or a folder.

    Raises:
        ReportError: an address of another kind, or no bucket's name.
    """
    return parse_prefix(told) if "://" in told else Path(told)


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
    return _publish(*_read(folder), folder / HISTORY_NAME, out)


def publish_prefix(prefix: Prefix, folder: Path, out: TextIO) -> int:
    """The same of a history in a bucket.

    Args:
        prefix: holds entries.
        folder: the page is written there.
        out: takes the lines.

    Raises:
        ReportError: the store cannot be asked, holds no entry there or one that cannot be used, or
            no place for the page.
    """
    entries, older = prefix.read()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"{folder}: no folder for the page ({error.strerror}).") from None
    told = [f"{older} older ones are left out."] if older else []
    return _publish(_ordered(entries), told, folder / PREFIX_NAME, out)


def try_keeping(place: Path | Prefix) -> None:
    """Find out whether entries can be kept there, while nothing has been measured yet.

    Raises:
        ReportError: they cannot.
    """
    if isinstance(place, Prefix):
        place.try_writing()
        return
    try:
        place.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise _cannot_keep(place, error) from None


def keep_entry(run_folder: Path, place: Path | Prefix) -> None:
    """Add a published run's entry to a history, under the run's name.

    Raises:
        ReportError: there is no place for it.
    """
    name = run_folder.resolve().name
    try:
        entry = (run_folder / ENTRY_NAME).read_bytes()
        if isinstance(place, Path):
            place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_keep(place, error) from None
    if isinstance(place, Prefix):
        place.append(name, entry)
    else:
        write_whole(place / f"{name}.json", entry)


def _cannot_keep(place: Path | Prefix, error: OSError) -> ReportError:
    return ReportError(
        f"{place}: cannot keep the history there ({error.strerror}). Name another HISTORY."
    )


def _publish(entries: list[Entry], left_out: list[str], target: Path, out: TextIO) -> int:
    page = history_page(entries, trends_of(entries), left_out)
    terminal.print_lines((page.headline, *page.lede, *_changes(page)), out)
    write_page(target, render("history.html.j2", page, _draw(page, entries)), out)
    return 0


def _read(folder: Path) -> tuple[list[Entry], list[str]]:
    """The entries in order of time, and what could not be used."""
    paths = {*folder.glob(f"*/{ENTRY_NAME}"), *folder.glob("*.json")}
    entries = _ordered(read_entry(path) for path in _once(paths))
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
    return entries, [told] if told else []


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    """Each run once, in order of time."""
    found = {entry.run: entry for entry in entries}
    return sorted(found.values(), key=lambda one: (one.started_at, one.run))


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
