"""Readings of memory: written and read back, and refused where they are damaged."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.errors import RecordError
from contract.run.memory import MEMORY_NAME, MemoryRow, read_memory, write_memory

ROWS = (
    MemoryRow("base", 0, 0.0, 2_000, 3_000, 12),
    MemoryRow("head", 1, 2.5, 4_000, None),
    MemoryRow("", 0, 2.5, 4_000, None, 7, "postgres"),
)


def test_readings_are_read_as_written(tmp_path: Path) -> None:
    """A peak and descriptors that a system does not count are none."""
    write_memory(tmp_path, ROWS)

    assert ROWS == read_memory(tmp_path)


def test_older_readings_are_of_services(tmp_path: Path) -> None:
    """They are without descriptors and parts."""
    write_memory(tmp_path, ROWS[1:2])
    path = tmp_path / MEMORY_NAME
    pq.write_table(pq.read_table(path).drop_columns(["descriptors", "part"]), path)

    assert ROWS[1:2] == read_memory(tmp_path)


def test_a_run_without_readings_has_none(tmp_path: Path) -> None:
    """Older runs, and services elsewhere."""
    assert () == read_memory(tmp_path)


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("rss_bytes", pa.array(["x", "y", "z"]), "column 'rss_bytes' of int64 is missing"),
        ("rss_bytes", pa.array([1, None, 2], pa.int64()), "column 'rss_bytes' lacks values"),
    ],
)
def test_damage_is_named(tmp_path: Path, column: str, values: pa.Array, expected: str) -> None:
    """The message says which column and what to do."""
    write_memory(tmp_path, ROWS)
    table = pq.read_table(tmp_path / MEMORY_NAME)
    place = table.schema.get_field_index(column)
    pq.write_table(table.set_column(place, column, values), tmp_path / MEMORY_NAME)

    with pytest.raises(RecordError, match=expected):
        read_memory(tmp_path)
