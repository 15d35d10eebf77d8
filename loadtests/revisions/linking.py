"""What both copies of the code take from the working tree: `link` of `[revisions]`.

Such as installed packages, which git ignores and a fresh copy lacks.
"""

from collections.abc import Sequence
from pathlib import Path

from contract.errors import ConfigError
from loadtests.planning.disclosure import printable
from loadtests.revisions.folders import remove_tree
from loadtests.revisions.git import git
from loadtests.revisions.pointers import all_pointers
from loadtests.revisions.resolving import Change, Side

_POINTERS_MAX = 100


def checked_links(change: Change, folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """What is linked, as paths from the top folder.

    Args:
        change: the two revisions.
        folder: of the configuration.
        names: as stated, relative to it.

    Raises:
        ConfigError: one cannot be linked.
    """
    return tuple(dict.fromkeys(_checked(change, folder, name) for name in names))


def make_links(change: Change, side: Side, worktree: Path, paths: Sequence[Path]) -> None:
    """Link files and folders of the working tree into a revision's worktree.

    Args:
        change: the two revisions.
        side: the revision.
        worktree: its files.
        paths: as of `checked_links`.

    Raises:
        ConfigError: in this revision, one is below something that is no folder.
    """
    for path in paths:
        names = _tracked(change, side, path)
        # Tracked files are of Git LFS; each is linked by itself, since its folder is tracked, too.
        for one in names:
            if (change.top / one).exists():
                _link(change.top / one, worktree, Path(one))
        if not names:
            _link(change.top / path, worktree, path)


def _checked(change: Change, folder: Path, name: str) -> Path:
    shown = f"[revisions] link: {printable(name)}"
    path = change.relative(folder.resolve() / name)
    if path is None or ".git" in path.parts:
        raise ConfigError(f"{shown} is not in the repository {change.top}. Take it out.")
    source = change.top / path
    if not source.exists():
        raise ConfigError(
            f"{shown} is not in the working tree ({source}). Make it there first, or take it out."
        )
    if source.parent.resolve() != change.top.resolve() / path.parent:
        raise ConfigError(
            f"{shown} is behind a symbolic link, which leads to {source.parent.resolve()}. Name "
            "that link instead if git does not track it."
        )
    for side, commit in change.commits.items():
        names = _tracked(change, side, path)
        if len(names) > _POINTERS_MAX or not all_pointers(change.top, commit.id, names):
            raise ConfigError(
                f"{shown} is tracked by git in {change.title(side)}, and each revision has its "
                "own. Take it out; only what git does not track can be linked, and files of Git "
                "LFS."
            )
    return path


def _tracked(change: Change, side: Side, path: Path) -> list[str]:
    """The files of a revision at a path or below it."""
    command = (
        ("ls-files", "-z")
        if side == change.uncommitted_side
        else ("ls-tree", "-r", "-z", "--name-only", change.commits[side].id)
    )
    listed = git(
        change.top,
        *("--literal-pathspecs", *command, "--", str(path)),
        undecodable="surrogateescape",
    )
    return [name for name in listed.stdout.split("\0") if name]


def _link(source: Path, worktree: Path, path: Path) -> None:
    place = worktree / path
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"[revisions] link: {printable(str(path))} cannot be linked in a revision "
            f"({error.strerror}: {printable(str(path.parent))}). Take it out."
        ) from None
    if place.parent.resolve() != worktree.resolve() / path.parent:
        raise ConfigError(
            f"[revisions] link: {printable(str(path))} is behind a symbolic link in a revision. "
            "Take it out."
        )
    # In a copy of the working tree, what git neither tracks nor ignores is there already.
    if place.is_dir() and not place.is_symlink():
        remove_tree(place)
    else:
        place.unlink(missing_ok=True)
    place.symlink_to(source)
