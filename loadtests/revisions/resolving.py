"""From names to two commits: the base of a change, and its head.

The base is the merge base of HEAD and the named branch, not the branch itself: commits that others
have added to it since are no part of the change.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from loadtests.planning.disclosure import printable
from loadtests.revisions.automatic import AUTO, choose_base, nothing_to_compare
from loadtests.revisions.commits import (
    Commit,
    begins_before,
    fetch_advice,
    find_commit,
    is_no_commit,
    top_folder,
)
from loadtests.revisions.events import read_event
from loadtests.revisions.git import answer, cut_off, failure, git, is_shallow
from loadtests.revisions.states import RevisionError, State

Side = Literal["base", "head"]
_FILES_SHOWN = 3
_FILES_MAX = 100


@dataclass(frozen=True)
class Change:
    """Two commits of a repository.

    Attributes:
        root: the folder of the service or suite, at or below `top`.
        project: the folder that holds `.versus/`.
        top: the top folder of the working tree.
        ref: the name of the base, as given, or as chosen where none was.
        base: from which the change started.
        head: to which it led.
        uncommitted_side: the side that is the working tree's files instead of its commit.
    """

    root: Path
    project: Path
    top: Path
    ref: str
    base: Commit
    head: Commit
    uncommitted_side: Side | None = None

    @property
    def commits(self) -> dict[Side, Commit]:
        """The two, by side."""
        return {"base": self.base, "head": self.head}

    @property
    def unchanged(self) -> bool:
        """Whether both are the same code, so that any effect is the measurement's own error."""
        return self.base.id == self.head.id and self.uncommitted_side is None

    def title(self, side: Side) -> str:
        """A side and its commit, for messages."""
        if side == self.uncommitted_side:
            return f"{side} (the working tree)"
        return f"{side} ({self.commits[side].short})"

    def relative(self, path: Path) -> Path | None:
        """A path relative to the top folder; None outside of the repository."""
        normal = Path(os.path.normpath(path))
        return normal.relative_to(self.top) if normal.is_relative_to(self.top) else None

    def has(self, side: Side, path: Path) -> bool:
        """Whether a revision has a file or folder, given relative to the top folder.

        Raises:
            RevisionError: git cannot say.
        """
        if path == Path():
            return True
        if side == self.uncommitted_side:
            return (self.top / path).exists()
        # Of trees only: a partial clone may lack the file's content, and still has the file.
        listing = ("ls-tree", "-z", "--full-tree", self.commits[side].id, "--", path.as_posix())
        return bool(answer(self.top, "--literal-pathspecs", *listing))


def resolve(
    root: Path, base: str, say: Callable[[str], None], project: Path | None = None
) -> Change:
    """HEAD, and its merge base with a branch, tag or commit.

    Args:
        root: the folder of the service.
        base: the name of the branch, tag or commit; `AUTO`: of the CI system's event.
        say: takes a line of progress.
        project: the folder that holds `.versus/`; None: the same as `root`.

    Raises:
        RevisionError: there are no two such commits.
    """
    root = root.resolve()
    top = top_folder(root)
    head = _head(top)
    chosen = choose_base(top, read_event(os.environ)) if base == AUTO else None
    if chosen:
        say(f"--base auto: {chosen.why}")
        base = chosen.name
    named = chosen.commit if chosen else _base(top, base)
    common = git(top, "merge-base", named.id, head.id)
    # 1 means that there is none.
    if common.returncode not in {0, 1}:
        raise failure(top, common)
    if common.returncode == 1:
        raise _unrelated(top, base)
    started = find_commit(top, common.stdout.strip())
    assert started is not None, "a merge base is a commit"
    if chosen and started.id == head.id:
        raise nothing_to_compare(chosen, head)
    change = Change(root=root, project=project or root, top=top, ref=base, base=started, head=head)
    _report(change, say)
    return change


def resolve_two(folder: Path, names: tuple[str, str], say: Callable[[str], None]) -> Change:
    """Two revisions by their names.

    Args:
        folder: in their repository.
        names: of base and head; an empty name, at most one, means the working tree's files.
        say: takes a line of progress.

    Raises:
        RevisionError: there are no two such commits.
    """
    top = top_folder(folder)
    base, head = (_named(top, name or "HEAD") for name in names)
    unnamed: tuple[Side, ...] = ("base",) if not names[0] else ("head",) if not names[1] else ()
    # Without uncommitted changes, the commit is measured: it can be named and measured again.
    change = Change(root=top, project=top, top=top, ref=names[0] or "HEAD", base=base, head=head)
    if unnamed and (_changed(change) or untracked(change)):
        change = replace(change, uncommitted_side=unnamed[0])
    for side, commit in change.commits.items():
        if side == change.uncommitted_side:
            say(f"{side}: the working tree {top}, without ignored files")
        else:
            say(f"{side}: {commit}")
    if change.unchanged:
        say("both are the same commit; unless variants differ, any effect is measurement error")
    return change


def check_clean(change: Change) -> None:
    """Check that no file of a commit was changed since: only commits are measured.

    Raises:
        RevisionError: something is not committed.
    """
    changed = _changed(change)
    if changed:
        raise RevisionError(
            State.DIRTY,
            f"{_some(changed)} would not be measured. Commit them, or run `git stash`.",
        )


def untracked(change: Change) -> tuple[str, ...]:
    """The files and folders that git neither keeps nor ignores, safe to print; some if many.

    They are in neither revision, so nothing of them is measured.
    """
    listed = _status(change, "--untracked-files=normal")
    names = [entry[3:] for entry in listed if entry.startswith("?? ")]
    more = len(names) - _FILES_MAX
    shown = tuple(printable(name) for name in names[:_FILES_MAX])
    return (*shown, f"and {more} more") if more > 0 else shown


def untracked_line(names: Sequence[str]) -> str:
    """What a person is to know of untracked files."""
    return f"not measured: {_some(names)} (untracked: in neither revision)"


def _changed(change: Change) -> list[str]:
    """The files of HEAD that differ from it, safe to print."""
    entries = iter(_status(change, "--untracked-files=no"))
    names = []
    for entry in entries:
        names.append(printable(entry[3:]))
        # The old name of a file that was renamed follows.
        if set(entry[:2]) & {"R", "C"}:
            next(entries, None)
    return names


def _status(change: Change, which: str) -> list[str]:
    # What a build leaves in a submodule is untracked there.
    options = ("--porcelain", "-z", "--ignore-submodules=untracked", which)
    return answer(change.top, "status", *options).split("\0")[:-1]


def _some(names: Sequence[str]) -> str:
    more = len(names) - _FILES_SHOWN
    return ", ".join(names[:_FILES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _head(top: Path) -> Commit:
    head = find_commit(top, "HEAD")
    if head is None:
        raise RevisionError(
            State.NO_REPOSITORY, f"{top} has no commit yet. Commit what shall be measured."
        )
    return head


def _base(top: Path, name: str) -> Commit:
    """The commit that a person named as base."""
    if is_no_commit(name):
        raise RevisionError(
            State.NO_BASE,
            f"{name} stands for no commit: before the first push of a branch there is none. Name "
            f"the default branch, such as `--base origin/main`, or let `--base {AUTO}` find it.",
        )
    commit = find_commit(top, name)
    if commit is not None:
        return commit
    if is_shallow(top):
        raise _not_in_it(top, name)
    if ref := begins_before(top, name):
        raise RevisionError(
            State.UNKNOWN_BASE,
            f"{name!r} is no commit of {top}: the history of {ref} does not go so far back. Name a "
            "later one.",
        )
    raise RevisionError(
        State.UNKNOWN_BASE,
        f"{name!r} is no branch, tag or commit of {top}. {fetch_advice(top, name)}",
    )


def _named(top: Path, name: str) -> Commit:
    """The commit of that name."""
    commit = find_commit(top, name)
    if commit is not None:
        return commit
    _head(top)
    if is_shallow(top):
        raise _not_in_it(top, name)
    raise RevisionError(
        State.UNKNOWN_REVISION,
        f"{name!r} is no branch, tag or commit of {top}. {fetch_advice(top, name)}",
    )


def _not_in_it(top: Path, name: str) -> RevisionError:
    """The error for a name that is not in a shallow clone."""
    advice = "" if begins_before(top, name) else f" {fetch_advice(top, name)}"
    return cut_off(f"{name!r} is not among the commits that {top} has.{advice}")


def _unrelated(top: Path, base: str) -> RevisionError:
    if is_shallow(top):
        return cut_off(f"it does not contain the merge base of HEAD and {base!r}.")
    return RevisionError(
        State.UNRELATED,
        f"HEAD and {base!r} have no commit in common. Name the branch that HEAD came from.",
    )


def _report(change: Change, say: Callable[[str], None]) -> None:
    say(f"base: {change.base}, the merge base of HEAD and {change.ref}")
    if change.unchanged:
        say("head: the same commit; any effect is then measurement error")
    else:
        say(f"head: {change.head}")
