"""Each revision's files in a git worktree or a copy, gone at the end.

Each use has a folder of its own, `.versus/revisions/<name>`, and holds a lock on the file
`<name>.lock` beside it; the kernel lets go of it when the holder dies, so an abandoned folder is
one whose lock is free. The next use removes it.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtests.revisions.git import complaint, git
from loadtests.revisions.resolving import Change, Side
from loadtests.revisions.states import RevisionError, State


@dataclass(frozen=True)
class Checkout:
    """Both revisions' files.

    Attributes:
        folder: holds the worktrees, and what else shall be gone at the end.
        worktrees: of each side.
    """

    folder: Path
    worktrees: Mapping[Side, Path]


def kept(root: Path) -> Path:
    """The project's folder of what can be made again, which git shall not see."""
    folder = root / ".versus"
    folder.mkdir(mode=0o700, exist_ok=True)
    ignoring = folder / ".gitignore"
    if not ignoring.exists():
        ignoring.write_text("*\n", encoding="utf-8")
    return folder


@contextmanager
def checked_out(change: Change, say: Callable[[str], None]) -> Iterator[Checkout]:
    """Both revisions in worktrees for the length of a `with`.

    Raises:
        RevisionError: git cannot make one.
    """
    home = kept(change.root) / "revisions"
    home.mkdir(exist_ok=True)
    folder = home / secrets.token_hex(4)
    lock = None
    try:
        # Between making a lock file and locking it, nobody may take it for an abandoned one.
        with (home / ".lock").open("ab") as all_uses:
            fcntl.flock(all_uses, fcntl.LOCK_EX)
            _sweep(change, home, say)
            lock = os.open(_lock_file(folder), os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            folder.mkdir()
            checkout = Checkout(folder, _worktrees(change, folder))
        yield checkout
    finally:
        _remove(change, folder)
        if lock is not None:
            os.close(lock)


def _worktrees(change: Change, folder: Path) -> dict[Side, Path]:
    # Equally long names: the length of what a process is started with moves its memory about.
    named = {side: folder / f"{side}-{commit.short}" for side, commit in change.commits.items()}
    return {
        side: _copy(change.top, worktree)
        if side == change.as_they_are
        else _add(change, worktree, change.commits[side].id)
        for side, worktree in named.items()
    }


def _add(change: Change, worktree: Path, commit_id: str) -> Path:
    # A submodule's files are not among them; a build can fetch them.
    added = git(change.top, "worktree", "add", "--quiet", "--detach", str(worktree), commit_id)
    if added.returncode != 0:
        raise RevisionError(
            State.NOT_BUILT,
            f"git cannot make the worktree {worktree}: {complaint(added)}. Free space, or mend "
            "what it names.",
        )
    return worktree


def _copy(top: Path, folder: Path) -> Path:
    """The working tree's files that git does not ignore.

    A copy, so that somebody can go on editing; no commit of them, which would lay what nobody
    meant to commit among the repository's objects.
    """
    listed = git(top, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed.returncode != 0:
        raise RevisionError(State.NO_REPOSITORY, f"{top}: {complaint(listed)}")
    try:
        folder.mkdir()
        for name in dict.fromkeys(filter(None, listed.stdout.split("\0"))):
            source, copied = top / name, folder / name
            # Deleted files are listed still, submodules are folders, and what lies beyond a
            # symbolic link is not in the repository.
            wanted = source.is_symlink() or source.is_file()
            if wanted and source.parent.resolve() == top.resolve() / Path(name).parent:
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, copied, follow_symlinks=False)
    except OSError as error:
        raise RevisionError(
            State.NOT_BUILT,
            f"the files of {top} cannot be copied to {folder} ({error.strerror}). Free space, or "
            "mend their permissions.",
        ) from None
    return folder


def _sweep(change: Change, home: Path, say: Callable[[str], None]) -> None:
    """Remove what uses that were killed have left."""
    registered = {path.parent for path in _registered(change) if path.parent.parent == home}
    for folder in registered | {path for path in home.iterdir() if path.is_dir()}:
        if not _held(_lock_file(folder)):
            say(f"removing the worktrees of a run that was killed: {folder}")
            _remove(change, folder)


def _remove(change: Change, folder: Path) -> None:
    # Not `git worktree prune`: it would forget other worktrees too, on a disk that is away.
    for worktree in _registered(change):
        if worktree.parent == folder:
            git(change.top, "worktree", "remove", "--force", "--force", str(worktree))
    shutil.rmtree(folder, ignore_errors=True)
    _lock_file(folder).unlink(missing_ok=True)


def _registered(change: Change) -> list[Path]:
    listed = git(change.top, "worktree", "list", "--porcelain").stdout.splitlines()
    marked = "worktree "
    return [Path(line.removeprefix(marked)) for line in listed if line.startswith(marked)]


def _lock_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _held(lock_file: Path) -> bool:
    try:
        with lock_file.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
