"""Each revision's files in a git worktree or a copy, removed at the end or kept with its build.

Each use has its own folder, `.versus/revisions/<name>`, and locks the file `<name>.lock` beside it.
The kernel frees the lock when its holder dies, so a folder is abandoned if its lock is free. The
next use removes it.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from contract.project import make_ignored
from loadtests.revisions import builds
from loadtests.revisions.adding import add_worktree
from loadtests.revisions.builds import Entry, Recipe
from loadtests.revisions.copying import copy_working_tree
from loadtests.revisions.folders import is_abandoned, lock_file, locked, registered, remove
from loadtests.revisions.linking import make_links
from loadtests.revisions.pointers import Checked, fill_pointers
from loadtests.revisions.resolving import Change, Side
from loadtests.revisions.submodules import fill_submodules, note_of


@dataclass(frozen=True)
class Checkout:
    """Both revisions' files.

    Attributes:
        folder: holds worktrees, and may hold other files that are removed with them.
        worktrees: of each side.
        notes: what is missing in them, one line each, safe to print.
        built: the sides whose worktree comes from the cache, with what the build left.
        entries: the places in the cache that this use has.
    """

    folder: Path
    worktrees: Mapping[Side, Path]
    notes: tuple[str, ...] = ()
    built: frozenset[Side] = frozenset()
    entries: Mapping[Side, Entry] = field(default_factory=dict)

    def keep(self, side: Side) -> str:
        """Keep a build that has just finished for later runs.

        Returns: why it cannot be kept; empty if it is, or if it has no place in the cache.
        """
        return self.entries[side].keep() if side in self.entries else ""


def cache_folder(change: Change) -> Path:
    """The project's folder for files that can be made again, which git ignores."""
    # As git names worktrees, whatever links lead there.
    folder = change.project.resolve() / ".versus"
    make_ignored(folder, mode=0o700)
    return folder


@contextmanager
def checked_out(
    change: Change,
    say: Callable[[str], None],
    links: tuple[Path, ...] = (),
    recipe: Recipe | None = None,
) -> Iterator[Checkout]:
    """Both revisions in worktrees during a `with` block.

    Args:
        change: the two revisions.
        say: takes a line of progress.
        links: what both take from the working tree, as of `checked_links`.
        recipe: how the caller builds them; with it, worktrees are taken from the cache of builds
            or get a place in it. The caller builds the sides that are not `built`, and keeps them.

    Raises:
        ConfigError: a link cannot be made.
        RevisionError: git cannot make a worktree, or the clone lacks files.
    """
    cache = cache_folder(change)
    home = cache / "revisions"
    home.mkdir(exist_ok=True)
    folder = home / secrets.token_hex(4)
    with ExitStack() as ending:
        # A lock file that exists but is not locked yet must not be seen as abandoned.
        with locked(home / ".lock"):
            _sweep(change, home, say)
            builds.sweep(change, cache / "builds", say)
            ending.enter_context(locked(lock_file(folder)))
            ending.callback(remove, change.top, folder)
            folder.mkdir()
            entries = _entries(change, cache, links, recipe, say, ending)
            checkout = _checkout(change, folder, links, entries, say)
        yield checkout


def _entries(
    change: Change,
    cache: Path,
    links: tuple[Path, ...],
    recipe: Recipe | None,
    say: Callable[[str], None],
    ending: ExitStack,
) -> dict[Side, Entry]:
    """The places in the cache of builds that are free, in use until `ending`."""
    entries: dict[Side, Entry] = {}
    if recipe is None:
        return entries
    home, global_lock = cache / "builds", cache / "revisions" / ".lock"
    home.mkdir(exist_ok=True)
    for side in change.commits:
        if side == change.uncommitted_side:
            continue
        entry, title = builds.entry_of(change, side, recipe, links, home), change.title(side)
        try:
            ending.enter_context(builds.used(entry, change, title, global_lock, say))
        except BlockingIOError:
            say(f"another run uses the build of {title}; this run makes its own")
        else:
            entries[side] = entry
    return entries


def _checkout(
    change: Change,
    folder: Path,
    links: tuple[Path, ...],
    entries: dict[Side, Entry],
    say: Callable[[str], None],
) -> Checkout:
    worktrees: dict[Side, Path] = {}
    notes: list[str] = []
    built: set[Side] = set()
    for side, commit in change.commits.items():
        # Equally long names: the length of a command line shifts a process's memory.
        worktree = folder / f"{side}-{commit.short}"
        if side in entries:
            worktree = entries[side].worktree
            if builds.is_ready(entries[side], change, side):
                say(f"{change.title(side)} comes from the cache of builds")
                built.add(side)
                worktrees[side] = worktree
                continue
            worktree.parent.mkdir()
        missing = _fill(change, side, worktree, links)
        if missing:
            # What is missing now may be there the next time.
            entries.pop(side, None)
        notes += missing
        worktrees[side] = worktree
    for note in notes:
        say(note)
    return Checkout(folder, worktrees, tuple(notes), frozenset(built), entries)


def _fill(change: Change, side: Side, worktree: Path, links: tuple[Path, ...]) -> list[str]:
    """Put a revision's files into its worktree, which is made; notes of what is missing."""
    title, commit, top = change.title(side), change.commits[side].id, change.top
    if side == change.uncommitted_side:
        submodules = copy_working_tree(top, worktree)
        source, commit = top, ""
    else:
        add_worktree(top, worktree, commit, title)
        submodules = fill_submodules(top, worktree, commit, title)
        source = worktree
    fill_pointers(Checked(worktree, source, top, Path(), commit), title, links)
    for one in submodules:
        if one.repository is not None:
            inner = Checked(
                worktree / one.path,
                source / one.path,
                one.repository,
                one.path,
                commit and one.commit_id,
            )
            fill_pointers(inner, title, links)
    make_links(change, side, worktree, links)
    return [note_of(one, title) for one in submodules if one.repository is None]


def _sweep(change: Change, home: Path, say: Callable[[str], None]) -> None:
    """Remove the folders of killed uses."""
    known = {path.parent for path in registered(change.top) if path.parent.parent == home}
    for folder in known | {path for path in home.iterdir() if path.is_dir()}:
        if is_abandoned(folder):
            say(f"removing the worktrees of a run that was killed: {folder}")
            remove(change.top, folder)
