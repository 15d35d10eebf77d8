"""Folders of our own that hold worktrees: locked while in use, and removed with what git knows."""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from loadtests.revisions.git import git


def lock_file(folder: Path) -> Path:
    """The file beside a folder whose lock says that the folder is in use.

    The kernel frees the lock when its holder dies.
    """
    return folder.with_name(f"{folder.name}.lock")


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock on a file, which is created if missing.

    Raises:
        BlockingIOError: without `wait`, if another use holds it.
    """
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def is_abandoned(folder: Path) -> bool:
    """Whether no process holds the folder's lock."""
    try:
        with locked(lock_file(folder), wait=False):
            return True
    except BlockingIOError:
        return False


def registered(top: Path) -> list[Path]:
    """The folders of all worktrees that git knows, also of those that are gone."""
    listed = git(top, "worktree", "list", "--porcelain", undecodable="surrogateescape")
    marked = "worktree "
    # Not splitlines: a path may hold other characters that end a line.
    lines = listed.stdout.split("\n")
    return [Path(line.removeprefix(marked)) for line in lines if line.startswith(marked)]


def remove(top: Path, folder: Path) -> None:
    """Remove a folder, the worktrees in it with their registrations, and its lock file."""
    remove_worktrees(top, folder)
    lock_file(folder).unlink(missing_ok=True)


def remove_worktrees(top: Path, folder: Path) -> None:
    """Remove a folder, and the worktrees in it with their registrations."""
    _unregister(top, folder)
    remove_tree(folder)
    # git keeps the registration of a worktree in which it could not remove everything.
    _unregister(top, folder)


def remove_tree(folder: Path) -> None:
    """Remove a folder, also one with folders that deny writing, as Go's module cache is."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.is_dir():
        return
    for place, _, _ in os.walk(folder):
        with suppress(OSError):
            Path(place).chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


def _unregister(top: Path, folder: Path) -> None:
    # Not `git worktree prune`: it would also forget worktrees on a disk that is not mounted.
    for worktree in registered(top):
        if worktree.parent == folder:
            git(top, "worktree", "remove", "--force", "--force", str(worktree))
