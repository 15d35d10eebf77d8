"""Tables of samples that no measurement can have written are named, each for its own fault."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from contract.run.checks import are_answers, are_times, complaints
from contract.run.reading import read_run
from contract.run.samples import Samples
from contract.run.tests.folders import RECORD, closed_folder


@pytest.fixture
def table(tmp_path: Path) -> Any:
    """The samples of a run of ten rounds, in memory."""
    samples = read_run(closed_folder(tmp_path)).samples
    return samples.select(samples.schema.names)


def found(table: Any, *, paired: bool = True) -> list[str]:
    """All complaints."""
    return [*complaints(Samples.of(table), ["one"], RECORD.variants, paired=paired)]


def changed(table: Any, name: str, row: int, value: object) -> Any:
    """The samples with another value in one place."""
    values = table[name].to_pylist()
    values[row] = value
    kind = table[name].type
    column = pa.array(values, pa.string() if pa.types.is_dictionary(kind) else kind)
    return table.set_column(table.schema.get_field_index(name), name, column)


def test_measured_samples_have_no_fault(table: Any) -> None:
    """Whatever is named below is named for what was changed."""
    assert [] == found(table)
    assert [] == found(table.slice(0, 0))


@pytest.mark.parametrize(
    ("name", "row", "value", "expected"),
    [
        ("round", 3, None, "column 'round' lacks 1 of 20 values"),
        ("latency_s", 3, 0.0, "column 'latency_s', row 3: holds 0.0"),
        ("start_s", 3, float("nan"), "column 'start_s', row 3: holds nan"),
        ("scenario", 3, "two", "holds scenario 'two', which run.json does not name; it names one"),
        ("variant", 3, "other", "holds variant 'other', which run.json does not name"),
        ("block", 3, -1, "column 'block' holds -1; they count from 0"),
        ("position", 3, 2, "column 'position' holds 2; this run's end at 1"),
        ("round", 3, 9, "sent after one of a later round"),
        ("block", 3, 1, "sent after one of a later block"),
        ("position", 3, 0, "its requests are not one for each position"),
        ("latency_s", 3, 5.0, "sent before the request before it was answered"),
    ],
)
def test_each_fault_is_named(table: Any, name: str, row: int, value: object, expected: str) -> None:
    """The first clause says where, what was found, and what was expected."""
    samples = Samples.of(changed(table, name, row, value))
    first = next(complaints(samples, ["one"], RECORD.variants, paired=True))

    assert expected in first


def test_under_load_requests_overlap(table: Any) -> None:
    """What is impossible for one request at a time is normal there."""
    assert [] == found(changed(table, "latency_s", 3, 5.0), paired=False)


def test_times_lie_between_a_nanosecond_and_thirty_years() -> None:
    """Ratios of other numbers mean little."""
    seconds = np.array([0.0, 1e-9, 1.0, 1e9, 1e10, np.nan, np.inf, -1.0])

    assert [False, True, True, True, False, False, False, False] == are_times(seconds).tolist()


def test_an_answer_has_a_status_and_no_error(table: Any) -> None:
    """A refused connection and a wrong body are no answers."""
    wrong = changed(changed(table, "error", 1, "status 500"), "status", 2, 0)

    assert [1, 2] == np.flatnonzero(~are_answers(Samples.of(wrong))).tolist()
