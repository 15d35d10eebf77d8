"""Reads the files that a configuration consists of: whole, bounded, and never waiting for one."""

import codecs
from pathlib import Path

from contract.errors import ConfigError
from contract.regular import IrregularError, open_regular

SIZE_MAX = 4 << 20
"""Bytes of a file; a configuration that a person wrote has a few thousand."""

_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def read_text(path: Path) -> str:
    """A file's text, in UTF-8 with or without a byte order mark.

    Raises:
        FileNotFoundError: there is none.
        ConfigError: it cannot be read; one line that says why and what to do.
    """
    data = _read(path)
    # Every second byte of Latin letters is 0; UTF-16 may come without a mark.
    if data.startswith(_WIDE_MARKS) or data[1:4:2] == b"\0\0" or data[0:3:2] == b"\0\0":
        raise ConfigError(f"{path}: is UTF-16 or UTF-32. Save it as UTF-8.")
    if b"\0" in data:
        raise ConfigError(f"{path}: is binary, not text. Name another file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{path}: line {line} is not UTF-8 (byte 0x{data[error.start]:02x}). Save it as UTF-8."
        ) from None


def _read(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            data = file.read(SIZE_MAX + 1)
    except FileNotFoundError:
        raise
    except IrregularError as error:
        raise ConfigError(f"{path}: {error.strerror}. Name a file.") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(
            f"{path}: cannot be read ({why}). Correct its name or its permissions."
        ) from None
    if len(data) > SIZE_MAX:
        raise ConfigError(f"{path}: is larger than {SIZE_MAX >> 20} MB. Name another file.")
    return data
