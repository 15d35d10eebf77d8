"""Sees which files are opened in some folders, by whomever, as the Linux kernel tells it (inotify).

Elsewhere, or where the kernel has no room for more watches, it sees less: what was not seen was not
necessarily not opened.
"""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDERS_MAX = 4096
OPENED_MAX = 50_000


class Watch:
    """Files that were opened, by their whole paths.

    Attributes:
        opened: so far.
        complete: whether nothing can have been missed.
    """

    def __init__(self) -> None:
        self.opened: set[Path] = set()
        self.complete = sys.platform == "linux"


@contextmanager
def watching(folders: Iterable[Path]) -> Iterator[Watch]:
    """Watch folders, without those in them, during a `with` block; needs a running event loop."""
    watch = Watch()
    if sys.platform != "linux":
        yield watch
        return
    # It is imported where it exists.
    from inotify_simple import INotify, flags  # noqa: PLC0415

    try:
        notify = INotify(nonblocking=True)
    except OSError:
        watch.complete = False
        yield watch
        return
    by_number: dict[int, Path] = {}

    def drain() -> None:
        for event in notify.read(timeout=0):
            if event.mask & flags.Q_OVERFLOW or len(watch.opened) >= OPENED_MAX:
                watch.complete = False
            elif event.name and not event.mask & flags.ISDIR and event.wd in by_number:
                watch.opened.add(by_number[event.wd] / event.name)

    loop = asyncio.get_running_loop()
    try:
        for folder in folders:
            try:
                by_number[notify.add_watch(folder, flags.OPEN | flags.ONLYDIR)] = folder
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue
            except OSError:  # No room for more.
                watch.complete = False
                break
        loop.add_reader(notify.fileno(), drain)
        yield watch
        drain()
    finally:
        loop.remove_reader(notify.fileno())
        notify.close()


def folders_below(top: Path, first: Iterable[Path]) -> list[Path]:
    """Folders of a tree, at most `FOLDERS_MAX`: `first`, then the others from the top down.

    Links are not followed, and git's own folder is left out.
    """
    found = dict.fromkeys(first)
    waiting = deque([top])
    while waiting and len(found) < FOLDERS_MAX:
        folder = waiting.popleft()
        found.setdefault(folder)
        with suppress(OSError), os.scandir(folder) as entries:
            inside = [
                Path(entry.path)
                for entry in entries
                if entry.name != ".git" and entry.is_dir(follow_symlinks=False)
            ]
            waiting.extend(sorted(inside))
    return list(found)


def source_of(path: Path) -> Path:
    """The source of a file that Python compiled; any other file as it is."""
    if path.parent.name == "__pycache__" and path.suffix == ".pyc":
        return path.parent.parent / f"{path.name.partition('.')[0]}.py"
    return path
