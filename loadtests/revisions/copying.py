"""A copy of the working tree: its files that git does not ignore, and those of submodules.

A copy lets people go on editing. A commit of them would add objects to the repository that nobody
meant to commit.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from loadtests.revisions.adding import WHOLE
from loadtests.revisions.git import error_line, git
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.submodules import DEPTH_MAX, GITLINK, Submodule

_SKIPPED = "S"


def copy_working_tree(top: Path, folder: Path) -> list[Submodule]:
    """Copy the working tree's files that git does not ignore.

    Args:
        top: the top folder of the working tree.
        folder: the folder to make.

    Returns: its submodules; those that are not in the working tree have no repository.

    Raises:
        RevisionError: git cannot list them, or they cannot be copied.
    """
    try:
        folder.mkdir()
        return list(_copy(top, folder, Path()))
    except OSError as error:
        raise RevisionError(
            State.NO_CHECKOUT,
            f"the files of {top} cannot be copied to {folder} ({error.strerror}: "
            f"{error.filename}). Correct its permissions, or free space.",
        ) from None


def _copy(top: Path, folder: Path, path: Path, depth: int = 0) -> Iterator[Submodule]:
    source, target = top / path, folder / path
    tracked = [entry.split("\t", 1) for entry in _listed(source, "-t", "--stage")]
    if any(about.startswith(_SKIPPED) for about, _ in tracked):
        _fill_skipped(source, target)
    others = _listed(source, "--others", "--exclude-standard")
    skipped = {name for about, name in tracked if about.startswith(_SKIPPED)}
    for name in dict.fromkeys([*(name for _, name in tracked), *others]):
        _copy_file(source, target, name, keep=name in skipped)
    for about, name in tracked:
        _, mode, commit_id, *_ = about.split()
        if mode == GITLINK:
            inner = source / name
            there = (inner / ".git").exists() and not inner.is_symlink()
            yield Submodule(path / name, commit_id, inner if there else None)
            if there and depth < DEPTH_MAX:
                yield from _copy(top, folder, path / name, depth + 1)


def _listed(folder: Path, *options: str) -> list[str]:
    listed = git(folder, "ls-files", "-z", *options, undecodable="surrogateescape")
    if listed.returncode != 0:
        raise RevisionError(State.NO_REPOSITORY, f"{folder}: {error_line(listed)}")
    return [one for one in listed.stdout.split("\0") if one]


def _fill_skipped(source: Path, target: Path) -> None:
    """All tracked files, of which a sparse working tree has only a part."""
    whole = ("checkout-index", "--all", "--ignore-skip-worktree-bits", f"--prefix={target}/")
    made = git(source, *WHOLE, *whole)
    if made.returncode != 0:
        raise RevisionError(
            State.NO_CHECKOUT,
            f"the files that the sparse checkout {source} leaves out cannot be made: "
            f"{error_line(made)}. Run `git sparse-checkout disable`.",
        )


def _copy_file(source: Path, target: Path, name: str, *, keep: bool) -> None:
    """Copy a file as it is; where it was deleted, it is missing, unless `keep`."""
    file, copied = source / name, target / name
    # Deleted files are still listed, submodules are folders, and files behind a symbolic link are
    # not in the repository.
    wanted = file.is_symlink() or file.is_file()
    if wanted and file.parent.resolve() == source.resolve() / Path(name).parent:
        copied.parent.mkdir(parents=True, exist_ok=True)
        # What was made of the index may be a link.
        copied.unlink(missing_ok=True)
        shutil.copy2(file, copied, follow_symlinks=False)
    elif not keep and (copied.is_symlink() or copied.is_file()):
        copied.unlink()
