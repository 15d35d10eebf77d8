"""Logs in a run's folder: bounded while they grow, and without secrets once the run is over.

A service writes what it likes, and a CI job hands the folder on. What Versus was given to fill in,
or took from answers, is replaced, whatever pieces and spellings it was written in. A log that
cannot be cleaned is emptied. Where Versus itself is killed, logs stay as they were written.
"""

import asyncio
import base64
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from contract.regular import check_regular
from loadtests.checking.secrets import forms_of
from loadtests.planning.disclosure import blanked

LOG_BYTES_MAX = 2**24
"""Of one log; of a longer one the middle is cut out."""

_KEPT_BYTES = 2**21
"""Of its beginning, and of its end."""

_EVERY_S = 1.0
_ENCODED_MIN = 8
"""Shorter pieces of base64 may stand for anything."""


async def keep_short(folder: Path) -> None:
    """Cut logs that grow too long, until it is cancelled."""
    while True:
        await asyncio.sleep(_EVERY_S)
        for log in _logs(folder):
            with suppress(OSError):
                _shorten(log)


def clean_logs(folder: Path, hidden: Iterable[str], say: Callable[[str], None]) -> None:
    """Replace secrets in the logs of a run whose processes have ended.

    Args:
        folder: of the run.
        hidden: values that no log may hold.
        say: takes a line about a log that had to be emptied.
    """
    values = sorted({form for value in hidden for form in _all_forms(value)})
    for log in _logs(folder):
        try:
            _shorten(log)
            text = log.read_text(encoding="utf-8", errors="surrogateescape")
            cleaned = blanked(text, values)
            if cleaned != text:
                log.write_text(cleaned, encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            with suppress(OSError):
                os.truncate(log, 0)
            say(f"{log}: emptied, because secrets cannot be taken out ({error.strerror})")


def _logs(folder: Path) -> Iterator[Path]:
    for log in sorted(folder.glob("*.log")):
        with suppress(OSError):
            check_regular(log, follow=False)
            yield log


def _shorten(log: Path) -> None:
    """Cut out the middle of a log to which a process may still append.

    What is written meanwhile may be lost, as the middle is. Whole lines are kept, so that no half
    of a secret is.
    """
    size = log.stat().st_size
    if size <= LOG_BYTES_MAX:
        return
    with log.open("rb") as file:
        head = file.read(_KEPT_BYTES)
        file.seek(size - _KEPT_BYTES)
        tail = file.read(_KEPT_BYTES)
    head, tail = head[: head.rfind(b"\n") + 1], tail[tail.find(b"\n") + 1 or len(tail) :]
    cut = size - len(head) - len(tail)
    os.truncate(log, 0)
    with log.open("ab") as file:
        file.write(head + f"[{cut} bytes left out]\n".encode() + tail)


def _all_forms(value: str) -> Iterator[str]:
    """A value as it may be written, also within base64 of more, as `name:password` is."""
    for form in forms_of(value):
        yield form
        yield form.replace("/", "\\/")
        yield form.replace("%2F", "%2f").replace("%3D", "%3d").replace("%2B", "%2b")
    yield repr(value)[1:-1]
    data = value.encode(errors="surrogateescape")
    for before in range(3):
        # A character of base64 that also holds bits of what stands beside the value may differ.
        skipped = (before * 8 + 5) // 6
        encoded = base64.b64encode(bytes(before) + data).decode()
        certain = encoded[skipped : (before + len(data)) * 8 // 6]
        if len(certain) >= _ENCODED_MIN:
            yield certain
            yield certain.translate(str.maketrans("+/", "-_"))
