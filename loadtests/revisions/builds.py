"""The cache of builds: a worktree that was built once serves later runs in the very same place.

An entry is the folder `.versus/builds/<key>` with the worktree, `<key>.lock`, which its one user
locks, and `<key>.json`, written when the build has finished: every file that the build left. An
entry without the last is half made. After a use, and before the next, files that came later are
removed; an entry of which a file has changed is dropped. So every use starts from exactly what the
build left.
"""

import json
import os
import re
import stat
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from loadtests.planning.disclosure import printable
from loadtests.revisions.folders import (
    is_abandoned,
    lock_file,
    locked,
    registered,
    remove,
    remove_worktrees,
)
from loadtests.revisions.git import git
from loadtests.revisions.resolving import Change, Side

ENTRIES_MAX = 4
FILES_MAX = 500_000
_KEY_DIGITS = 11
"""With it, an entry's worktree has a path as long as that of a worktree of one use: the length of a
command line shifts a process's memory."""

_DECIDING = re.compile(r"\w*(?:PATH|FLAGS|_HOME|_ENV|_OPTIONS|_PREFIX)|CC|CXX")
"""Variables that decide what a build makes: PATH, CFLAGS, JAVA_HOME, NODE_ENV, VIRTUAL_ENV."""

_CALLERS_OWN = {"MAKEFLAGS", "MFLAGS"}
"""Of a make that called Versus; a build does not get them."""

_Files = dict[str, list[int | str]]


@dataclass(frozen=True)
class Recipe:
    """What decides what a build leaves, beside the commit, the links and the machine.

    Attributes:
        words: of its command and its own environment, before `{side}` and the like are filled.
        folder: where it runs, from the top folder.
    """

    words: tuple[str, ...]
    folder: Path = Path()


@dataclass(frozen=True)
class Entry:
    """A place for one build, in use by this run.

    Attributes:
        worktree: the revision's files.
        digest: equal for builds that would leave the same.
    """

    worktree: Path
    digest: str

    @property
    def manifest(self) -> Path:
        """The file that lists what the build left; it is there if the build has finished."""
        return manifest_of(self.worktree.parent)

    def keep(self) -> str:
        """Keep what is in the worktree now for later runs; why that is not possible, or empty."""
        files = _files(self.worktree)
        if files is None:
            return f"it has more than {FILES_MAX} files"
        written = self.manifest.with_suffix(".new")
        text = json.dumps({"digest": self.digest, "files": files})
        try:
            written.write_text(text, encoding="utf-8")
            written.rename(self.manifest)
        except OSError as error:
            written.unlink(missing_ok=True)
            return str(error.strerror)
        return ""


def manifest_of(folder: Path) -> Path:
    """The file that lists what the build in an entry's folder left."""
    return folder.with_name(f"{folder.name}.json")


def entry_of(
    change: Change, side: Side, recipe: Recipe, links: Sequence[Path], home: Path
) -> Entry:
    """The entry for a revision's build; it may not be there yet.

    Args:
        change: the two revisions.
        side: the revision.
        recipe: how it is built.
        links: what is linked, from the top folder.
        home: the folder of all entries.
    """
    commit = change.commits[side]
    # The same commit twice needs a folder for each.
    differs = any("{side}" in word for word in recipe.words) or (
        change.base.id == change.head.id and side == "head"
    )
    parts = [
        commit.id,
        side if differs else "",
        str(recipe.folder),
        sys.version,
        sysconfig.get_platform(),
        *recipe.words,
        *(f"{name}={value}" for name, value in sorted(os.environ.items()) if _decides(name)),
        *(f"{path}:{_state(change.top / path)}" for path in links),
    ]
    digest = sha256(json.dumps(parts).encode()).hexdigest()
    return Entry(home / digest[:_KEY_DIGITS] / f"code-{commit.short}", digest)


@contextmanager
def used(
    entry: Entry, change: Change, title: str, global_lock: Path, say: Callable[[str], None]
) -> Iterator[None]:
    """Use an entry during a `with` block; what the block does not `keep` is gone afterwards.

    Args:
        entry: of the cache.
        change: the two revisions.
        title: of the revision, for messages.
        global_lock: a file that is locked whenever entries are made or removed; not by the caller
            at the end of the block.
        say: takes a line of progress.

    Raises:
        BlockingIOError: another run uses it.
    """
    folder = entry.worktree.parent
    with locked(lock_file(folder), wait=False):
        try:
            yield
        finally:
            whole = entry.manifest.is_file()
            changed = _restore(entry) if whole else ""
            if changed:
                say(f"the build of {title} is not kept: {changed} since it was built")
            with locked(global_lock):
                if changed or not whole:
                    entry.manifest.unlink(missing_ok=True)
                    remove(change.top, folder)
    with locked(global_lock):
        _evict(change, folder.parent)


def is_ready(entry: Entry, change: Change, side: Side) -> bool:
    """Whether an entry holds exactly what the build left; if not, nothing of it is left.

    The caller uses the entry.
    """
    found = git(entry.worktree, "rev-parse", "HEAD") if entry.worktree.is_dir() else None
    if (
        found is not None
        and found.stdout.strip() == change.commits[side].id
        # Not if the repository was moved: what is built contains paths.
        and entry.worktree in registered(change.top)
        and not _restore(entry)
    ):
        os.utime(entry.manifest)
        return True
    entry.manifest.unlink(missing_ok=True)
    remove_worktrees(change.top, entry.worktree.parent)
    return False


def sweep(change: Change, home: Path, say: Callable[[str], None]) -> None:
    """Remove half-made entries, and what git knows of entries that were deleted."""
    known = {path.parent for path in registered(change.top) if path.parent.parent == home}
    if not known and not home.is_dir():
        return
    home.mkdir(exist_ok=True)
    for folder in known | {path for path in home.iterdir() if path.is_dir()}:
        if (not manifest_of(folder).is_file() or not folder.is_dir()) and is_abandoned(folder):
            if folder.is_dir():
                say(f"removing a build that was not finished: {folder}")
            manifest_of(folder).unlink(missing_ok=True)
            remove(change.top, folder)


def _evict(change: Change, home: Path) -> None:
    """Remove the entries that were not used for longest."""
    made = sorted(home.glob("*.json"), key=lambda one: one.stat().st_mtime_ns, reverse=True)
    for manifest in made[ENTRIES_MAX:]:
        folder = manifest.with_suffix("")
        if is_abandoned(folder):
            manifest.unlink()
            remove(change.top, folder)


def _decides(name: str) -> bool:
    return _DECIDING.fullmatch(name) is not None and name not in _CALLERS_OWN


def _state(path: Path) -> str:
    """What changes when packages are installed in a linked folder, or a linked file is written."""
    places = [path]
    if path.is_dir():
        places += sorted(path.iterdir())
    states = []
    for place in places:
        with suppress(OSError):
            about = place.stat()
            size = 0 if stat.S_ISDIR(about.st_mode) else about.st_size
            states.append([place.name, about.st_mtime_ns, size])
    return json.dumps(states)


def _restore(entry: Entry) -> str:
    """Remove what has come since the build; what of the build itself has changed, or empty."""
    try:
        stored = json.loads(entry.manifest.read_text(encoding="utf-8"))
        built: _Files = stored["files"]
        if stored["digest"] != entry.digest:
            return "it is another one"
    except (OSError, ValueError, KeyError, TypeError):
        return "its list of files is gone"
    now = _files(entry.worktree)
    if now is None:
        return f"there are more than {FILES_MAX} files"
    for name, state in built.items():
        if now.get(name) != state:
            return f"{printable(name)} was {'changed' if name in now else 'removed'}"
    # Those in a folder come before it.
    for name in sorted(now.keys() - built.keys(), reverse=True):
        path = entry.worktree / name
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
        if path.is_symlink() or path.exists():
            return f"{printable(name)} came and cannot be removed"
    return ""


def _files(folder: Path) -> _Files | None:
    """What is in a folder, without following links: mode and content; None if it is too much."""
    found: _Files = {}
    waiting = [""]
    while waiting:
        inner = waiting.pop()
        with suppress(OSError), os.scandir(folder / inner) as entries:
            for one in entries:
                name = f"{inner}/{one.name}" if inner else one.name
                about = one.stat(follow_symlinks=False)
                if one.is_dir(follow_symlinks=False):
                    found[name] = [about.st_mode]
                    waiting.append(name)
                elif one.is_symlink():
                    found[name] = [about.st_mode, str(Path(one.path).readlink())]
                else:
                    found[name] = [about.st_mode, about.st_size, about.st_mtime_ns]
                if len(found) > FILES_MAX:
                    return None
    return found
