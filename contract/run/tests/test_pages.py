"""Files of page loads: written and read back, and never half-trusted."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.errors import RecordError
from contract.metrics import PAGE_COUNTS, PAGE_TIMES, mark
from contract.run.pages import (
    LOAD_EVENT,
    PAGE_LOADS_NAME,
    RESPONSE,
    PageLoad,
    PageRecord,
    PagesRecord,
    read_pages,
    write_pages,
)

RECORD = PagesRecord(
    browser="Chromium 1",
    variants=("baseline", "optimized"),
    pages=(PageRecord(name="home", path="/", marks=("shown",)),),
)
COUNTS = dict.fromkeys(PAGE_COUNTS, 1)
LOAD = PageLoad(
    page="home",
    variant="baseline",
    round=0,
    position=0,
    warmup=False,
    start_s=0.0,
    error="",
    times={mark("shown").name: 0.5, RESPONSE: 0.25, LOAD_EVENT: 1.0},
    counts=COUNTS,
)


def test_loads_are_read_as_they_were_written(tmp_path: Path) -> None:
    """A time that the browser did not report stays missing."""
    loads = (LOAD, replace(LOAD, variant="optimized", position=1, start_s=1.0))
    write_pages(tmp_path, RECORD, loads)
    found = read_pages(tmp_path)

    assert found is not None
    assert (RECORD, loads) == (found.record, found.loads)


def test_without_pages_there_is_nothing(tmp_path: Path) -> None:
    """Most runs load no page."""
    assert read_pages(tmp_path) is None


def test_a_page_is_there_at_its_first_mark_or_its_load_event() -> None:
    """The first mark is the primary metric."""
    page = RECORD.pages[0]

    assert mark("shown").name == page.primary
    assert (mark("shown").name, *PAGE_TIMES) == page.times
    assert LOAD_EVENT == PageRecord(name="plain", path="/").primary


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda load: replace(load, page="other"), "pages.json names no 'other' in 'optimized'"),
        (lambda load: replace(load, round=-1), "round -1, position 1; both count from 0"),
        (lambda load: replace(load, position=2), "round 0, position 2"),
        (lambda load: replace(load, start_s=-1.0), "are in order of time; this is not"),
        (lambda load: replace(load, counts=COUNTS | {PAGE_COUNTS[0]: -1}), "a count was expected"),
        (lambda load: replace(load, counts={}), "lacks a count, though it names no error"),
        (lambda load: replace(load, times={}), "though it names no error"),
        (
            lambda load: replace(load, times={**load.times, RESPONSE: 0.0}),
            "response_s is 0.0; a number of seconds was expected",
        ),
        (lambda _: LOAD, "'home', round 0 holds 'baseline' twice"),
    ],
)
def test_loads_that_no_browser_can_have_made_are_refused(
    tmp_path: Path, change: Callable[[PageLoad], PageLoad], expected: str
) -> None:
    """The second load is the changed one; the message names its row."""
    second = replace(LOAD, variant="optimized", position=1, start_s=1.0)
    write_pages(tmp_path, RECORD, [LOAD, change(second)])

    with pytest.raises(RecordError) as caught:
        read_pages(tmp_path)
    assert "row 1: " in str(caught.value)
    assert expected in str(caught.value)


def test_a_failed_load_needs_no_times(tmp_path: Path) -> None:
    """It is compared with nothing."""
    failed = replace(LOAD, error="no answer", times={}, counts={})
    write_pages(tmp_path, RECORD, [failed])
    found = read_pages(tmp_path)

    assert found is not None
    assert (failed,) == found.loads


def test_other_columns_are_refused(tmp_path: Path) -> None:
    """A table of another tool is not guessed at."""
    write_pages(tmp_path, RECORD, [LOAD])
    pq.write_table(pa.table({"page": ["home"]}), tmp_path / PAGE_LOADS_NAME)

    with pytest.raises(RecordError, match=r"columns .* were expected"):
        read_pages(tmp_path)


def test_two_pages_of_one_name_are_refused() -> None:
    """A result could be either's."""
    with pytest.raises(ValueError, match="'home' stands there twice"):
        PagesRecord(browser="x", variants=("a", "b"), pages=RECORD.pages * 2)
