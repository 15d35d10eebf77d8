"""What the host counted, block by block: host.parquet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contract.errors import RecordError
from contract.run.files import REMOVE, undamaged, write_table

HOST_NAME = "host.parquet"


@dataclass(frozen=True)
class HostRow:
    """What the host counted during one block.

    Attributes:
        block: counted per scenario from 0, as in the samples.
        start_s, end_s: as the samples' times.
        counters: differences over the block, by name; `wall_s` is how far its readings lie apart.
    """

    scenario: str
    block: int
    start_s: float
    end_s: float
    counters: Mapping[str, float]


def write_host(run_folder: Path, rows: Sequence[HostRow]) -> None:
    """Write host.parquet, one row a block; a counter that a block lacks is null there."""
    counters = sorted({name for row in rows for name in row.counters})
    columns = {
        "scenario": pa.array([row.scenario for row in rows], pa.string()),
        "block": pa.array([row.block for row in rows], pa.int32()),
        "start_s": pa.array([row.start_s for row in rows], pa.float64()),
        "end_s": pa.array([row.end_s for row in rows], pa.float64()),
        **{
            name: pa.array([row.counters.get(name) for row in rows], pa.float64())
            for name in counters
        },
    }
    write_table(run_folder / HOST_NAME, pa.table(columns))


def read_host(run_folder: Path) -> Any:
    """Read host.parquet as an Arrow table; None where a crash lost it.

    Raises:
        RecordError: it is damaged.
    """
    path = run_folder / HOST_NAME
    if not path.exists():
        return None
    with undamaged(path, REMOVE):
        table = pq.read_table(path)
    lacking = [name for name in ("scenario", "block", "wall_s") if name not in table.schema.names]
    if lacking:
        raise RecordError(f"{path}: columns {lacking} are missing. {REMOVE}")
    for column in table.schema:
        number = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
        if not number and column.name != "scenario":
            raise RecordError(
                f"{path}: column {column.name!r} holds {column.type}, numbers were expected. "
                f"{REMOVE}"
            )
    return table
