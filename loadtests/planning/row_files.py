"""Files of rows: CSV with a header, or JSON lines; read once and indexed, never loaded.

The index takes eight bytes a row. Files are a stranger's: sizes are bounded, and what is wrong is
one line that names the file's line.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from contract.config.complaints import nearest
from contract.config.sections import HEADER_VALUE
from contract.errors import ConfigError
from loadtests.strict_json import STRICTLY, RepeatedKeyError

ROW_BYTES_MAX = 2**17
"""As long as a field of Python's csv module may be."""

ROWS_MAX = 50_000_000
"""Their index takes 400 MB."""

FILE_BYTES_MAX = 2**34

JSON_LINES = (".jsonl", ".ndjson")

_CHUNK_BYTES = 2**20
_BOM = b"\xef\xbb\xbf"
_NEWLINE, _RETURN, _QUOTE = b'\n\r"'
_NAMED_MAX = 20
"""So many columns a complaint names."""

_Complain = Callable[[int, str], NoReturn]
"""Takes a line's number and what is wrong there."""


@dataclass(frozen=True)
class UsedColumns:
    """What a scenario needs of its rows.

    Attributes:
        names: of all columns that it sends or expects.
        in_headers: those of them that it sends in headers.
    """

    names: frozenset[str]
    in_headers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Batch:
    """Whole records of a file.

    Attributes:
        starts: of each record that is not blank, (n,) bytes from the batch's beginning.
        offset: of the batch in the file.
        line: number of its first line, from 1.
    """

    data: bytes
    starts: npt.NDArray[np.int64]
    offset: int
    line: int

    def line_at(self, position: int) -> int:
        """The number of the line in which a byte stands."""
        return self.line + self.data.count(b"\n", 0, position)

    def record(self, index: int) -> bytes:
        """One record, and blank lines behind it."""
        bounds = [*self.starts[index : index + 2].tolist(), len(self.data)]
        return self.data[bounds[0] : bounds[1]]

    def rest(self) -> "_Batch":
        """The batch without its first record."""
        return _Batch(self.data, self.starts[1:], self.offset, self.line)


class RowFile:
    """A file of rows, each of which can be read by its number.

    Attributes:
        columns: of CSV, as its header names them; of JSON lines none.
        version: size in bytes and time of the last change, in ns.
    """

    def __init__(self, where: str, path: Path, used: UsedColumns | None = None) -> None:
        """Index a regular file.

        Args:
            where: the file, for complaints.
            path: of the file; JSON lines are known by its ending.
            used: what every row must have; None where that is known.

        Raises:
            ConfigError: it is no file of such rows; the message names the line.
        """
        self._where = where
        self._is_csv = path.suffix.lower() not in JSON_LINES
        self._used = used
        self._path = path
        self.columns: tuple[str, ...] = ()
        try:
            with path.open("rb", buffering=0) as file:
                self.version = _version(file)
                if self.version[0] > FILE_BYTES_MAX:
                    raise ConfigError(f"{where}: larger than {FILE_BYTES_MAX >> 30} GiB.")
                self._starts = self._index(file)
        except OSError as error:
            raise ConfigError(f"{where}: cannot be read: {error.strerror}.") from None

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._starts) - 1

    def row(self, index: int) -> Mapping[str, Any]:
        """The values of one row by column: of CSV texts, of JSON lines as they are.

        Raises:
            ConfigError: it is not what it was when the file was read.
        """
        start, end = self._starts[index : index + 2].tolist()
        try:
            with self._path.open("rb", buffering=0) as file:
                if _version(file) != self.version:
                    raise ValueError  # noqa: TRY301 - as what cannot be parsed
                # What is longer than a row are blank lines behind it.
                data = os.pread(file.fileno(), min(end - start, ROW_BYTES_MAX), start)
            if not self._is_csv:
                return dict(json.loads(data))
            (row,) = _csv_rows(data.decode())
            return dict(zip(self.columns, row, strict=True))
        except (OSError, ValueError, TypeError, csv.Error):
            raise ConfigError(
                f"{self._where}: changed while it was used. Leave it as it is."
            ) from None

    def line_of(self, index: int) -> int:
        """The number of the line at which a row begins, from 1; reads all that is before it.

        Raises:
            ConfigError: the file cannot be read any more.
        """
        lines, left = 1, int(self._starts[index])
        try:
            with self._path.open("rb", buffering=0) as file:
                while left and (piece := file.read(min(left, _CHUNK_BYTES))):
                    lines += piece.count(b"\n")
                    left -= len(piece)
        except OSError as error:
            raise ConfigError(f"{self._where}: cannot be read: {error.strerror}.") from None
        return lines

    def _complain(self, line: int, fault: str) -> NoReturn:
        end = "" if fault.endswith("?") else "."
        raise ConfigError(f"{self._where}, line {line}: {fault}{end}")

    def _index(self, file: RawIOBase) -> npt.NDArray[np.int64]:
        """Where each row begins, and where the last one ends, (count + 1,) bytes."""
        starts: list[npt.NDArray[np.int64]] = []
        count = end = 0
        for batch in _batches(file, self._complain, quotes=self._is_csv):
            rows = batch
            if self._is_csv and not self.columns and batch.starts.size:
                self.columns = self._header(batch)
                rows = batch.rest()
            if self._used and rows.starts.size:
                self._check(rows, self._used)
            starts.append(rows.starts + rows.offset)
            count += len(rows.starts)
            end = batch.offset + len(batch.data)
            if count > ROWS_MAX:
                raise ConfigError(f"{self._where}: more than {ROWS_MAX:,} rows.")
        if not count:
            fault = "holds a header and no rows" if self.columns else "is empty"
            raise ConfigError(f"{self._where}: {fault}. Add at least one row.")
        return np.concatenate([*starts, np.array([end])])

    def _header(self, batch: _Batch) -> tuple[str, ...]:
        line = batch.line_at(int(batch.starts[0]))
        try:
            rows = list(_csv_rows(self._text(batch.record(0), line)))
        except csv.Error as error:
            self._complain(line, f"is not CSV: {error}")
        if len(rows) != 1:
            self._complain(line, "the header is not one line, or its line does not end with LF")
        columns = tuple(rows[0])
        if not all(columns):
            self._complain(line, "the header must name every column")
        for index, name in enumerate(columns):
            if name in columns[:index]:
                self._complain(line, f"two columns are named {name!r:.80}")
        if self._used:
            self._check_named(line, columns, self._used)
        return columns

    def _check_named(self, line: int, columns: tuple[str, ...], used: UsedColumns) -> None:
        missing = sorted(used.names - set(columns))
        if not missing:
            return
        hint = nearest(missing[0], columns)
        if not hint.startswith("did"):
            shown = ", ".join(f"{name:.40}" for name in columns[:_NAMED_MAX])
            hint = f"the first line names {shown}"
            if len(columns) == 1 and any(mark in columns[0] for mark in ";\t|"):
                hint += ", and commas must separate columns"
        self._complain(line, f"no column {missing[0]!r}; {hint}".rstrip("."))

    def _text(self, data: bytes, line: int) -> str:
        if (nul := data.find(b"\x00")) >= 0:
            self._complain(line + data.count(b"\n", 0, nul), "holds a NUL")
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            self._complain(line + data.count(b"\n", 0, error.start), "is not UTF-8")

    def _check(self, batch: _Batch, used: UsedColumns) -> None:
        first = int(batch.starts[0])
        line = batch.line_at(first)
        text = self._text(batch.data[first:], line)
        if self._is_csv:
            self._check_csv(batch, line, text, used)
            return
        starts = batch.starts.tolist()
        for start, end in zip(starts, [*starts[1:], len(batch.data)], strict=True):
            self._check_object(batch, slice(start, end), used)

    def _check_csv(self, batch: _Batch, line: int, text: str, used: UsedColumns) -> None:
        count, begun = 0, 0
        places = [(name, self.columns.index(name)) for name in sorted(used.in_headers)]
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            for row in reader:
                if row:
                    count += 1
                    if len(row) != len(self.columns):
                        self._complain(
                            line + begun,
                            f"{len(row)} fields, and the header names {len(self.columns)}",
                        )
                    for name, place in places:
                        self._check_header(line + begun, name, row[place])
                begun = reader.line_num
        except csv.Error as error:
            self._complain(line + begun, f"is not CSV: {error}")
        if count != len(batch.starts):
            self._complain_of_quotes(batch)

    def _complain_of_quotes(self, batch: _Batch) -> NoReturn:
        """Name the record that is not one row: Python's reader and RFC 4180 disagree on it."""
        rows = (len(list(_csv_rows(batch.record(i).decode()))) for i in range(len(batch.starts)))
        odd = next((index for index, found in enumerate(rows) if found != 1), 0)
        self._complain(
            batch.line_at(int(batch.starts[odd])),
            'is not one row: a field that holds " or a line end stands in quotes, and " within it '
            "is written twice",
        )

    def _check_object(self, batch: _Batch, place: slice, used: UsedColumns) -> None:
        start = place.start
        try:
            row = _DECODER.decode(batch.data[place].decode())
        except RepeatedKeyError as error:
            self._complain(batch.line_at(start), str(error))
        except (ValueError, RecursionError):
            self._complain(batch.line_at(start), "is no JSON")
        if not isinstance(row, dict):
            self._complain(batch.line_at(start), "is no JSON object")
        for name in used.names:
            if name not in row:
                self._complain(
                    batch.line_at(start), f"no key {name!r}; {nearest(name, row)}".rstrip(".")
                )
            value = row[name]
            if not isinstance(value, str | int | float) or not _is_text(value):
                self._complain(batch.line_at(start), f"{name!r} is not text, a number or a boolean")
            if name in used.in_headers:
                self._check_header(batch.line_at(start), name, as_text(value))

    def _check_header(self, line: int, name: str, value: str) -> None:
        if not HEADER_VALUE.fullmatch(value):
            self._complain(
                line,
                f"column {name!r} stands in a header, which may hold printable ASCII characters "
                "alone, at most 8192",
            )


def _version(file: RawIOBase) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def as_text(value: str | float) -> str:
    """A row's value as it is sent."""
    return value if isinstance(value, str) else json.dumps(value)


def _is_text(value: str | float) -> bool:
    try:
        as_text(value).encode()
    except ValueError:  # half a surrogate pair, or a number of thousands of digits
        return False
    return True


_DECODER = json.JSONDecoder(**STRICTLY)


def _csv_rows(text: str) -> Iterator[list[str]]:
    return (row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row)


def _batches(file: RawIOBase, complain: _Complain, *, quotes: bool) -> Iterator[_Batch]:
    """A file's records in batches, cut where a line ends and no quote is open.

    Between two batches at most one record is held, so a quote that is never closed holds no more.
    """
    first = file.read(len(_BOM)) or b""
    carry = b"" if first == _BOM else first
    offset, line = len(first) - len(carry), 1
    while True:
        chunk = file.read(_CHUNK_BYTES) or b""
        data = carry + chunk
        if not data:
            return
        codes = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(codes == _NEWLINE)
        if quotes:
            quoted = np.flatnonzero(codes == _QUOTE)
            ends = ends[np.searchsorted(quoted, ends) % 2 == 0]
            if not chunk and len(quoted) % 2:
                begins = int(ends[-1]) + 1 if len(ends) else 0
                complain(line + data.count(b"\n", 0, begins), "a quote is opened and never closed")
        if not chunk and data[-1] != _NEWLINE:
            ends = np.append(ends, len(data) - 1)
        starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)[: len(ends)]
        lengths = ends - starts + 1
        long = np.flatnonzero(lengths > ROW_BYTES_MAX)
        end = int(ends[-1]) + 1 if len(ends) else 0
        if len(long) or len(data) - end > ROW_BYTES_MAX:
            begins = int(starts[long[0]]) if len(long) else end
            complain(
                line + data.count(b"\n", 0, begins),
                f"a row longer than {ROW_BYTES_MAX} bytes begins; is a quote never closed?",
            )
        carry = data[end:]
        if end:
            blank = (codes[starts] == _NEWLINE) | (
                (lengths == 2) & (codes[starts] == _RETURN) & (codes[ends] == _NEWLINE)
            )
            yield _Batch(data[:end], starts[~blank], offset, line)
            offset += end
            line += data.count(b"\n", 0, end)
        if not chunk:
            return
