"""The base that nobody named: of the CI system's event, else the default branch."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loadtests.planning.disclosure import printable
from loadtests.revisions.commits import Commit, fetch_advice, find_commit, is_no_commit
from loadtests.revisions.events import Event
from loadtests.revisions.git import cut_off, failure, git, is_shallow
from loadtests.revisions.states import RevisionError, State

AUTO = "auto"

_USUAL = ("refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main")


@dataclass(frozen=True)
class Chosen:
    """A base and why it was taken.

    Attributes:
        name: for people, and as an argument for git.
    """

    commit: Commit
    name: str
    why: str


def choose_base(top: Path, event: Event) -> Chosen:
    """The base of a change: the commit that the event names, else the default branch.

    Raises:
        RevisionError: the clone has neither, or lacks the only one that would do.
    """
    passed_over = ""
    if is_no_commit(event.commit):
        passed_over = "there is no commit before a first push; "
    elif event.commit:
        commit = find_commit(top, event.commit)
        if commit is not None:
            return Chosen(commit, event.commit, event.what)
        _check_may_be_gone(top, event)
        passed_over = f"{event.what}, {event.commit}, is gone, as after a forced push; "
    tried = []
    for ref in _default_branches(top, event):
        commit = find_commit(top, ref)
        name = printable(ref.removeprefix("refs/remotes/").removeprefix("refs/heads/"))
        if commit is not None:
            return Chosen(commit, name, f"{passed_over}{name} is the default branch")
        tried.append(name)
    if is_shallow(top):
        raise _only_a_part(top, f"{passed_over}of {' and '.join(tried)} there is none")
    raise RevisionError(
        State.UNKNOWN_BASE,
        f"{passed_over}{top} has no branch {' or '.join(tried)}. {fetch_advice(top, tried[0])} Or "
        "name another base.",
    )


def nothing_to_compare(chosen: Chosen, head: Commit) -> RevisionError:
    """The error for a base that is HEAD itself, or already has all of it."""
    return RevisionError(
        State.NO_BASE,
        f"{chosen.why}, and it holds all of HEAD ({head.short}) already: there is nothing to "
        "compare. Name an earlier commit, such as `--base HEAD~1`.",
    )


def _check_may_be_gone(top: Path, event: Event) -> None:
    """Refuse to pass over a commit that is missing only in this clone."""
    if is_shallow(top):
        raise _only_a_part(top, f"{event.what}, {event.commit}, is not in it")
    if event.needed:
        raise RevisionError(
            State.UNKNOWN_BASE,
            f"{event.what}, {event.commit}, is not in {top}. {fetch_advice(top, event.commit)}",
        )


def _default_branches(top: Path, event: Event) -> Iterator[str]:
    """Where the default branch may be, the most likely first."""
    if event.default_branch:
        yield f"refs/remotes/origin/{event.default_branch}"
        yield f"refs/heads/{event.default_branch}"
        return
    head = git(top, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    # 1 means that there is none.
    if head.returncode not in {0, 1}:
        raise failure(top, head)
    yield from dict.fromkeys((*head.stdout.split(), *_USUAL))


def _only_a_part(top: Path, reason: str) -> RevisionError:
    return cut_off(f"{top} has only a part of the history, and {reason}.")
