"""Times of a pytest-benchmark suite in the run's folder: micro.json and micro.parquet.

micro.json names the benchmarks and the order of the processes; micro.parquet has one row for each
round of each process. Version 1 is pytest-benchmark's own JSON of a single process, which is read
as one process without a comparison.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, Field, ValidationError

from contract.errors import RecordError
from contract.run.files import (
    MEASURE_AGAIN,
    Stored,
    first_complaint,
    read_json,
    read_table,
    valid_record,
    write_record,
    write_table,
)

MICRO_NAME = "micro.json"
MICRO_TIMES_NAME = "micro.parquet"
MICRO_VERSION = 2
"""Version of micro.json.

1: pytest-benchmark's own JSON.
2: pairs of processes; times in micro.parquet.
"""

_ALONE = "all"
_SCHEMA = pa.schema(
    [
        ("pair", pa.int32()),
        ("position", pa.int8()),
        ("variant", pa.string()),
        ("benchmark", pa.string()),
        ("round", pa.int32()),
        ("time_s", pa.float64()),
    ]
)


class BenchmarkRecord(Stored):
    """One function, in all variants that have it.

    Attributes:
        name: the same in every variant.
        parameters: of the test; where variants differ in one, that of the first variant seen.
        extra_info: pytest-benchmark's `extra_info`.
    """

    name: str
    group: str = ""
    parameters: dict[str, str] = Field(default_factory=dict)
    extra_info: dict[str, Any] = Field(default_factory=dict)


class MicroRecord(Stored):
    """How a suite was measured.

    Attributes:
        suite: its path.
        variants: the baseline first; a single one where nothing was compared.
        parameters: by variant, which tests it runs.
        by_parameters: whether variants differ in nothing else, so that tests without these
            parameters run the same code.
        revisions: by variant, its commit; empty where all have the same, or run.json has them.
        files_changed: files of the suite itself that differ between the variants' revisions.
        order: of the variants in each pair, as places among them.
    """

    schema_version: Literal[2] = 2
    suite: str
    variants: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: dict[str, dict[str, str]] = Field(default_factory=dict)
    by_parameters: bool = False
    revisions: dict[str, str] = Field(default_factory=dict)
    files_changed: tuple[str, ...] = ()
    order: tuple[tuple[int, ...], ...] = ()
    benchmarks: tuple[BenchmarkRecord, ...]


@dataclass(frozen=True)
class ProcessTimes:
    """The times of one benchmark in one process.

    Attributes:
        position: the process's place in its pair.
        times_s: of one call, for each round.
    """

    pair: int
    position: int
    variant: str
    benchmark: str
    times_s: Sequence[float] | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Micro:
    """A suite read back."""

    record: MicroRecord
    processes: tuple[ProcessTimes, ...]


def write_micro(run_folder: Path, record: MicroRecord, processes: Sequence[ProcessTimes]) -> None:
    """Write both files."""
    lengths = [len(one.times_s) for one in processes]
    columns = {
        "pair": np.repeat([one.pair for one in processes], lengths),
        "position": np.repeat([one.position for one in processes], lengths),
        "variant": np.repeat([one.variant for one in processes], lengths),
        "benchmark": np.repeat([one.benchmark for one in processes], lengths),
        "round": np.concatenate([np.arange(length) for length in lengths]),
        "time_s": np.concatenate([np.asarray(one.times_s, np.float64) for one in processes]),
    }
    arrays = [pa.array(columns[column.name].tolist(), column.type) for column in _SCHEMA]
    write_table(run_folder / MICRO_TIMES_NAME, pa.table(arrays, schema=_SCHEMA))
    write_record(run_folder / MICRO_NAME, record)


def read_micro(run_folder: Path) -> Micro | None:
    """Read a suite's times; None where no suite was measured.

    Raises:
        RecordError: a file is missing, damaged, or of a newer schema.
    """
    path = run_folder / MICRO_NAME
    content = read_json(path)
    if content is None:
        return None
    if "schema_version" not in content:
        return _one_process(path, content)
    record = valid_record(path, content, MicroRecord, MICRO_VERSION)
    return Micro(record, _read_times(run_folder / MICRO_TIMES_NAME, record))


def _read_times(path: Path, record: MicroRecord) -> tuple[ProcessTimes, ...]:
    table = read_table(path, f"{MICRO_NAME} is there")
    if not _SCHEMA.equals(table.schema):
        raise RecordError(f"{path}: columns {_SCHEMA.names} were expected. {MEASURE_AGAIN}")
    frame = table.to_pandas()
    wrong = ~((frame["time_s"] > 0) & np.isfinite(frame["time_s"]))
    if wrong.any():
        raise RecordError(
            f"{path}: row {int(wrong.argmax())} holds {frame['time_s'][int(wrong.argmax())]}; a "
            f"number of seconds was expected. {MEASURE_AGAIN}"
        )
    known = {one.name for one in record.benchmarks}
    for column, names in (("benchmark", known), ("variant", set(record.variants))):
        strange = next((name for name in frame[column].unique() if name not in names), None)
        if strange is not None:
            raise RecordError(
                f"{path}: holds {column} {strange!r}, which {MICRO_NAME} does not name. "
                f"{MEASURE_AGAIN}"
            )
    # In the order of measuring, which pandas keeps.
    grouped = frame.groupby(["pair", "position", "variant", "benchmark"], sort=False)["time_s"]
    return tuple(
        ProcessTimes(int(pair), int(position), str(variant), str(benchmark), times.to_numpy())
        for (pair, position, variant, benchmark), times in grouped
    )


class _OwnStats(BaseModel):
    median: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _OwnBenchmark(BaseModel):
    name: str
    group: str | None = None
    extra_info: dict[str, Any] = {}
    stats: _OwnStats


class _OwnSuite(BaseModel):
    benchmarks: list[_OwnBenchmark]


def _one_process(path: Path, content: Mapping[str, Any]) -> Micro:
    """pytest-benchmark's JSON, of which medians alone are kept."""
    try:
        own = _OwnSuite.model_validate(content).benchmarks
    except ValidationError as invalid:
        raise RecordError(
            f"{path}: {first_complaint(invalid)}; pytest-benchmark's JSON was expected. Measure "
            "again, or remove the file."
        ) from invalid
    benchmarks = tuple(
        BenchmarkRecord(name=one.name, group=one.group or "", extra_info=one.extra_info)
        for one in own
    )
    record = MicroRecord(suite="", variants=(_ALONE,), benchmarks=benchmarks)
    return Micro(
        record,
        tuple(ProcessTimes(0, 0, _ALONE, one.name, [one.stats.median]) for one in own),
    )
