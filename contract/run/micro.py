"""Times of a pytest-benchmark suite in the run's folder: micro.json and micro.parquet.

micro.json names the benchmarks and the order of the processes; micro.parquet has one row for each
round of each process. There may be millions of rounds, so the table is written and read in parts.
Version 1 is pytest-benchmark's own JSON of a single process, which is read as one process without a
comparison.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, Field, ValidationError

from contract.errors import RecordError
from contract.run.files import (
    MEASURE_AGAIN,
    Stored,
    first_complaint,
    missing,
    read_json,
    replaced_whole,
    undamaged,
    valid_record,
    write_record,
)

MICRO_NAME = "micro.json"
MICRO_TIMES_NAME = "micro.parquet"
MICRO_VERSION = 4
"""Version of micro.json.

1: pytest-benchmark's own JSON.
2: pairs of processes; times in micro.parquet.
3: `left_out`.
4: `changed`, `changed_imported`.
"""

FloatArray = npt.NDArray[np.float64]

_ALONE = "all"
_ROWS_AT_ONCE = 2**16
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

_WORD = pa.dictionary(pa.int32(), pa.string())
# Each text stands in memory once, however many rows have it; the file itself holds plain texts.
_CODED = pa.schema(
    [field.with_type(_WORD) if field.type == pa.string() else field for field in _SCHEMA]
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


class LeftOutRecord(Stored):
    """A function that a variant has and that was not measured.

    Attributes:
        name: of the function, or of a whole file.
        reason: why, in the suite's own words where it gave some.
        by_suite: whether the suite itself decided so, by a skip or a selection.
    """

    name: str
    variant: str
    reason: str
    by_suite: bool


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
        changed: how many files differ between the variants' revisions.
        changed_imported: some of these that a process imported; none where nothing shows that the
            revisions ran different code.
        order: of the variants in each pair, as places among them.
        benchmarks: all that were measured in some variant.
        left_out: all that were not measured, each variant by itself.
    """

    schema_version: Literal[2, 3, 4] = 4
    suite: str
    variants: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: dict[str, dict[str, str]] = Field(default_factory=dict)
    by_parameters: bool = False
    revisions: dict[str, str] = Field(default_factory=dict)
    files_changed: tuple[str, ...] = ()
    changed: int = 0
    changed_imported: tuple[str, ...] = ()
    order: tuple[tuple[int, ...], ...] = ()
    benchmarks: tuple[BenchmarkRecord, ...]
    left_out: tuple[LeftOutRecord, ...] = ()


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
    times_s: Sequence[float] | FloatArray


@dataclass(frozen=True)
class Micro:
    """A suite read back."""

    record: MicroRecord
    processes: tuple[ProcessTimes, ...]


def write_micro(run_folder: Path, record: MicroRecord, processes: Sequence[ProcessTimes]) -> None:
    """Write both files."""
    with (
        replaced_whole(run_folder / MICRO_TIMES_NAME) as temporary,
        pq.ParquetWriter(temporary, _CODED, compression="zstd", store_schema=False) as writer,
    ):
        for parts in _batches(processes):
            writer.write_table(_table(parts))
    write_record(run_folder / MICRO_NAME, record)


_Part = tuple[ProcessTimes, int, int]
"""Rounds of a process: from the first number up to the second."""


def _batches(processes: Sequence[ProcessTimes]) -> Iterator[list[_Part]]:
    """Parts of processes, of so many rows together that a table of them is small."""
    batch: list[_Part] = []
    room = _ROWS_AT_ONCE
    for process in processes:
        start, rounds = 0, len(process.times_s)
        while start < rounds:
            stop = min(rounds, start + room)
            batch.append((process, start, stop))
            room -= stop - start
            start = stop
            if not room:
                yield batch
                batch, room = [], _ROWS_AT_ONCE
    if batch:
        yield batch


def _table(parts: Sequence[_Part]) -> Any:
    lengths = [stop - start for _, start, stop in parts]

    def words(values: list[str]) -> Any:
        places = {value: place for place, value in enumerate(dict.fromkeys(values))}
        codes = np.repeat(np.array([places[value] for value in values], np.int32), lengths)
        return pa.DictionaryArray.from_arrays(codes, pa.array(places, pa.string()))

    processes = [process for process, _, _ in parts]
    columns = {
        "pair": np.repeat(np.array([one.pair for one in processes], np.int32), lengths),
        "position": np.repeat(np.array([one.position for one in processes], np.int8), lengths),
        "variant": words([one.variant for one in processes]),
        "benchmark": words([one.benchmark for one in processes]),
        "round": np.concatenate([np.arange(*part[1:], dtype=np.int32) for part in parts]),
        "time_s": np.concatenate(
            [np.asarray(one.times_s[start:stop], np.float64) for one, start, stop in parts]
        ),
    }
    return pa.table(columns, schema=_CODED)


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
    if not path.exists():
        raise missing(path, f"{MICRO_NAME} is there")
    times: dict[_Process, FloatArray] = {}
    with undamaged(path):
        if not _SCHEMA.equals(pq.read_schema(path)):
            raise RecordError(f"{path}: columns {_SCHEMA.names} were expected. {MEASURE_AGAIN}")
        with pq.ParquetFile(path, read_dictionary=["variant", "benchmark"]) as file:
            # Most rows of a process follow each other; those that do not are joined, too.
            for process, parts in groupby(_parts(path, record, file), itemgetter(0)):
                before = [times[process]] if process in times else []
                times[process] = np.concatenate([*before, *(part for _, part in parts)])
    # In the order of measuring.
    return tuple(ProcessTimes(*process, times_s) for process, times_s in times.items())


_Process = tuple[int, int, str, str]
"""Pair, position, variant, benchmark."""


def _parts(path: Path, record: MicroRecord, file: Any) -> Iterator[tuple[_Process, FloatArray]]:
    """Times of one process after another; a long one comes in several parts."""
    first_row = 0
    # Not `iter_batches`, which keeps what it has read.
    for group in range(file.num_row_groups):
        for batch in file.read_row_group(group).to_batches(_ROWS_AT_ONCE):
            _check_batch(path, record, batch, first_row)
            yield from _processes(batch)
            first_row += len(batch)


def _check_batch(path: Path, record: MicroRecord, batch: Any, first_row: int) -> None:
    for name in _SCHEMA.names:
        if batch.column(name).null_count:
            raise RecordError(f"{path}: column {name} has rows without a value. {MEASURE_AGAIN}")
    times_s = batch.column("time_s").to_numpy()
    wrong = ~((times_s > 0) & np.isfinite(times_s))
    if wrong.any():
        row = int(wrong.argmax())
        raise RecordError(
            f"{path}: row {first_row + row} holds {times_s[row]}; a number of seconds was "
            f"expected. {MEASURE_AGAIN}"
        )
    known = {one.name for one in record.benchmarks}
    for column, names in (("benchmark", known), ("variant", set(record.variants))):
        used = batch.column(column).unique().to_pylist()
        strange = next((name for name in used if name not in names), None)
        if strange is not None:
            raise RecordError(
                f"{path}: holds {column} {strange!r}, which {MICRO_NAME} does not name. "
                f"{MEASURE_AGAIN}"
            )


def _processes(batch: Any) -> Iterator[tuple[_Process, FloatArray]]:
    """The rows of one process after another."""
    if not len(batch):
        return
    words = {name: batch.column(name).dictionary.to_pylist() for name in ("variant", "benchmark")}
    keys = np.stack(
        [
            *(batch.column(name).to_numpy() for name in ("pair", "position")),
            *(batch.column(name).indices.to_numpy() for name in words),
        ]
    )
    starts = [0, *(np.flatnonzero((keys[:, 1:] != keys[:, :-1]).any(axis=0)) + 1)]
    times_s = batch.column("time_s").to_numpy()
    for start, stop in zip(starts, [*starts[1:], len(batch)], strict=True):
        pair, position, variant, benchmark = (int(key) for key in keys[:, start])
        process = (pair, position, words["variant"][variant], words["benchmark"][benchmark])
        # A copy, so that the batch can be freed.
        yield process, times_s[start:stop].copy()


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
