"""Writes what a run's folder is given after measuring."""

from pathlib import Path

from contract.run.record import replaced_whole
from reports.model import ReportError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, never a half.

    Raises:
        ReportError: the disk is full, or the folder may not be written to.
    """
    try:
        with replaced_whole(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise ReportError(
            f"{path}: cannot be written ({error.strerror}). Free some space or mend the folder's "
            "permissions, then do it again."
        ) from error
