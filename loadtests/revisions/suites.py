"""A suite whose variants are revisions: each runs from its own files."""

import filecmp
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from os.path import relpath
from pathlib import Path

from loadtests.planning.disclosure import printable
from loadtests.planning.suite import Suite, Worktree
from loadtests.revisions.comparable import LOCK
from loadtests.revisions.environments import install
from loadtests.revisions.git import error_line, git
from loadtests.revisions.resolving import Change, Side, resolve_two
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.worktrees import checked_out

_TOOLS = ".tools"


def resolve_suite(suite: Suite, say: Callable[[str], None]) -> Change:
    """The revisions of a suite's two variants, in the suite's repository.

    Raises:
        RevisionError: there are no two such revisions, or one lacks the suite.
    """
    path = Path(suite.path).resolve()
    before, after = suite.variants
    folder = next(one for one in (path, *path.parents) if one.is_dir())
    change = resolve_two(folder, (before.revision, after.revision), say)
    inside = _inside(change, path)
    for side in change.commits:
        if not change.has(side, inside):
            raise RevisionError(
                State.NO_SUITE,
                f"{inside} is not in {change.title(side)}. Name a suite that both have.",
            )
    roots = (change.top / one for one in inside.parents)
    return replace(change, root=next((one for one in roots if _has_locks(change, one)), change.top))


@asynccontextmanager
async def open_suite(
    suite: Suite, change: Change, logs: Path, say: Callable[[str], None]
) -> AsyncIterator[Suite]:
    """The suite during a `with` block, each variant with its own files and packages.

    Args:
        suite: two variants.
        change: their revisions, base and head.
        logs: takes the installer's output.
        say: takes a line of progress.

    Raises:
        RevisionError: files cannot be checked out, or packages not installed.
    """
    inside, here, path = _places(suite, change)
    with checked_out(change, say) as checkout:
        trees = checkout.worktrees
        pythons: dict[Side, str] = dict.fromkeys(trees, suite.variants[0].python)
        if _has_locks(change, change.root):
            pythons = await install(change, checkout, logs, say)
            _link_tools(change, trees.values())
        else:
            say(f"both run in {suite.variants[0].python} with its packages")
        variants = tuple(
            replace(
                variant,
                python=pythons[side],
                cwd=tree / here,
                worktree=Worktree(tree, change.top),
                revision=_describe(change, side),
            )
            for variant, (side, tree) in zip(suite.variants, trees.items(), strict=True)
        )
        yield replace(
            suite,
            path=path,
            variants=variants,
            files_changed=files_changed(tuple(trees.values()), inside),
            changed=changed_files(change),
        )


def files_changed(trees: Sequence[Path], suite: Path) -> tuple[str, ...]:
    """The files of a suite, and each conftest.py above it, that differ between two worktrees.

    Args:
        trees: of base and head.
        suite: a file or folder in them, relative.
    """
    base, head = trees
    names = sorted(_files(base, suite) | _files(head, suite))
    same, _, _ = filecmp.cmpfiles(base, head, names, shallow=False)
    return tuple(printable(name) for name in names if name not in set(same))


def changed_files(change: Change) -> frozenset[str]:
    """All files that differ between two revisions, from the top folder, without ignored ones."""
    sides = [one.id for side, one in change.commits.items() if side != change.uncommitted_side]
    difference = ("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", *sides, "--")
    listings = [git(change.top, *difference)]
    if change.uncommitted_side:
        listings.append(git(change.top, "ls-files", "-z", "--others", "--exclude-standard"))
    for one in listings:
        if one.returncode != 0:
            raise RevisionError(State.NO_REPOSITORY, f"{change.top}: {error_line(one)}")
    return frozenset(name for one in listings for name in one.stdout.split("\0") if name)


def _places(suite: Suite, change: Change) -> tuple[Path, Path, str]:
    """The suite and the folder where it runs, both from the top folder, and the path between.

    It runs in the current folder, as without a revision, if both revisions have it.
    """
    here = change.relative(Path.cwd())
    if here is None or not all(change.has(side, here) for side in change.commits):
        here = Path()
    inside = _inside(change, Path(suite.path).resolve())
    return inside, here, relpath(inside, here)


def _files(tree: Path, suite: Path) -> set[str]:
    within = [tree / suite] if (tree / suite).is_file() else (tree / suite).rglob("*")
    above = (tree / one / "conftest.py" for one in suite.parents)
    found = (one.relative_to(tree) for one in (*within, *above) if one.is_file())
    return {one.as_posix() for one in found if not {"__pycache__", ".git"} & set(one.parts)}


def _link_tools(change: Change, trees: Iterable[Path]) -> None:
    """Link the tools that `make setup` installs; they are not a revision's code."""
    tools = change.root / _TOOLS
    for tree in trees:
        own = tree / _inside(change, tools)
        if tools.is_dir() and not own.exists():
            own.symlink_to(tools)


def _inside(change: Change, path: Path) -> Path:
    inside = change.relative(path)
    assert inside is not None, "it is the suite's repository"
    return inside


def _has_locks(change: Change, root: Path) -> bool:
    """Whether both revisions lock the packages of the project in this folder."""
    lock = change.relative(root / LOCK)
    return lock is not None and all(change.has(side, lock) for side in change.commits)


def _describe(change: Change, side: Side) -> str:
    """A revision, for the record."""
    if side == change.uncommitted_side:
        return f"the working tree, based on {change.commits[side]}"
    return str(change.commits[side])
