"""The stack's folder on disk: one private folder for each running stack, and locks on it.

`root/instances/<name>` holds one stack's data while it runs, `root/logs/<name>` its logs. The
process that runs it locks `root/instances/<name>.lock`. The kernel frees the lock when that process
dies, so a folder is abandoned if its lock is free.
"""

import fcntl
import os
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from service.stack.account import make_private

SOCKETS = "sockets"
"""A file that lists the Unix sockets outside its folder that belong to it, one per line."""
_LOGS_KEPT = 10


@dataclass(frozen=True)
class Instance:
    """One stack's folders, ours until released."""

    folder: Path
    logs: Path
    lock: ExitStack

    def release(self, *, keep_logs: bool) -> None:
        """Remove the data, and the logs unless they explain a death; then free the lock."""
        remove(self.folder)
        if not keep_logs:
            shutil.rmtree(self.logs, ignore_errors=True)
        _lock_file(self.folder).unlink(missing_ok=True)
        self.lock.close()


def claim(root: Path) -> Instance:
    """Make a new empty instance, after removing what killed stacks left behind."""
    instances = root / "instances"
    for folder in (instances, root / "logs", root):
        make_private(folder)
    # A lock file that exists but is not locked yet must not be seen as abandoned.
    with locked(instances / ".lock"):
        _remove_abandoned(root)
        folder = instances / f"{os.getpid()}-{secrets.token_hex(3)}"
        lock = ExitStack()
        lock.enter_context(locked(_lock_file(folder)))
        make_private(folder)
        logs = root / "logs" / folder.name
        make_private(logs)
    return Instance(folder, logs, lock)


@contextmanager
def locked(
    path: Path, *, shared: bool = False, on_wait: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Lock a file, which is created if missing; `on_wait` is called before waiting."""
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
    """Remove the sockets that a folder lists, and the list; sockets in use stay."""
    listed = folder / SOCKETS
    if listed.is_file():
        for path in map(Path, listed.read_text().splitlines()):
            # A socket's name contains a port, which another stack may use by now.
            if _is_unused(path):
                path.unlink(missing_ok=True)
        listed.unlink()


def _is_unused(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def _lock_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _remove_abandoned(root: Path) -> None:
    instances = root / "instances"
    for folder in instances.iterdir():
        if folder.is_dir() and _is_abandoned(folder):
            remove(folder)
    logs = sorted((root / "logs").glob("*"), key=lambda path: path.stat().st_mtime)
    for folder in logs[:-_LOGS_KEPT]:
        if _is_abandoned(instances / folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Whether no process holds the folder's lock; the lock file is then removed."""

    def give_up() -> None:
        raise BlockingIOError

    with suppress(BlockingIOError), locked(_lock_file(folder), on_wait=give_up):
        _lock_file(folder).unlink()
        return True
    return False
