"""Files of a run's folder: JSON records and Parquet tables, read and written in one way.

A reader sees the old file or the new one, never a half. A file that is missing, damaged or of a
newer schema is refused by name, with what to do.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from contract.errors import RecordError
from contract.regular import check_regular, open_regular, read_regular

JSON_BYTES_MAX = 2**28
"""As long as a run's JSON may be, which takes ten times as much memory."""

MEASURE_AGAIN = "Measure again."
REMOVE = "Remove it, or measure again."
COPY_AGAIN = "Copy the run again from where it was measured, or measure again."


class Stored(BaseModel):
    """A record in a file: known keys only, and no number that is NaN or infinite."""

    # A limit that is NaN would allow everything.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


_RecordT = TypeVar("_RecordT", bound=Stored)


class FileRecord(Stored):
    """One file of the run, so that a later change to it shows."""

    sha256: str
    size_bytes: int


def describe_file(path: Path) -> FileRecord:
    """Checksum and size of a finished file."""
    with open_regular(path, follow=False) as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    return FileRecord(sha256=digest, size_bytes=path.stat().st_size)


@contextmanager
def replaced_whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to; a reader of `path` sees the old file or the new one.

    What is no file, such as a pipe or /dev/stdout, is written to itself: it must not be replaced.
    """
    if path.exists() and not path.is_file():
        yield path
        return
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


def write_record(path: Path, record: Stored) -> None:
    """Write a record as JSON."""
    with replaced_whole(path) as temporary:
        temporary.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")


def write_table(path: Path, table: Any, **options: Any) -> None:
    """Write an Arrow table as Parquet, with pyarrow's options."""
    with replaced_whole(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", **options)


def read_record(
    path: Path, model: type[_RecordT], newest: int, remedy: str = MEASURE_AGAIN
) -> _RecordT | None:
    """Read a record from JSON; None where there is no such file.

    Args:
        path: of the file.
        model: of the record.
        newest: the newest schema version that this Versus reads.
        remedy: what to do about a damaged one.

    Raises:
        RecordError: it is damaged, or of a newer schema.
    """
    content = read_json(path)
    return None if content is None else valid_record(path, content, model, newest, remedy)


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where there is no such file.

    Raises:
        RecordError: it cannot be read as one.
    """
    try:
        content = json.loads(read_regular(path, JSON_BYTES_MAX, follow=False))
        # JSON may escape half a character, which no file, page or terminal can be given.
        json.dumps(content, ensure_ascii=False).encode()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RecordError(f"{path}: cannot be read as JSON ({reason}). {MEASURE_AGAIN}") from error
    if not isinstance(content, dict):
        raise RecordError(f"{path}: a JSON object was expected. {MEASURE_AGAIN}")
    return content


def valid_record(
    path: Path,
    content: dict[str, Any],
    model: type[_RecordT],
    newest: int,
    remedy: str = MEASURE_AGAIN,
) -> _RecordT:
    """Check a file's content, as `read_record` does.

    Raises:
        RecordError: it is damaged, or of a newer schema.
    """
    check_version(path, content.get("schema_version"), newest)
    try:
        return model.model_validate(content)
    except ValidationError as invalid:
        raise RecordError(f"{path}: damaged at {first_complaint(invalid)}. {remedy}") from invalid


def first_complaint(invalid: ValidationError) -> str:
    """The first thing that is wrong with a record, and where."""
    error = invalid.errors()[0]
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def check_version(path: Path, version: Any, newest: int) -> None:
    """Check that this Versus can read a file's schema version.

    Raises:
        RecordError: it is newer, or no version.
    """
    if type(version) is not int or not 1 <= version <= newest:
        raise RecordError(
            f"{path}: schema version {version!r}, but this Versus reads 1 to {newest}. "
            "Use the Versus that wrote it, or a newer one."
        )


def read_table(path: Path, expected_because: str) -> Any:
    """Read an Arrow table from Parquet.

    Args:
        path: of the file.
        expected_because: why it should be there, after "though".

    Raises:
        RecordError: it is missing or damaged.
    """
    if not path.exists():
        raise missing(path, expected_because)
    with undamaged(path):
        return pq.read_table(path)


def missing(path: Path, expected_because: str) -> RecordError:
    """The error for a file that should be there."""
    return RecordError(f"{path}: missing, though {expected_because}. {COPY_AGAIN}")


@contextmanager
def undamaged(path: Path, remedy: str = MEASURE_AGAIN) -> Iterator[None]:
    """Within it, what Arrow cannot read is an error with the file's name, also what is no file.

    Raises:
        RecordError: the file is damaged.
    """
    try:
        check_regular(path, follow=False)
        yield
    except (pa.ArrowException, OSError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise RecordError(f"{path}: damaged ({reason}). {remedy}") from error


def shown_path(path: Path) -> str:
    """A path as a person would type it: relative where it lies below the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
