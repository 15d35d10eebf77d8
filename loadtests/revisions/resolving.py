"""From names to two commits: the base of a change, and its head.

The base is the merge base of HEAD and the named branch, not the branch itself: commits that others
have added to it since are no part of the change.
"""

import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from loadtests.planning.disclosure import printable
from loadtests.revisions.git import error_line, git
from loadtests.revisions.states import RevisionError, State

Side = Literal["base", "head"]
_CHANGES_SHOWN = 3


@dataclass(frozen=True)
class Commit:
    """A commit.

    Attributes:
        id: 40 hexadecimal digits, or 64.
        subject: the first line of its message.
        committed_at: ISO 8601.
    """

    id: str
    subject: str
    committed_at: str

    @property
    def short(self) -> str:
        """An abbreviated id, equally long for every commit."""
        return self.id[:12]

    def __str__(self) -> str:
        return f"{self.short} {self.subject!r} of {self.committed_at}"


@dataclass(frozen=True)
class Change:
    """Two commits of a repository.

    Attributes:
        root: the folder of the service or suite, at or below `top`.
        project: the folder that holds `.versus/`.
        top: the top folder of the working tree.
        ref: the name of the base, as given.
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
        """Whether a revision has a file or folder, given relative to the top folder."""
        if path == Path():
            return True
        if side == self.uncommitted_side:
            return (self.top / path).exists()
        named = f"{self.commits[side].id}:{path.as_posix()}"
        return git(self.top, "cat-file", "-e", named).returncode == 0


def resolve(
    root: Path, base: str, say: Callable[[str], None], project: Path | None = None
) -> Change:
    """HEAD, and its merge base with a branch, tag or commit.

    Args:
        root: the folder of the service.
        base: the name of the branch, tag or commit.
        say: takes a line of progress.
        project: the folder that holds `.versus/`; None: the same as `root`.

    Raises:
        RevisionError: there are no two such commits.
    """
    root = root.resolve()
    top = _top(root)
    head, named = _commit(top, "HEAD"), _commit(top, base)
    if head is None:
        raise RevisionError(
            State.NO_REPOSITORY, f"{top} has no commit yet. Commit what shall be measured."
        )
    if named is None:
        raise RevisionError(
            State.UNKNOWN_BASE,
            f"{base!r} is no branch, tag or commit of {top}. {_remedy(top, base)}",
        )
    common = git(top, "merge-base", named.id, head.id)
    if common.returncode != 0:
        raise _unrelated(top, base)
    started = _commit(top, common.stdout.strip())
    assert started is not None, "a merge base is a commit"
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
    top = _top(folder)
    base, head = (_named(top, name or "HEAD") for name in names)
    unnamed: tuple[Side, ...] = ("base",) if not names[0] else ("head",) if not names[1] else ()
    # Without uncommitted changes, the commit is measured: it can be named and measured again.
    change = Change(root=top, project=top, top=top, ref=names[0] or "HEAD", base=base, head=head)
    if unnamed and _uncommitted(change):
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
    """Check that there are no uncommitted changes: only commits are measured.

    Raises:
        RevisionError: something is not committed.
    """
    changed = _uncommitted(change)
    if changed:
        names = ", ".join(changed[:_CHANGES_SHOWN])
        more = len(changed) - _CHANGES_SHOWN
        raise RevisionError(
            State.DIRTY,
            f"{names}{f' and {more} more' if more > 0 else ''} would not be measured. Commit them, "
            "or run `git stash --include-untracked`.",
        )


def _uncommitted(change: Change) -> list[str]:
    """The files that differ from HEAD, safe to print."""
    status = git(change.top, "status", "--porcelain", "--untracked-files=normal")
    if status.returncode != 0:
        raise RevisionError(State.NO_REPOSITORY, f"{change.top}: {error_line(status)}")
    return [printable(line[3:]) for line in status.stdout.splitlines()]


def _top(root: Path) -> Path:
    found = git(root, "rev-parse", "--show-toplevel")
    if "dubious ownership" in found.stderr:
        place = shlex.quote(str(root))
        raise RevisionError(
            State.UNTRUSTED,
            f"{root} belongs to another user. If it is yours: `git config --global --add "
            f"safe.directory {place}`.",
        )
    if found.returncode != 0:
        raise RevisionError(
            State.NO_REPOSITORY,
            f"{root}: {error_line(found)}. Measure in a clone that has the history.",
        )
    return Path(found.stdout.removesuffix("\n"))


def _named(top: Path, name: str) -> Commit:
    """The commit of that name."""
    commit = _commit(top, name)
    if commit is not None:
        return commit
    if _commit(top, "HEAD") is None:
        raise RevisionError(
            State.NO_REPOSITORY, f"{top} has no commit yet. Commit what shall be measured."
        )
    if _is_shallow(top):
        raise RevisionError(
            State.SHALLOW,
            f"{name!r} is not among the commits that {top} has. {_remedy(top, name)} Or run `git "
            "fetch --unshallow --tags`; in CI, check out with fetch-depth: 0.",
        )
    raise RevisionError(
        State.UNKNOWN_REVISION,
        f"{name!r} is no branch, tag or commit of {top}. {_remedy(top, name)}",
    )


def _commit(top: Path, name: str) -> Commit | None:
    """The commit of that name; None if there is none."""
    # git would read the first as an option; no name contains the second.
    if name.startswith("-") or "\0" in name:
        return None
    found = git(top, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if found.returncode != 0:
        return None
    shown = git(
        top, "show", "-s", "--no-show-signature", "--format=%H%x00%cI%x00%s", found.stdout.strip()
    )
    commit_id, committed_at, subject = shown.stdout.removesuffix("\n").split("\0")
    return Commit(id=commit_id, subject=printable(subject), committed_at=committed_at)


def _remedy(top: Path, base: str) -> str:
    """How to get a missing base."""
    remote, _, branch = base.partition("/")
    if branch and remote in git(top, "remote").stdout.split():
        # A clone of one branch keeps another branch only with an explicit destination.
        fetched = shlex.quote(f"{branch}:refs/remotes/{base}")
        return f"Fetch it: `git fetch {remote} {fetched}`."
    if _commit(top, f"origin/{base}") is not None:
        return f"Did you mean {f'origin/{base}'!r}?"
    if re.fullmatch(r"[0-9a-fA-F]{7,64}", base):
        return f"Fetch it: `git fetch origin {base}`."
    return "Name one that is, such as origin/main after `git fetch origin main`."


def _is_shallow(top: Path) -> bool:
    return git(top, "rev-parse", "--is-shallow-repository").stdout.strip() == "true"


def _unrelated(top: Path, base: str) -> RevisionError:
    if _is_shallow(top):
        return RevisionError(
            State.SHALLOW,
            f"it does not contain the merge base of HEAD and {base!r}. Run `git fetch "
            "--unshallow`; in CI, check out with fetch-depth: 0.",
        )
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
