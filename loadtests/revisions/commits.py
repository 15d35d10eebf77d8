"""Commits by their names, in one clone: found, not there, or a named reason why not."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from loadtests.planning.disclosure import printable
from loadtests.revisions.git import answer, failure, git
from loadtests.revisions.states import RevisionError, State

_FULL_ID = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_SHORT_ID = re.compile(r"[0-9a-fA-F]{4,63}")
_REFS = ("refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
"""Where git looks for a name."""
_CANDIDATES_MAX = 10


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


def is_full_id(name: str) -> bool:
    """Whether a name is the whole id of an object, and not its beginning."""
    return bool(_FULL_ID.fullmatch(name))


def is_no_commit(name: str) -> bool:
    """Whether a name is the zeros that stand for no commit, as before the first push."""
    return is_full_id(name) and not name.strip("0")


def top_folder(root: Path) -> Path:
    """The top folder of the working tree.

    Raises:
        RevisionError: it is no repository, or none that git trusts.
    """
    return Path(answer(root, "rev-parse", "--show-toplevel").removesuffix("\n"))


def find_commit(top: Path, name: str) -> Commit | None:
    """The commit of that name; None if there is none.

    Raises:
        RevisionError: the name means several commits, or git cannot say.
    """
    # git would read the first as an option; no name contains the second.
    if name.startswith("-") or "\0" in name:
        return None
    found = _peeled(top, name)
    if found is None:
        _check_short_id(top, name)
        return None
    _check_refs(top, name)
    form = "--format=%H%x00%cI%x00%s"
    shown = answer(top, "log", "-1", "-s", "--no-show-signature", form, found)
    commit_id, committed_at, subject = shown.removesuffix("\n").split("\0")
    return Commit(id=commit_id, subject=printable(subject), committed_at=committed_at)


def begins_before(top: Path, name: str) -> str:
    """The commit of which a name such as HEAD~1 means an ancestor, if it has no such one."""
    ref = re.split(r"[~^]", name)[0]
    return printable(ref) if ref not in {"", name} and find_commit(top, ref) else ""


def fetch_advice(top: Path, name: str) -> str:
    """How to get a commit that the clone lacks."""
    remote, _, branch = name.partition("/")
    if branch and remote in answer(top, "remote").split():
        # A clone of one branch keeps another branch only with an explicit destination.
        fetched = shlex.quote(f"{branch}:refs/remotes/{name}")
        return f"Fetch it: `git fetch {remote} {fetched}`."
    if find_commit(top, f"origin/{name}") is not None:
        return f"Did you mean {f'origin/{name}'!r}?"
    if is_full_id(name):
        return (
            f"Fetch it: `git fetch origin {name}`. If the server does not have it any more, as "
            "after a forced push, name a branch, such as origin/main."
        )
    if re.fullmatch(r"[0-9a-fA-F]{7,39}", name):
        return "Give the whole id, and fetch it: `git fetch origin ID`."
    if "origin" not in answer(top, "remote").split():
        return "Name one that is; `git branch --all` lists branches."
    return (
        "Name one that is, such as origin/main after `git fetch origin "
        "main:refs/remotes/origin/main`."
    )


def _peeled(top: Path, name: str) -> str | None:
    """The id of the commit that a name or an id leads to."""
    found = git(top, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if found.returncode == 0:
        return found.stdout.strip()
    # A partial clone asks its server for an unknown id. A server that says no has answered.
    if is_full_id(name) and found.stderr.strip() and "not our ref" not in found.stderr:
        raise failure(top, found)
    return None


def _check_short_id(top: Path, name: str) -> None:
    """Refuse the beginning of several ids, which git takes for none."""
    if not _SHORT_ID.fullmatch(name) or is_full_id(name):
        return
    ids = git(top, "rev-parse", f"--disambiguate={name}").stdout.split()[:_CANDIDATES_MAX]
    commits = [one for one in ids if _peeled(top, one)]
    if len(commits) > 1:
        raise _ambiguous(name, commits)


def _check_refs(top: Path, name: str) -> None:
    """Refuse a name of a branch and a tag that are two commits; git would take the tag."""
    ref = re.split(r"[~^:]|@\{", name)[0]
    if ref == "HEAD" or is_full_id(ref):
        return
    places = [place.format(ref) for place in _REFS]
    listed = answer(top, "for-each-ref", "--format=%(refname)", "--", *places).splitlines()
    # It also lists what lies below a name.
    refs = {one: commit for one in places if one in listed and (commit := _peeled(top, one))}
    if len(set(refs.values())) > 1:
        raise _ambiguous(name, list(refs))


def _ambiguous(name: str, candidates: list[str]) -> RevisionError:
    return RevisionError(
        State.AMBIGUOUS,
        f"{name!r} is each of {printable(', '.join(candidates))}. Name one of these.",
    )
