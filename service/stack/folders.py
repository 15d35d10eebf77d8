"""The stack's folder on disk: one private folder for each running stack, and locks on it.

`root/instances/<name>` holds one stack's data while it runs, `root/logs/<name>` its logs. Whoever
runs it holds a lock on `root/instances/<name>.lock`; the kernel lets go of it when the holder dies,
so an abandoned folder is one whose lock is free.
"""

import fcntl
import os
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.stack.account import private

SOCKETS = "sockets"
"""A file in a folder that lists the Unix sockets elsewhere which go with it, one a line."""
_LOGS_KEPT = 10


@dataclass(frozen=True)
class Instance:
    """One stack's folders, ours until released."""

    folder: Path
    logs: Path
    lock: int

    def release(self, *, keep_logs: bool) -> None:
        """Remove the data, and the logs unless they explain a death; then let go."""
        remove(self.folder)
        if not keep_logs:
            shutil.rmtree(self.logs, ignore_errors=True)
        _lock_file(self.folder).unlink(missing_ok=True)
        os.close(self.lock)


def claim(root: Path) -> Instance:
    """A new empty instance; what killed stacks left behind is removed first."""
    instances = root / "instances"
    for folder in (instances, root / "logs", root):
        private(folder)
    # Between making a lock file and locking it, nobody may take it for an abandoned one.
    with locked(instances / ".lock"):
        _sweep(root)
        folder = instances / f"{os.getpid()}-{secrets.token_hex(3)}"
        lock = os.open(_lock_file(folder), os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        private(folder)
        logs = root / "logs" / folder.name
        private(logs)
    return Instance(folder, logs, lock)


@contextmanager
def locked(
    path: Path, *, shared: bool = False, on_wait: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Hold a lock on the file, which is made when missing; `on_wait` is called before waiting."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with path.open("ab") as file:
        try:
            fcntl.flock(file, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, mode)
        yield


def remove(folder: Path) -> None:
    """Remove a folder whose programs have ended, and the sockets that it lists."""
    remove_sockets(folder)
    shutil.rmtree(folder, ignore_errors=True)


def remove_sockets(folder: Path) -> None:
    """Remove the sockets that a folder lists, and the list; whatever is listened on stays."""
    listed = folder / SOCKETS
    if listed.is_file():
        for path in map(Path, listed.read_text().splitlines()):
            # Their names are ports, which may be another stack's by now.
            if _deserted(path):
                path.unlink(missing_ok=True)
        listed.unlink()


def _deserted(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def _lock_file(folder: Path) -> Path:
    return folder.with_name(folder.name + ".lock")


def _sweep(root: Path) -> None:
    for folder in (root / "instances").iterdir():
        if folder.is_dir() and not _held(_lock_file(folder)):
            remove(folder)
            _lock_file(folder).unlink(missing_ok=True)
    logs = sorted((root / "logs").glob("*"), key=lambda path: path.stat().st_mtime)
    for folder in logs[:-_LOGS_KEPT]:
        if not _held(_lock_file(root / "instances" / folder.name)):
            shutil.rmtree(folder, ignore_errors=True)


def _held(lock_file: Path) -> bool:
    try:
        with lock_file.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
