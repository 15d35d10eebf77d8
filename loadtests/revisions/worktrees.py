"""Each revision's files in a git worktree or a copy, removed at the end.

Each use has its own folder, `.versus/revisions/<name>`, and locks the file `<name>.lock` beside it.
The kernel frees the lock when its holder dies, so a folder is abandoned if its lock is free. The
next use removes it.
"""

import fcntl
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from contract.project import make_ignored
from loadtests.revisions.git import error_line, git
from loadtests.revisions.resolving import Change, Side
from loadtests.revisions.states import RevisionError, State


@dataclass(frozen=True)
class Checkout:
    """Both revisions' files.

    Attributes:
        folder: holds the worktrees, and may hold other files that are removed with them.
        worktrees: of each side.
    """

    folder: Path
    worktrees: Mapping[Side, Path]


def cache_folder(change: Change) -> Path:
    """The project's folder for files that can be made again, which git ignores."""
    folder = change.project / ".versus"
    make_ignored(folder, mode=0o700)
    return folder


@contextmanager
def checked_out(change: Change, say: Callable[[str], None]) -> Iterator[Checkout]:
    """Both revisions in worktrees during a `with` block.

    Raises:
        RevisionError: git cannot make one.
    """
    home = cache_folder(change) / "revisions"
    home.mkdir(exist_ok=True)
    folder = home / secrets.token_hex(4)
    with ExitStack() as ending:
        # A lock file that exists but is not locked yet must not be seen as abandoned.
        with _locked(home / ".lock"):
            _sweep(change, home, say)
            ending.enter_context(_locked(_lock_file(folder)))
            ending.callback(_remove, change, folder)
            folder.mkdir()
            checkout = Checkout(folder, _worktrees(change, folder))
        yield checkout


def _worktrees(change: Change, folder: Path) -> dict[Side, Path]:
    # Equally long names: the length of a command line shifts a process's memory.
    named = {side: folder / f"{side}-{commit.short}" for side, commit in change.commits.items()}
    return {
        side: _copy(change.top, worktree)
        if side == change.uncommitted_side
        else _add(change, worktree, change.commits[side].id)
        for side, worktree in named.items()
    }


def _add(change: Change, worktree: Path, commit_id: str) -> Path:
    # Without the files of submodules; a build can fetch them.
    added = git(change.top, "worktree", "add", "--quiet", "--detach", str(worktree), commit_id)
    if added.returncode != 0:
        raise RevisionError(
            State.NOT_BUILT,
            f"git cannot make the worktree {worktree}: {error_line(added)}. Free space, or "
            "correct what it names.",
        )
    return worktree


def _copy(top: Path, folder: Path) -> Path:
    """Copy the working tree's files that git does not ignore.

    A copy lets people go on editing. A commit of them would add objects to the repository that
    nobody meant to commit.
    """
    listed = git(top, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed.returncode != 0:
        raise RevisionError(State.NO_REPOSITORY, f"{top}: {error_line(listed)}")
    try:
        folder.mkdir()
        for name in dict.fromkeys(filter(None, listed.stdout.split("\0"))):
            source, copied = top / name, folder / name
            # Deleted files are still listed, submodules are folders, and files behind a symbolic
            # link are not in the repository.
            wanted = source.is_symlink() or source.is_file()
            if wanted and source.parent.resolve() == top.resolve() / Path(name).parent:
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, copied, follow_symlinks=False)
    except OSError as error:
        raise RevisionError(
            State.NOT_BUILT,
            f"the files of {top} cannot be copied to {folder} ({error.strerror}). Free space, or "
            "correct their permissions.",
        ) from None
    return folder


def _sweep(change: Change, home: Path, say: Callable[[str], None]) -> None:
    """Remove the folders of killed uses."""
    registered = {path.parent for path in _registered(change) if path.parent.parent == home}
    for folder in registered | {path for path in home.iterdir() if path.is_dir()}:
        if _is_abandoned(folder):
            say(f"removing the worktrees of a run that was killed: {folder}")
            _remove(change, folder)


def _remove(change: Change, folder: Path) -> None:
    # Not `git worktree prune`: it would also forget worktrees on a disk that is not mounted.
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


@contextmanager
def _locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock on a file, which is created if missing.

    Raises:
        BlockingIOError: without `wait`, if another process holds it.
    """
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _is_abandoned(folder: Path) -> bool:
    """Whether no process holds the folder's lock."""
    try:
        with _locked(_lock_file(folder), wait=False):
            return True
    except BlockingIOError:
        return False
