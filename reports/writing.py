"""Writes the files of reports."""

from pathlib import Path
from typing import TextIO

from contract.errors import ReportError
from contract.lines import log_line
from contract.run.files import replaced_whole, shown_path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees either the old one or the new one.

    Raises:
        ReportError: the disk is full, or the folder is not writable.
    """
    try:
        with replaced_whole(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise ReportError(
            f"{path}: cannot be written ({error.strerror}). Free some space or correct the "
            "folder's permissions, then repeat the command."
        ) from error


def write_page(path: Path, content: bytes, out: TextIO) -> None:
    """Write a page, and print its path after an empty line.

    Raises:
        ReportError: as `write_whole`.
    """
    write_whole(path, content)
    out.write(f"\n{log_line(shown_path(path))}\n")
