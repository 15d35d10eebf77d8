"""A run's folder, read back.

Nothing half-written is read as whole, and an unknown newer schema is refused. Non-goal: to
interpret a number.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contract.errors import RecordError
from contract.run import checks
from contract.run.columns import ADDED_IN, VERSION_KEY, samples_schema
from contract.run.files import (
    COPY_AGAIN,
    MEASURE_AGAIN,
    FileRecord,
    check_version,
    describe_file,
    missing,
    undamaged,
)
from contract.run.host import read_host
from contract.run.record import RUN_NAME, SCHEMA_VERSION, RunRecord, read_run_json
from contract.run.samples import Samples
from contract.run.stream import SAMPLES_NAME, STREAM_NAME, read_stream


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
            f"{folder}: no such run. Measure one with `versus bench`, or pass --run runs/..."
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
    return Run(folder, record, samples, read_host(folder))


def _check_unchanged(folder: Path, name: str, written: FileRecord) -> None:
    """A verdict must rest on what was measured, so every file is still what the run wrote."""
    path = folder / name
    if Path(name).name != name:
        raise RecordError(
            f"{folder / RUN_NAME}: names the file {name!r}; one in its own folder was expected. "
            f"{MEASURE_AGAIN}"
        )
    try:
        sha256 = describe_file(path).sha256
    except FileNotFoundError:
        raise missing(path, f"{RUN_NAME} names it") from None
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror}). {COPY_AGAIN}") from error
    if sha256 != written.sha256:
        raise RecordError(
            f"{path}: changed since the run was closed: its SHA-256 is {sha256[:12]}…, "
            f"{RUN_NAME} says {written.sha256[:12]}…. {COPY_AGAIN}"
        )


def _read_samples(folder: Path, record: RunRecord) -> Samples:
    expected = samples_schema(record.stages, record.counters)
    for name, version in ADDED_IN.items():
        if record.schema_version < version:
            expected = expected.remove(expected.get_field_index(name))
    path = folder / SAMPLES_NAME
    if path.exists():
        samples = _open_samples(path)
    elif record.state == "running":
        # Never closed: the stream holds what there is.
        path = folder / STREAM_NAME
        samples = Samples.of(read_stream(path, expected))
    else:
        raise missing(path, f"the run was closed as {record.state}")
    complaint = _column_complaint(path, samples.schema, expected) or next(
        checks.complaints(
            samples,
            [scenario.name for scenario in record.scenarios],
            record.variants,
            paired=record.design != "load",
        ),
        None,
    )
    if complaint:
        raise RecordError(f"{path}: {complaint}. {MEASURE_AGAIN}")
    return samples


def _open_samples(path: Path) -> Samples:
    def read(name: str) -> Any:
        with undamaged(path), pq.ParquetFile(path) as parquet:
            return parquet.read(columns=[name])[name]

    with undamaged(path), pq.ParquetFile(path) as parquet:
        return Samples(parquet.schema_arrow, parquet.metadata.num_rows, read)


def _column_complaint(path: Path, schema: Any, expected: Any) -> str | None:
    """What is wrong with the columns' names, units and types; None where nothing is."""
    version = (schema.metadata or {}).get(VERSION_KEY.encode())
    if version is not None:
        number = int(version) if version.isdigit() else version.decode("latin-1")
        check_version(path, number, SCHEMA_VERSION)
    lacking = [name for name in expected.names if name not in schema.names]
    if lacking:
        return f"columns {lacking} are missing; {RUN_NAME} names them"
    for column in expected:
        name = column.name
        if schema.names.count(name) > 1:
            return f"column {name!r} stands there twice"
        unit, kind = _unit(schema.field(name)), schema.field(name).type
        if name.endswith("_s") and unit not in {"s", "seconds"}:
            return f"column {name!r} says that it holds {unit}; seconds were expected"
        if not (_is_label(kind) if _is_label(column.type) else kind == column.type):
            return f"column {name!r} holds {kind}, {column.type} was expected"
    return None


def _unit(column: Any) -> str:
    """Our columns have their unit in their name; another tool's may state one beside it."""
    stated = column.metadata or {}
    unit: bytes = stated.get(b"unit", stated.get(b"units", b"s"))
    return unit.decode("utf-8", "replace")


def _is_label(kind: Any) -> bool:
    # How wide the indices are says nothing about the names, and has changed.
    return bool(pa.types.is_dictionary(kind)) and kind.value_type == pa.string()
