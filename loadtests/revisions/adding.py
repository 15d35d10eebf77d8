"""A commit's files in a git worktree, and why git could not make it."""

import os
import re
import shlex
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess

from loadtests.planning.disclosure import printable
from loadtests.revisions.git import WHOLE_CLONE, error_line, git, is_partial
from loadtests.revisions.states import RevisionError, State

WHOLE = (
    # All files, whatever part of them the working tree has.
    *("-c", "core.sparseCheckout=false"),
    # Submodules are filled from the clone afterwards; git would fetch them.
    *("-c", "submodule.recurse=false"),
    # It would leave a process behind that watches the folder.
    *("-c", "core.fsmonitor=false"),
    # A missing object is tried once, instead of for a minute, if the network is away.
    *("-c", "lfs.transfer.maxretries=1"),
)
"""Options of git with which a checkout is complete and starts nothing that stays."""

_WITHOUT_LFS = (
    *("-c", "filter.lfs.process="),
    *("-c", "filter.lfs.smudge="),
    *("-c", "filter.lfs.required=false"),
)
_FILTER = re.compile(r"^(?:fatal|error): (.+): smudge filter (\S+) failed", re.MULTILINE)
_HUNG_UP = re.compile(r"remote end hung up unexpectedly")
_FULL = re.compile(r"No space left on device|Disk quota exceeded")
_DAMAGED = re.compile(
    r"unable to read|bad object|missing (?:blob|tree)|is corrupt|not a tree|inflate"
)
_REMEDIES = {
    re.compile(r"Permission denied|Read-only file system"): "Correct its permissions.",
    re.compile(r"File name too long"): "Move the repository to a shorter path, or rename the file.",
    re.compile(r"invalid path"): "Rename that file; git does not check it out on this machine.",
    _HUNG_UP: "A filter's program failed: install those that `git config --get-regexp '^filter'` "
    "names.",
    _DAMAGED: "The repository is damaged: `git fsck` lists what is missing. Clone it anew.",
}
_FREE_BYTES_MIN = 2**20


def add_worktree(top: Path, worktree: Path, commit_id: str, title: str) -> None:
    """Make a worktree of a commit, without the files of submodules.

    Args:
        top: the top folder of the working tree.
        worktree: the folder to make.
        commit_id: of the commit.
        title: of the revision, for messages.

    Raises:
        RevisionError: git cannot make it; nothing is left of it.
    """
    arguments = ("worktree", "add", "--quiet", "--detach", str(worktree), commit_id)
    added = fill(top, lambda options: git(top, *WHOLE, *options, *arguments))
    if added.returncode != 0:
        raise checkout_error(top, worktree.parent, title, added)


def fill(
    top: Path, write_files: Callable[[Sequence[str]], CompletedProcess[str]]
) -> CompletedProcess[str]:
    """Let git write files, if need be without Git LFS, which then leaves pointers.

    Args:
        top: the top folder of the working tree.
        write_files: runs git with further options; a second time only if the first left nothing.

    Returns: how git ended.
    """
    ended = write_files(())
    if ended.returncode != 0 and _may_be_lfs(top, ended):
        # Its program is missing, or the network is: what this clone has is put in afterwards.
        return write_files(_WITHOUT_LFS)
    return ended


def lacks_objects(ended: CompletedProcess[str]) -> bool:
    """Whether git failed because the repository lacks what it should write."""
    return "promisor" in ended.stderr or _DAMAGED.search(ended.stderr) is not None


def _may_be_lfs(top: Path, ended: CompletedProcess[str]) -> bool:
    found = _FILTER.search(ended.stderr)
    if found:
        return found[2] == "lfs"
    # All that git says if the shell finds no program for a filter that would serve many files.
    return bool(
        _HUNG_UP.search(ended.stderr)
        and git(top, "config", "--get", "filter.lfs.process").returncode == 0
    )


def checkout_error(
    top: Path, parent: Path, title: str, ended: CompletedProcess[str]
) -> RevisionError:
    """Why git could not write files, with the remedy for that cause.

    Args:
        top: the top folder of the working tree.
        parent: the folder in which they should be.
        title: of the revision.
        ended: how git ended.
    """
    line = error_line(ended)
    start = f"{title}: git cannot write its files in {parent}"
    found = _FILTER.search(ended.stderr)
    if found:
        name = printable(found[2])
        setting = shlex.quote(f"^filter.{name}")
        return RevisionError(
            State.NO_CHECKOUT,
            f"{start}: the filter {name!r} failed for {printable(found[1])}. Install the program "
            f"that `git config --get-regexp {setting}` names, and see that it works: `git "
            "checkout` in a fresh clone needs it, too.",
        )
    if "promisor" in ended.stderr or (is_partial(top) and _DAMAGED.search(ended.stderr)):
        return RevisionError(
            State.PARTIAL,
            f"{title}: this clone lacks some of its files, and they cannot be fetched ({line}). "
            f"{WHOLE_CLONE}",
        )
    full = _FULL.search(ended.stderr) or _is_full(parent)
    remedy = "Free space: the disk is full." if full else _remedy(ended)
    return RevisionError(State.NO_CHECKOUT, f"{start}: {line}. {remedy}")


def _remedy(ended: CompletedProcess[str]) -> str:
    for cause, remedy in _REMEDIES.items():
        if cause.search(ended.stderr):
            return remedy
    return "Correct what it names."


def _is_full(folder: Path) -> bool:
    """Whether a disk has no place; git does not always name this cause."""
    try:
        return (
            shutil.disk_usage(folder).free < _FREE_BYTES_MIN
            # Some file systems count no files.
            or os.statvfs(folder).f_favail == 0 < os.statvfs(folder).f_files
        )
    except OSError:
        return False
