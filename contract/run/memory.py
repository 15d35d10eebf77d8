"""Memory and descriptors of the target's processes, reading by reading: memory.parquet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from contract.errors import RecordError
from contract.run.files import REMOVE, undamaged, write_table

MEMORY_NAME = "memory.parquet"

_COLUMNS = {
    "server": pa.string(),
    "start": pa.int32(),
    "time_s": pa.float64(),
    "rss_bytes": pa.int64(),
    "peak_bytes": pa.int64(),
    "descriptors": pa.int64(),
    "part": pa.string(),
}
_ADDED = {"descriptors", "part"}
"""Older runs are without these columns."""
_UNKNOWN = {"peak_bytes", "descriptors"}


@dataclass(frozen=True)
class MemoryRow:
    """The memory of one service, or of another part, at one moment, all of its processes together.

    What processes share is in the memory of each of them.

    Attributes:
        server: the variant that it serves; empty where it serves all.
        start: how often it had been started before; the first is 0.
        time_s: as the samples' times: what was sent until then had been answered.
        rss_bytes: resident.
        peak_bytes: the most that was resident so far, process by process; None where unknown.
        descriptors: open at that moment; None where unknown.
        part: of the target beside its services, such as its database; empty for a service.
    """

    server: str
    start: int
    time_s: float
    rss_bytes: int
    peak_bytes: int | None
    descriptors: int | None = None
    part: str = ""


def write_memory(run_folder: Path, rows: Sequence[MemoryRow]) -> None:
    """Write memory.parquet, one row a reading."""
    columns = {
        name: pa.array([getattr(row, name) for row in rows], kind)
        for name, kind in _COLUMNS.items()
    }
    write_table(run_folder / MEMORY_NAME, pa.table(columns))


def read_memory(run_folder: Path) -> tuple[MemoryRow, ...]:
    """Every reading in order of time; empty where memory was not read.

    Raises:
        RecordError: the file is damaged.
    """
    path = run_folder / MEMORY_NAME
    if not path.exists():
        return ()
    with undamaged(path, REMOVE):
        table = pq.read_table(path)
    known = [name for name in _COLUMNS if name in table.schema.names or name not in _ADDED]
    for name in known:
        kind = _COLUMNS[name]
        if name not in table.schema.names or table.schema.field(name).type != kind:
            raise RecordError(f"{path}: column {name!r} of {kind} is missing. {REMOVE}")
        if name not in _UNKNOWN and table[name].null_count:
            raise RecordError(f"{path}: column {name!r} lacks values. {REMOVE}")
    return tuple(MemoryRow(**row) for row in table.select(known).to_pylist())
