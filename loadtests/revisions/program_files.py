"""Files that running processes have mapped or were started from, as /proc tells it."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil


def program_files(pid: int) -> frozenset[Path]:
    """Programs, libraries and other mapped files of a process, its group and its descendants.

    Args:
        pid: of the process that was started, which leads its group.
    """
    return frozenset(file for process in _processes(pid) for file in _files(process))


def working_places(pid: int) -> frozenset[Path]:
    """The folders in which the same processes run, and those of files that their commands name."""
    return frozenset(place for process in _processes(pid) for place in _places(process))


def _places(process: psutil.Process) -> Iterator[Path]:
    with suppress(psutil.Error, OSError):
        folder = Path(process.cwd())
        yield folder
        for word in process.cmdline()[1:]:
            named = folder / word
            with suppress(OSError, ValueError):
                if named.is_file():
                    yield named.parent


def _processes(pid: int) -> Iterator[psutil.Process]:
    with suppress(psutil.Error):
        yield from psutil.Process(pid).children(recursive=True)
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == pid:
                yield process


def _files(process: psutil.Process) -> Iterator[Path]:
    with suppress(psutil.Error, OSError):
        yield Path(process.exe())
    with suppress(OSError), Path("/proc", str(process.pid), "maps").open("rb") as maps:
        for line in maps:
            # Address, rights, offset, device, inode, and the path, which may hold blanks.
            parts = line.split(maxsplit=5)
            if len(parts) == 6 and parts[5].startswith(b"/"):
                path = os.fsdecode(parts[5].rstrip(b"\n"))
                yield Path(path.removesuffix(" (deleted)"))
