"""Standard output and error that can be lost without changing what a command's exit code says.

Whoever pipes a gate into `head` closes the pipe early, and Python would end with 1, which means
"regression"; a full disk behind a redirection would end with a traceback.
"""

import io
import os
import sys
from pathlib import Path
from typing import TextIO

from contract.errors import InputError


class OutputError(InputError):
    """What a command prints cannot be kept."""


class _Stream(io.RawIOBase):
    """A descriptor to write to; once its reader has gone, nothing is written any more.

    `needed` says whether losing what is written for another reason, such as a full disk, ends the
    command with an `OutputError`.
    """

    def __init__(self, descriptor: int, *, needed: bool) -> None:
        self._descriptor = descriptor
        self._needed = needed

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def fileno(self) -> int:
        return self._descriptor

    def write(self, content: object, /) -> int:
        data = bytes(content)  # type: ignore[call-overload]
        try:
            return os.write(self._descriptor, data)
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._descriptor)
            os.close(nowhere)
            if self._needed and not isinstance(error, BrokenPipeError):
                raise OutputError(
                    f"standard output: {error.strerror}; what stands there is cut off. Free some "
                    "space and repeat the command."
                ) from None
            return len(data)


def guard_streams() -> None:
    """Put guarded streams in the places of `sys.stdout` and `sys.stderr`."""
    sys.stdout = _guarded(sys.stdout, needed=True)
    sys.stderr = _guarded(sys.stderr, needed=False)


def _guarded(stream: TextIO | None, *, needed: bool) -> TextIO:
    if stream is None:
        # It was closed before we began.
        return Path(os.devnull).open("w", encoding="utf-8")
    raw = _Stream(stream.fileno(), needed=needed)
    interactive = raw.isatty() or not needed
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        # What a terminal's encoding lacks, such as µ, must not end a command.
        errors="backslashreplace",
        line_buffering=interactive,
    )
