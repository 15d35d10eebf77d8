"""A suite's files: written and read back, and never half-trusted."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.errors import RecordError
from contract.run.micro import (
    MICRO_NAME,
    MICRO_TIMES_NAME,
    BenchmarkRecord,
    LeftOutRecord,
    MicroRecord,
    ProcessTimes,
    read_micro,
    write_micro,
)

RECORD = MicroRecord(
    suite="benchmarks",
    variants=("before", "after"),
    order=((0, 1), (1, 0)),
    benchmarks=(BenchmarkRecord(name="it.work"),),
)


def processes() -> list[ProcessTimes]:
    """Two pairs, in the order of measuring."""
    return [
        ProcessTimes(0, 0, "before", "it.work", [0.25, 0.5]),
        ProcessTimes(0, 1, "after", "it.work", [0.125]),
        ProcessTimes(1, 0, "after", "it.work", [0.125]),
        ProcessTimes(1, 1, "before", "it.work", [0.25]),
    ]


def test_a_suite_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Processes keep their order, and each its rounds."""
    write_micro(tmp_path, RECORD, processes())
    found = read_micro(tmp_path)

    assert found is not None
    assert RECORD == found.record
    assert [(one.pair, one.position, one.variant, list(one.times_s)) for one in processes()] == [
        (one.pair, one.position, one.variant, list(one.times_s)) for one in found.processes
    ]


def test_processes_longer_than_a_part_are_read_whole(tmp_path: Path) -> None:
    """Of the parts in which a table is written and read, none is lost, and each keeps its place."""
    names = [f"it.f{index}" for index in range(5)]
    lengths = [1, 2**17, 3, 2**18 + 5, 2**16]
    written = [
        ProcessTimes(index, 0, "before", name, np.arange(1, length + 1, dtype=np.float64))
        for index, (name, length) in enumerate(zip(names, lengths, strict=True))
    ]
    record = MicroRecord(
        suite="s",
        variants=("before",),
        benchmarks=tuple(BenchmarkRecord(name=name) for name in names),
        left_out=(LeftOutRecord(name="it.g", variant="before", reason="skipped", by_suite=True),),
    )
    write_micro(tmp_path, record, written)
    found = read_micro(tmp_path)

    assert found is not None
    assert record == found.record
    assert names == [one.benchmark for one in found.processes]
    for one, other in zip(written, found.processes, strict=True):
        np.testing.assert_array_equal(one.times_s, other.times_s)
    table = pq.read_table(tmp_path / MICRO_TIMES_NAME)
    # Other tools read plain texts.
    assert pa.string() == table.schema.field("benchmark").type
    assert [0, 1] == table["round"].to_pylist()[1:3]


def test_memory_and_disk_do_not_grow_with_names(tmp_path: Path) -> None:
    """A name of 5,000 characters stands there once, not in each of 100,000 rounds."""
    times = np.full(100_000, 0.5)
    sizes = []
    for name in ("f", "f" * 5_000):
        record = RECORD.model_copy(update={"benchmarks": (BenchmarkRecord(name=name),)})
        tracemalloc.start()
        write_micro(tmp_path, record, [ProcessTimes(0, 0, "before", name, times)])
        read_micro(tmp_path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 20e6
        sizes.append((tmp_path / MICRO_TIMES_NAME).stat().st_size)

    assert sizes[1] - sizes[0] < 50_000


def test_a_suite_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """Version 2 did not say what was left out, and wrote its table in one part."""
    write_micro(tmp_path, RECORD, processes())
    stated = json.loads((tmp_path / MICRO_NAME).read_text(encoding="utf-8"))
    del stated["left_out"]
    (tmp_path / MICRO_NAME).write_text(json.dumps(stated | {"schema_version": 2}), encoding="utf-8")
    pq.write_table(pq.read_table(tmp_path / MICRO_TIMES_NAME), tmp_path / MICRO_TIMES_NAME)
    found = read_micro(tmp_path)

    assert found is not None
    assert ((), 4) == (found.record.left_out, len(found.processes))


def test_rows_without_a_value_are_refused(tmp_path: Path) -> None:
    """The column is named."""
    write_micro(tmp_path, RECORD, processes())
    table = pq.read_table(tmp_path / MICRO_TIMES_NAME)
    values = pa.array([None, *table["variant"].to_pylist()[1:]], pa.string())
    index = table.schema.get_field_index("variant")
    pq.write_table(
        table.set_column(index, table.schema.field("variant"), values), tmp_path / MICRO_TIMES_NAME
    )

    with pytest.raises(RecordError, match="column variant has rows without a value"):
        read_micro(tmp_path)


def test_without_a_suite_there_is_nothing(tmp_path: Path) -> None:
    """Most runs measure no functions."""
    assert read_micro(tmp_path) is None


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("time_s", 0.0, "row 1 holds 0.0; a number of seconds was expected"),
        ("time_s", float("nan"), "row 1 holds nan"),
        ("benchmark", "other", "holds benchmark 'other', which micro.json does not name"),
        ("variant", "other", "holds variant 'other', which micro.json does not name"),
    ],
)
def test_times_that_no_process_can_have_written_are_refused(
    tmp_path: Path, column: str, value: object, expected: str
) -> None:
    """The message names the file and what is wrong with it."""
    write_micro(tmp_path, RECORD, processes())
    table = pq.read_table(tmp_path / MICRO_TIMES_NAME)
    values = table[column].to_pylist()
    values[1] = value
    index = table.schema.get_field_index(column)
    changed = table.set_column(index, table.schema.field(column), pa.array(values))
    pq.write_table(changed, tmp_path / MICRO_TIMES_NAME)

    with pytest.raises(RecordError, match=expected) as caught:
        read_micro(tmp_path)
    assert str(tmp_path / MICRO_TIMES_NAME) in str(caught.value)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    """A table of another tool is not guessed at."""
    write_micro(tmp_path, RECORD, processes())
    pq.write_table(pa.table({"time_s": [1.0]}), tmp_path / MICRO_TIMES_NAME)

    with pytest.raises(RecordError, match=r"columns .* were expected"):
        read_micro(tmp_path)


def test_lost_times_are_missed(tmp_path: Path) -> None:
    """One file without the other is no suite."""
    write_micro(tmp_path, RECORD, processes())
    (tmp_path / MICRO_TIMES_NAME).unlink()

    with pytest.raises(RecordError, match=r"micro.parquet: missing, though micro.json is there"):
        read_micro(tmp_path)


def test_pytest_benchmarks_own_file_is_one_process(tmp_path: Path) -> None:
    """Runs of earlier versions hold it; medians alone are kept, in one variant."""
    benchmark = {"name": "test_work", "group": None, "stats": {"median": 0.5}}
    (tmp_path / MICRO_NAME).write_text(json.dumps({"benchmarks": [benchmark]}), encoding="utf-8")
    found = read_micro(tmp_path)

    assert found is not None
    assert ("all",) == found.record.variants
    assert [("test_work", [0.5])] == [(one.benchmark, one.times_s) for one in found.processes]


def test_a_file_that_is_neither_is_refused(tmp_path: Path) -> None:
    """The message says what was expected."""
    (tmp_path / MICRO_NAME).write_text('{"benchmarks": 1}', encoding="utf-8")

    with pytest.raises(RecordError, match="pytest-benchmark's JSON was expected"):
        read_micro(tmp_path)
