"""Page loads in the run's folder: pages.json and pages.parquet.

pages.json names the pages and the browser; pages.parquet has one row for each load of a page.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import Field, field_validator

from contract.errors import RecordError
from contract.metrics import PAGE_COUNTS, PAGE_TIMES, mark
from contract.run.checks import TIMES_S
from contract.run.files import (
    MEASURE_AGAIN,
    Stored,
    read_record,
    read_table,
    write_record,
    write_table,
)

PAGES_NAME = "pages.json"
PAGE_LOADS_NAME = "pages.parquet"
PAGES_VERSION = 1
"""Version of pages.json and of the loads' columns."""

RESPONSE, LOAD_EVENT = "response_s", "load_event_s"
FIRST_PAINT, LARGEST_PAINT = "first_contentful_paint_s", "largest_contentful_paint_s"
REQUESTS, DUPLICATES, RECEIVED = PAGE_COUNTS


class PageRecord(Stored):
    """One page, in all variants.

    Attributes:
        path: with the gaps that variants fill.
        marks: set by a loaded page; at the first one it shows its content.
    """

    name: str
    description: str = ""
    path: str
    marks: tuple[str, ...] = ()

    @property
    def times(self) -> tuple[str, ...]:
        """The metrics of its times."""
        return *(mark(one).name for one in self.marks), *PAGE_TIMES

    @property
    def primary(self) -> str:
        """The metric of when it was there: its first mark, or else its load event."""
        return mark(self.marks[0]).name if self.marks else LOAD_EVENT


class PagesRecord(Stored):
    """How pages were loaded.

    Attributes:
        browser: name and version.
        variants: the baseline first.
        measured_s: what all compared rounds took, pauses included.
    """

    schema_version: Literal[1] = 1
    browser: str
    variants: Annotated[tuple[str, ...], Field(min_length=2)]
    pages: Annotated[tuple[PageRecord, ...], Field(min_length=1)]
    measured_s: Annotated[float, Field(ge=0)] = 0.0

    @field_validator("pages")
    @classmethod
    def _named_once(cls, pages: tuple[PageRecord, ...]) -> tuple[PageRecord, ...]:
        names = [one.name for one in pages]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} stands there twice")
        return pages


@dataclass(frozen=True)
class PageLoad:
    """One page, loaded once.

    Attributes:
        round: counted by page from 0; warm-up rounds have numbers too.
        position: place in the round's random order, from 0.
        warmup: recorded but not compared.
        start_s: since the first page was loaded.
        error: empty, or why this load is wrong.
        times: seconds by metric, as far as the page and the browser report them.
        counts: by metric.
    """

    page: str
    variant: str
    round: int
    position: int
    warmup: bool
    start_s: float
    error: str
    times: Mapping[str, float]
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Pages:
    """Pages read back, loads in order of time."""

    record: PagesRecord
    loads: tuple[PageLoad, ...]


_FIXED: Mapping[str, Any] = {
    "page": pa.string(),
    "variant": pa.string(),
    "round": pa.int32(),
    "position": pa.int8(),
    "warmup": pa.bool_(),
    "start_s": pa.float64(),
    "error": pa.string(),
}


def _times_of(record: PagesRecord) -> tuple[str, ...]:
    return tuple(dict.fromkeys(metric for page in record.pages for metric in page.times))


def _schema(record: PagesRecord) -> Any:
    times = ((name, pa.float64()) for name in _times_of(record))
    counts = ((name, pa.int64()) for name in PAGE_COUNTS)
    return pa.schema([*_FIXED.items(), *times, *counts])


def write_pages(run_folder: Path, record: PagesRecord, loads: Sequence[PageLoad]) -> None:
    """Write both files."""
    schema = _schema(record)

    def of(load: PageLoad, column: str) -> Any:
        if column in _FIXED:
            return getattr(load, column)
        return (load.counts if column in PAGE_COUNTS else load.times).get(column)

    arrays = [pa.array([of(one, field.name) for one in loads], field.type) for field in schema]
    write_table(run_folder / PAGE_LOADS_NAME, pa.table(arrays, schema=schema))
    write_record(run_folder / PAGES_NAME, record)


def read_pages(run_folder: Path) -> Pages | None:
    """Read the page loads; None where no page was loaded.

    Raises:
        RecordError: a file is missing, damaged, of a newer schema, or holds impossible values.
    """
    record = read_record(run_folder / PAGES_NAME, PagesRecord, PAGES_VERSION)
    if record is None:
        return None
    return Pages(record, _read_loads(run_folder / PAGE_LOADS_NAME, record))


def _read_loads(path: Path, record: PagesRecord) -> tuple[PageLoad, ...]:
    table = read_table(path, f"{PAGES_NAME} is there")
    schema = _schema(record)
    if not schema.equals(table.schema):
        raise RecordError(f"{path}: columns {schema.names} were expected. {MEASURE_AGAIN}")
    for name in _FIXED:
        if table[name].null_count:
            raise RecordError(f"{path}: column {name!r} lacks values. {MEASURE_AGAIN}")
    times = _times_of(record)
    loads = tuple(
        PageLoad(
            **{name: row[name] for name in _FIXED},
            times={name: row[name] for name in times if row[name] is not None},
            counts={name: row[name] for name in PAGE_COUNTS if row[name] is not None},
        )
        for row in table.to_pylist()
    )
    complaint = next(_complaints(record, loads), None)
    if complaint:
        raise RecordError(f"{path}: {complaint}. {MEASURE_AGAIN}")
    return loads


def _complaints(record: PagesRecord, loads: Sequence[PageLoad]) -> Iterator[str]:
    """What no browser can report, one clause each."""
    pages = {page.name: page for page in record.pages}
    seen: set[tuple[str, int, str]] = set()
    reached = (-math.inf, dict.fromkeys(pages, 0))
    for number, load in enumerate(loads):
        where = f"row {number}"
        if load.page not in pages or load.variant not in record.variants:
            yield f"{where}: {PAGES_NAME} names no {load.page!r} in {load.variant!r}"
            return
        if load.round < 0 or not 0 <= load.position < len(record.variants):
            yield f"{where}: round {load.round}, position {load.position}; both count from 0"
        if (key := (load.page, load.round, load.variant)) in seen:
            yield f"{where}: {load.page!r}, round {load.round} holds {load.variant!r} twice"
        seen.add(key)
        if not reached[0] <= load.start_s <= TIMES_S[1] or load.round < reached[1][load.page]:
            yield f"{where}: loads and their rounds are in order of time; this is not"
        reached[1][load.page] = load.round
        reached = (load.start_s, reached[1])
        yield from (f"{where}: {fault}" for fault in _odd(load, pages[load.page]))


def _odd(load: PageLoad, page: PageRecord) -> Iterator[str]:
    for name, count in load.counts.items():
        if count < 0:
            yield f"{name} is {count}; a count was expected"
    if load.error:
        return  # Its times are not compared.
    needed = {*(mark(one).name for one in page.marks), RESPONSE, LOAD_EVENT}
    for name, time_s in load.times.items():
        if not TIMES_S[0] <= time_s <= TIMES_S[1]:
            yield f"{name} is {time_s}; a number of seconds was expected"
    if lacking := sorted(needed - load.times.keys()):
        yield f"lacks {lacking[0]}, though it names no error"
    if set(PAGE_COUNTS) - load.counts.keys():
        yield "lacks a count, though it names no error"
