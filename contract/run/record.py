"""The run record: the only thing that measuring and reporting share.

A run is one folder. While measuring, samples go to an Arrow IPC stream, of which every complete
batch survives a crash; at close they become one Parquet file. `run.json` says what was planned,
on what it ran and how it ended.

Goals: nothing written is ever lost, nothing half-written is ever read as whole, an unknown newer
schema is refused. Non-goal: to interpret a number.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from contract.errors import RecordError
from contract.run import checks
from contract.run.samples import Samples

SCHEMA_VERSION = 4
"""Version of run.json and of the samples' columns.

1: first.
2: runs under load: `design`, `load`, and what a block and a round are in them.
3: runs that start their servers again and again: `restarts`, and what a block is in them.
4: the samples' column `ttfb_s`.
"""

STREAM_NAME = "samples.arrows"
SAMPLES_NAME = "samples.parquet"
RUN_NAME = "run.json"
MICRO_NAME = "micro.json"
HOST_NAME = "host.parquet"

RunState = Literal["running", "complete", "partial", "invalid"]
Design = Literal["paired", "load", "restarts"]


class Stored(BaseModel):
    """What a record holds: known keys alone, and no number that is none."""

    # A limit that is no number would allow everything.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


_RecordT = TypeVar("_RecordT", bound=Stored)


class ScenarioRecord(Stored):
    """What was planned and delivered for one scenario.

    Attributes:
        request: method and path as sent, for people.
        canary: whether every variant runs the same code here.
        rounds_max: the most rounds the plan allows.
        rounds: complete measured rounds, warm-up not counted.
        budget_s: the most time the plan allows, in seconds.
        ended: why measuring stopped.
        objective_s: under load, the latency that the objective's share of requests must keep.
    """

    name: str
    request: str
    description: str = ""
    canary: bool = False
    rounds_max: int
    rounds: int = 0
    budget_s: Annotated[float, Field(gt=0)]
    ended: Literal["", "rounds", "time", "decided", "interrupted", "errors", "target"] = ""
    objective_s: float | None = None


class StepRecord(Stored):
    """One stretch of load: one variant, arrivals at one rate, then time to answer them all.

    Attributes:
        phase: `probe` sends a few requests one after the other, `capacity` searches the highest
            rate, `switchback` is what is compared.
        block, position: as in the samples.
        rate_per_s: of arrivals, all scenarios and workers together; 0 in a probe.
        start_s, end_s: of the time in which arrivals are due, as the samples' times.
        drained_s: when the last answer had come.
        planned, sent: arrivals, by worker.
        cpu_s: of each worker's process from `start_s` to `drained_s`.
        errors: wrong answers.
        late_share: the share of arrivals after the burn-in that were answered wrongly or later than
            their scenario's objective: of all of them, or of the scenario that fared worst, if it
            has enough of them for the objective's quantile.
        lag_s_p99: how late arrivals were sent, 99th percentile.
        met: in a capacity step, whether the objective was kept.
        limit: why it was not; `queue` where all were in time so far, but more arrived than was
            answered.
    """

    phase: Literal["probe", "capacity", "switchback"]
    block: int
    position: int
    variant: str
    rate_per_s: float
    start_s: float
    end_s: float
    drained_s: float
    planned: tuple[int, ...]
    sent: tuple[int, ...]
    cpu_s: tuple[float, ...]
    errors: int
    late_share: float
    lag_s_p99: float
    met: bool | None = None
    limit: Literal["", "latency", "queue", "errors", "generator"] = ""


class LoadRecord(Stored):
    """How a run loaded its target, and what came of each step.

    Attributes:
        rate_per_s: of the switchback; 0 where the search ended before there was one.
        utilization: that rate as a share of the smallest capacity found; None where it was given.
        blocks_planned: of the switchback.
        objective_quantile: the share of requests that must keep their scenario's objective.
        errors_max: the share of wrong answers that is still allowed.
        lag_s_max: the 99th percentile of the dispatch lag that is still allowed.
        worker_cpu_share_max: of one core, that a worker may use.
    """

    workers: int
    rate_per_s: float = 0.0
    utilization: float | None = None
    sub_block_s: float
    burn_in_s: float
    blocks_planned: int
    objective_quantile: float
    errors_max: float
    lag_s_max: float
    worker_cpu_share_max: float
    steps: tuple[StepRecord, ...] = ()


class RestartsRecord(Stored):
    """How often a run started its servers anew, all variants' together: a pair of starts.

    Attributes:
        looks: after how many pairs it was to be looked at, ascending; the last one ends it.
        starts: the variants of each pair, in the order in which they were started.
    """

    looks: Annotated[tuple[int, ...], Field(min_length=1)]
    starts: tuple[tuple[str, ...], ...] = ()


class FileRecord(Stored):
    """One file of the run, so that a later change to it shows."""

    sha256: str
    size_bytes: int


class RunRecord(Stored):
    """Everything in run.json.

    Attributes:
        state: `running` until closed; a folder left `running` by a crash is read as `partial`.
        reasons: one line each, why the run is partial or invalid.
        command: what a person types to measure the same again.
        config: the effective configuration without secrets.
        variants: names in the order of the configuration.
        baseline: the variant every other one is compared with.
        design: how requests were scheduled.
        load: in a run under load, how, and what came of it.
        restarts: where servers were started anew for each block of a scenario, how often.
        looks: whether a look at what was measured so far could end a scenario early.
        stages: server stages recorded, from Server-Timing.
        counters: cost counters recorded.
        environment: facts about machine, code and target, by section.
        noise: host counters over the measured time, by name.
    """

    schema_version: int = SCHEMA_VERSION
    tool_version: str
    id: str
    state: RunState = "running"
    reasons: tuple[str, ...] = ()
    command: str
    profile: str
    seed: int
    started_at: str
    finished_at: str | None = None
    config: dict[str, Any]
    variants: tuple[str, ...]
    baseline: str
    scenarios: Annotated[tuple[ScenarioRecord, ...], Field(min_length=1)]
    design: Design = "paired"
    load: LoadRecord | None = None
    restarts: RestartsRecord | None = None
    looks: bool = False
    stages: tuple[str, ...]
    counters: tuple[str, ...]
    environment: dict[str, dict[str, Any]] = Field(default_factory=dict)
    noise: dict[str, float] = Field(default_factory=dict)
    files: dict[str, FileRecord] = Field(default_factory=dict)

    @field_validator("variants", "stages", "counters")
    @classmethod
    def _named_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} stands there twice")
        return names

    @field_validator("scenarios")
    @classmethod
    def _scenarios_named_once(
        cls, scenarios: tuple[ScenarioRecord, ...]
    ) -> tuple[ScenarioRecord, ...]:
        cls._named_once(tuple(one.name for one in scenarios))
        return scenarios


@dataclass(frozen=True)
class SampleRow:
    """One request, as the generator saw it.

    Attributes:
        scenario, variant: index into the run's scenarios and variants.
        block: the stretch between two housekeeping pauses; counted per scenario from 0. With
            restarts, of one pair of starts. Under load a probe, a step of the capacity search, or a
            switchback block; counted over the run.
        round: counted per scenario from 0; warm-up rounds have numbers too. Under load the number
            of the arrival in its step; in a switchback block's first half, and likewise in its
            second, arrivals of one number are alike in all variants.
        position: place in the round's random order, from 0. Under load the step's place in its
            block: with K variants, the first K steps run each once, the last K in reverse order.
        warmup: recorded but not compared.
        intended_s, start_s: seconds since the run's first request was due, monotonic clock.
        latency_s: from sending, under load from when it was due, to the last byte of the body.
        status: HTTP status, 0 when no answer came.
        error: empty, or why this answer does not count as a right one.
        wire_bytes, body_bytes: body as transferred (None where unknown), and decoded.
        body_hash: of the decoded body less what the scenario ignores; 0 when no answer came.
        stages: seconds by stage, NaN where absent; ordered as the run's stages.
        counters: ordered as the run's counters, NaN where absent.
        ttfb_s: from the moment from which `latency_s` counts to the first byte of the body, in a
            sequence summed over its requests; NaN where there is no body, or nobody knows.
    """

    scenario: int
    variant: int
    block: int
    round: int
    position: int
    warmup: bool
    intended_s: float
    start_s: float
    latency_s: float
    status: int
    error: str
    wire_bytes: int | None
    body_bytes: int
    body_hash: int
    stages: tuple[float, ...]
    counters: tuple[float, ...]
    ttfb_s: float = math.nan


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


_FIXED_COLUMNS: Mapping[str, Any] = {
    "block": pa.int32(),
    "round": pa.int32(),
    "position": pa.int8(),
    "warmup": pa.bool_(),
    "intended_s": pa.float64(),
    "start_s": pa.float64(),
    "latency_s": pa.float64(),
    "ttfb_s": pa.float64(),
    "status": pa.int16(),
    "error": pa.string(),
    "wire_bytes": pa.int64(),
    "body_bytes": pa.int64(),
    "body_hash": pa.uint64(),
}
_TIMES = ("intended_s", "start_s", "latency_s", "ttfb_s")
_ADDED_IN: Mapping[str, int] = {"ttfb_s": 4}
"""Columns that runs of an earlier schema version lack."""

TIME_RESOLUTION_S = 2.0**-23
"""Times are kept to 0.12 microseconds, far below what a scheduler lets anybody tell: the bits below
are chance, and chance fills a disk, because it cannot be compressed."""

_VERSION_KEY = "versus_schema_version"
_LABEL_INDEX = pa.int16()
_LABELS = pa.dictionary(_LABEL_INDEX, pa.string())


def stage_column(stage: str) -> str:
    """Name of the samples' column that holds a stage's seconds."""
    return f"stage_{stage}_s"


def counter_column(counter: str) -> str:
    """Name of the samples' column that holds a counter."""
    return f"counter_{counter}"


def samples_schema(stages: Sequence[str], counters: Sequence[str]) -> Any:
    """The Arrow schema of a run's samples."""
    return pa.schema(
        [
            ("scenario", _LABELS),
            ("variant", _LABELS),
            *_FIXED_COLUMNS.items(),
            *((stage_column(stage), pa.float64()) for stage in stages),
            *((counter_column(counter), pa.float64()) for counter in counters),
        ],
        metadata={_VERSION_KEY: str(SCHEMA_VERSION)},
    )


class SampleEncoder:
    """Turns rows of a run into Arrow batches."""

    def __init__(
        self,
        scenarios: Sequence[str],
        variants: Sequence[str],
        stages: Sequence[str],
        counters: Sequence[str],
    ) -> None:
        self._scenarios = pa.array(scenarios, pa.string())
        self._variants = pa.array(variants, pa.string())
        self.schema = samples_schema(stages, counters)

    def batch(self, rows: Sequence[SampleRow]) -> Any:
        """One Arrow batch of at least one row."""
        columns = [
            pa.DictionaryArray.from_arrays(
                pa.array([row.scenario for row in rows], _LABEL_INDEX), self._scenarios
            ),
            pa.DictionaryArray.from_arrays(
                pa.array([row.variant for row in rows], _LABEL_INDEX), self._variants
            ),
            *(_column([getattr(row, name) for row in rows], name) for name in _FIXED_COLUMNS),
            *_transposed(row.stages for row in rows),
            *_transposed(row.counters for row in rows),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


class SampleStream:
    """Appends samples to a run's Arrow stream; a batch is on disk once it was written or flushed.

    `append` only keeps the row, so that it can be called between two requests of a round;
    `flush` encodes and writes, so call it in a pause.
    """

    def __init__(self, run_folder: Path, record: RunRecord) -> None:
        self._encoder = SampleEncoder(
            [scenario.name for scenario in record.scenarios],
            record.variants,
            record.stages,
            record.counters,
        )
        self.schema = self._encoder.schema
        self._rows: list[SampleRow] = []
        # Unbuffered by us: what flush() wrote must not wait in this process.
        self._file = (run_folder / STREAM_NAME).open("wb", buffering=0)
        self._writer = pa.ipc.new_stream(self._file, self.schema)

    def append(self, row: SampleRow) -> None:
        """Keep one sample until the next flush."""
        self._rows.append(row)

    def flush(self) -> None:
        """Write the samples kept so far as one batch."""
        rows, self._rows = self._rows, []
        if rows:
            self.write(self._encoder.batch(rows))

    def write(self, batch: Any) -> None:
        """Write an Arrow batch that an encoder of the same run made."""
        self._writer.write_batch(batch)

    def close(self) -> None:
        """Flush and end the stream."""
        self.flush()
        self._writer.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _column(values: Sequence[Any], name: str) -> Any:
    if name in _TIMES:
        kept = np.round(np.array(values) / TIME_RESOLUTION_S) * TIME_RESOLUTION_S
        return pa.array(kept, _FIXED_COLUMNS[name])
    return pa.array(values, _FIXED_COLUMNS[name])


def _transposed(rows: Iterator[tuple[float, ...]]) -> list[Any]:
    return [pa.array(column, pa.float64()) for column in zip(*rows, strict=True)]


def close_samples(run_folder: Path, record: RunRecord) -> Any:
    """Turn the stream into Parquet, keep every complete batch, and return the Arrow table.

    A stream that a crash cut short ends at its last complete batch. The stream is removed only
    after the Parquet file is safely on disk.
    """
    stream = run_folder / STREAM_NAME
    table = _read_stream(stream, samples_schema(record.stages, record.counters))
    with replaced_whole(run_folder / SAMPLES_NAME) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=9,
            column_encoding=dict.fromkeys(_TIMES, "BYTE_STREAM_SPLIT"),
            use_dictionary=[name for name in table.schema.names if name not in _TIMES],
        )
    stream.unlink(missing_ok=True)
    return table


def _read_stream(path: Path, schema: Any) -> Any:
    batches = []
    try:
        with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as reader:
            # What an older Versus wrote is read as it was written.
            schema = reader.schema
            batches.extend(iter(reader))
    except FileNotFoundError:
        pass  # Stopped before the first sample.
    except (pa.ArrowInvalid, OSError):
        pass  # Cut short: what came before is whole.
    return pa.Table.from_batches(batches, schema=schema)


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
    with replaced_whole(run_folder / HOST_NAME) as temporary:
        pq.write_table(pa.table(columns), temporary, compression="zstd")


def write_run(run_folder: Path, record: RunRecord) -> None:
    """Write run.json so that a reader sees the old or the new one, never a half."""
    write_record(run_folder / RUN_NAME, record)


def write_record(path: Path, record: Stored) -> None:
    """Write a record as JSON; a reader sees the old or the new one."""
    with replaced_whole(path) as temporary:
        temporary.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")


def describe_file(path: Path) -> FileRecord:
    """Checksum and size of a finished file."""
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    return FileRecord(sha256=digest, size_bytes=path.stat().st_size)


@contextmanager
def replaced_whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to; a reader of `path` sees the old file or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@dataclass(frozen=True)
class Run:
    """A run read back.

    Attributes:
        folder: where it lies.
        record: run.json.
        samples: columns as in `samples_schema`; those of older schema versions lack some.
        host: an Arrow table, one row a block, as `HostRow`; None where a crash lost it.
    """

    folder: Path
    record: RunRecord
    samples: Samples
    host: Any = None


def read_run(folder: Path) -> Run:
    """Read a run's folder, also one that a crash left open.

    Raises:
        RecordError: a file is missing, damaged, changed since the run was closed, or of a newer
            schema.
    """
    if not folder.is_dir():
        raise RecordError(
            f"{folder}: no such run. Measure one with `make bench`, or pass RUN=runs/..."
        )
    folder = folder.resolve()
    record = read_run_json(folder / RUN_NAME)
    for name, written in record.files.items():
        _check_unchanged(folder, name, written)
    samples = _read_samples(folder, record)
    if record.state == "running":
        record = record.model_copy(
            update={
                "state": "partial",
                "reasons": (*record.reasons, "the run was cut off before it could be closed"),
            }
        )
    return Run(folder, record, samples, _read_host(folder / HOST_NAME))


def read_run_json(path: Path) -> RunRecord:
    """Read and check run.json alone.

    Raises:
        RecordError: it is missing, damaged, or of a newer schema.
    """
    content = read_json(path)
    if content is None:
        raise RecordError(
            f"{path}: missing, so this is no run's folder. Measure one with `make bench`."
        )
    version = content.get("schema_version")
    check_version(path, version)
    try:
        return RunRecord.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise RecordError(f"{path}: damaged at {where}: {said}. Measure again.") from error


def first_complaint(invalid: ValidationError) -> str:
    """The first thing that is wrong with a record, and where."""
    error = invalid.errors()[0]
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}"


def valid_record(
    path: Path,
    content: Mapping[str, Any],
    model: type[_RecordT],
    newest: int,
    remedy: str = "Measure again.",
) -> _RecordT:
    """What was read from a file, as the record that it must be.

    Args:
        path: of the file.
        content: of the file.
        model: of the record.
        newest: of its versions that are known here.
        remedy: what to do about one that is damaged.

    Raises:
        RecordError: it is damaged, or of a newer schema.
    """
    check_version(path, content.get("schema_version"), newest)
    try:
        return model.model_validate(content)
    except ValidationError as invalid:
        raise RecordError(f"{path}: {first_complaint(invalid)}. {remedy}") from invalid


def check_version(path: Path, version: Any, newest: int = SCHEMA_VERSION) -> None:
    """Make sure that a file's version is one that is known here.

    Raises:
        RecordError: it is newer, or none.
    """
    if type(version) is not int or not 1 <= version <= newest:
        raise RecordError(
            f"{path}: schema version {version!r}, but this Versus reads 1 to {newest}. "
            "Use the Versus that wrote it, or a newer one."
        )


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object; None where there is no such file.

    Raises:
        RecordError: it cannot be read as one.
    """
    try:
        content = json.loads(path.read_bytes())
        # JSON may escape half a character, which no file, page or terminal can be given.
        json.dumps(content, ensure_ascii=False).encode()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path}: cannot be read as JSON ({error}). Measure again.") from error
    if not isinstance(content, dict):
        raise RecordError(f"{path}: a JSON object was expected. Measure again.")
    return content


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _read_host(path: Path) -> Any:
    if not path.exists():
        return None
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise RecordError(
            f"{path}: damaged ({_first_line(error)}). Remove it, or measure again."
        ) from error
    missing = [name for name in ("scenario", "block", "wall_s") if name not in table.schema.names]
    if missing:
        raise RecordError(f"{path}: columns {missing} are missing. Remove it, or measure again.")
    for column in table.schema:
        number = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
        if not number and column.name != "scenario":
            raise RecordError(
                f"{path}: column {column.name!r} holds {column.type}, numbers were expected. "
                "Remove it, or measure again."
            )
    return table


def _check_unchanged(folder: Path, name: str, written: FileRecord) -> None:
    """A verdict must rest on what was measured, so every file is still what the run wrote."""
    path = folder / name
    if Path(name).name != name:
        raise RecordError(
            f"{folder / RUN_NAME}: names the file {name!r}; one in its own folder was expected. "
            "Measure again."
        )
    remedy = "Copy the run again from where it was measured, or measure again."
    try:
        found = describe_file(path)
    except FileNotFoundError:
        raise RecordError(f"{path}: missing, though {RUN_NAME} names it. {remedy}") from None
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror}). {remedy}") from error
    if found.sha256 != written.sha256:
        raise RecordError(
            f"{path}: changed since the run was closed: its SHA-256 is {found.sha256[:12]}…, "
            f"{RUN_NAME} says {written.sha256[:12]}…. {remedy}"
        )


def _read_samples(folder: Path, record: RunRecord) -> Samples:
    path = folder / SAMPLES_NAME
    if path.exists():
        samples = _open_samples(path)
    elif record.state == "running":
        # Never closed: the stream holds what there is.
        path = folder / STREAM_NAME
        samples = Samples.of(_read_stream(path, samples_schema(record.stages, record.counters)))
    else:
        raise RecordError(
            f"{path}: missing, though the run was closed as {record.state}. Copy the run again "
            "from where it was measured, or measure again."
        )
    expected = samples_schema(record.stages, record.counters)
    for name, version in _ADDED_IN.items():
        if record.schema_version < version:
            expected = expected.remove(expected.get_field_index(name))
    _check_columns(path, samples.schema, expected)
    names = [scenario.name for scenario in record.scenarios]
    paired = record.design != "load"
    complaint = next(checks.complaints(samples, names, record.variants, paired=paired), None)
    if complaint:
        raise RecordError(f"{path}: {complaint}. Measure again.")
    return samples


def _open_samples(path: Path) -> Samples:
    def read(name: str) -> Any:
        with _undamaged(path):
            return parquet.read(columns=[name])[name]

    with _undamaged(path):
        parquet = pq.ParquetFile(path)
        return Samples(parquet.schema_arrow, parquet.metadata.num_rows, read)


@contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise RecordError(f"{path}: damaged ({_first_line(error)}). Measure again.") from error


def _check_columns(path: Path, found: Any, expected: Any) -> None:
    version = (found.metadata or {}).get(_VERSION_KEY.encode())
    if version is not None:
        check_version(path, int(version) if version.isdigit() else version.decode("latin-1"))
    missing = [name for name in expected.names if name not in found.names]
    if missing:
        raise RecordError(
            f"{path}: columns {missing} are missing; {RUN_NAME} names them. Measure again."
        )
    twice = next((name for name in expected.names if found.names.count(name) > 1), None)
    if twice is not None:
        raise RecordError(f"{path}: column {twice!r} stands there twice. Measure again.")
    for column in expected:
        _check_unit(path, found.field(column.name))
        kind = found.field(column.name).type
        if not (_is_label(kind) if _is_label(column.type) else kind == column.type):
            raise RecordError(
                f"{path}: column {column.name!r} holds {kind}, {column.type} was expected. "
                "Measure again."
            )


def _check_unit(path: Path, column: Any) -> None:
    """Our columns tell their unit by name; another tool's may say another one beside it."""
    told = column.metadata or {}
    unit = told.get(b"unit", told.get(b"units", b"s")).decode("utf-8", "replace")
    if column.name.endswith("_s") and unit not in {"s", "seconds"}:
        raise RecordError(
            f"{path}: column {column.name!r} says that it holds {unit}; seconds were expected. "
            "Measure again."
        )


def _is_label(kind: Any) -> bool:
    # How wide the indices are says nothing about the names, and has changed.
    return bool(pa.types.is_dictionary(kind)) and kind.value_type == pa.string()


def shown_path(path: Path) -> str:
    """A path as a person would type it: relative where it lies below the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
