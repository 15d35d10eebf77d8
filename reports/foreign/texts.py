"""Reads a file's bytes as UTF-8 text, CSV header or JSON, whatever a shell made of them.

A file may be compressed with gzip and be UTF-8 or UTF-16, with or without a byte order mark.
"""

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from contract.regular import open_regular
from reports.foreign.shapes import UnusableError

SIZE_MAX = 2 << 30
"""Bytes of a table or of lines of JSON, unpacked."""
DOCUMENT_SIZE_MAX = 512 << 20
"""Bytes of one JSON document, which takes about ten times as much memory."""

_PACKED = {
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
}
_GZIP = b"\x1f\x8b"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHUNK = 1 << 20
_HEAD = 1 << 16


@dataclass(frozen=True)
class Content:
    """The text of a file.

    Attributes:
        data: UTF-8 without a byte order mark or leading blank lines.
    """

    data: bytes

    @cached_property
    def is_json(self) -> bool:
        """Whether it begins as JSON does."""
        return self.data[:1] in (b"{", b"[")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The header of a CSV; empty for JSON."""
        if self.is_json:
            return ()
        line = self.data[:_HEAD].split(b"\n", 1)[0].split(b"\r", 1)[0]
        try:
            row = next(csv.reader([line.decode(errors="replace")]), [])
        except csv.Error:
            return ()
        return tuple(cell.strip() for cell in row)

    @cached_property
    def document(self) -> Any:
        """The JSON document; None where it is a table.

        Raises:
            UnusableError: it is not whole, too large or too deep, or holds a key twice.
        """
        if not self.is_json:
            return None
        if len(self.data) > DOCUMENT_SIZE_MAX:
            raise UnusableError(
                f"its JSON is larger than {DOCUMENT_SIZE_MAX >> 20} MB",
                "Export it without raw times.",
            )
        try:
            return parsed(self.data)
        except json.JSONDecodeError as error:
            raise UnusableError(
                f"its JSON is broken or cut off at line {error.lineno}, column {error.colno} "
                f"({error.msg})"
            ) from None
        except RecursionError:
            raise UnusableError("its JSON is nested too deeply") from None
        except ValueError as error:
            raise UnusableError(f"its JSON holds a number that cannot be read ({error})") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, each key of which stands once: of two, one would be lost silently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise UnusableError(f"its JSON holds the key {twice[:80]!r} twice in one object")
    return found


# Made once, because a file may have millions of lines.
_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def parsed(data: bytes) -> Any:
    """A JSON document of UTF-8.

    Raises:
        UnusableError: an object holds a key twice.
        ValueError: it is no JSON.
    """
    return _DECODER.decode(data.decode())


def load(path: Path) -> Content:
    """Read a file.

    Raises:
        UnusableError: it cannot be read, unpacked or decoded, is empty or too large.
    """
    try:
        with open_regular(path) as file:
            data = _bounded(file)
    except OSError as error:
        raise UnusableError(
            f"cannot be read ({error.strerror})", "Check its name and permissions."
        ) from None
    if data.startswith(_GZIP):
        data = _unpacked(data)
    for magic, name in _PACKED.items():
        if data.startswith(magic):
            raise UnusableError(f"is packed with {name}", "Unpack it, or pack it with gzip.")
    data = _decoded(data).lstrip(b"\r\n\t ")
    if not data:
        raise UnusableError("is empty")
    if b"\x00" in data[:_HEAD]:
        raise UnusableError("is binary, not text", "Name a JSON or CSV file.")
    return Content(data)


def _bounded(file: BinaryIO | gzip.GzipFile) -> bytes:
    data = file.read(SIZE_MAX + 1)
    if len(data) > SIZE_MAX:
        raise UnusableError(
            f"is larger than {SIZE_MAX >> 30} GB", "Compare a summary of the test instead."
        )
    return data


def _unpacked(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            return _bounded(file)
    except (OSError, EOFError, zlib.error) as error:
        raise UnusableError(f"is cut off or damaged gzip ({error})") from None


def _decoded(data: bytes) -> bytes:
    """The same text in UTF-8."""
    mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", ""))
    encoding = encoding or _guessed(data[:_HEAD])
    if encoding == "utf-8" and _is_utf8(data):
        return data.removeprefix(mark)
    decoder = codecs.getincrementaldecoder(encoding)()
    parts: list[bytes] = []
    try:
        # One by one, so that an error knows the lines before it.
        for chunk in _chunks(data, len(mark)):
            parts += [decoder.decode(chunk).encode()]
        parts.append(decoder.decode(b"", final=True).encode())
    except UnicodeDecodeError as error:
        line = b"".join(parts).count(b"\n") + error.object[: error.start].count(b"\n") + 1
        raise UnusableError(
            f"is not {encoding.upper()} text (byte 0x{error.object[error.start]:02x} in line "
            f"{line})",
            "Save it as UTF-8.",
            data,
        ) from None
    return b"".join(parts)


def _is_utf8(data: bytes) -> bool:
    """Whether it is; without a copy of a large file."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(data, 0):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _guessed(head: bytes) -> str:
    """The encoding of a text without a mark: every second byte of Latin in UTF-16 is 0."""
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[first::2], head[1 - first :: 2]
        if zeros.count(0) > len(zeros) / 2 and others.count(0) < len(others) / 5:
            return encoding
    return "utf-8"


def _chunks(data: bytes, start: int) -> Iterator[bytes]:
    return (data[place : place + _CHUNK] for place in range(start, len(data), _CHUNK))


def text_of(value: Any) -> str:
    """A value of a JSON file as a text; what is missing is empty."""
    return "" if value is None else str(value)


def parameters_text(parameters: Mapping[str, Any], *, typed: bool) -> str:
    """Parameters as one text, `a=1, b=x`; different ones are never the same text.

    Args:
        parameters: values by name.
        typed: whether the text "1" is another value than the number 1, as in Python, but not on a
            command line.
    """
    return ", ".join(
        f"{_quoted(name, _IN_NAMES)}={_parameter(value, typed=typed)}"
        for name, value in parameters.items()
    )


_IN_NAMES, _IN_VALUES = re.compile('[",=]'), re.compile('[",]')
_LIKE_OTHERS = re.compile(
    r"None|True|False|-?(?:[0-9.]+(?:e[+-]?[0-9]+)?|nan|inf)|[\[{].*", re.DOTALL
)
"""Texts that could be values of other types, too."""


def _parameter(value: Any, *, typed: bool) -> str:
    if isinstance(value, str):
        alike = typed and _LIKE_OTHERS.fullmatch(value)
        return json.dumps(value, ensure_ascii=False) if alike else _quoted(value, _IN_VALUES)
    # What JSON writes of a list or an object ends where it began.
    is_nested = isinstance(value, list | dict)
    return json.dumps(value, ensure_ascii=False) if is_nested else str(value)


def _quoted(text: str, separators: re.Pattern[str]) -> str:
    """The text, in quotes of JSON where it could be mistaken for several."""
    return json.dumps(text, ensure_ascii=False) if separators.search(text) else text
