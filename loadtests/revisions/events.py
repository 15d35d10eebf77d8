"""What started a CI job, as far as it names a base: a pull request, a merge queue, a push.

GitHub describes the event in a file, GitLab in variables. Both are somebody else's text.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.planning.disclosure import printable
from loadtests.revisions.states import RevisionError, State

_FILE_BYTES_MAX = 30_000_000
"""GitHub sends events of up to 25 MB."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BRANCH = re.compile(r"[^\x00-\x20~^:?*\[\\\x7f-]((?!@\{|\.\.)[^\x00-\x20~^:?*\[\\\x7f])*")
_NAME_LENGTH_MAX = 250


@dataclass(frozen=True)
class _Place:
    """Where an event names a base: its keys or its variable, and what that commit is."""

    keys: tuple[str, ...]
    what: str
    needed: bool = True


_PULL_REQUEST = _Place(("pull_request", "base", "sha"), "the base of the pull request")
_GITHUB = {
    "pull_request": _PULL_REQUEST,
    "pull_request_target": _PULL_REQUEST,
    "pull_request_review": _PULL_REQUEST,
    "pull_request_review_comment": _PULL_REQUEST,
    "merge_group": _Place(("merge_group", "base_sha"), "the base of the merge queue"),
    "push": _Place(("before",), "the commit before the push", needed=False),
}
# In a pipeline for merged results HEAD holds what others have merged; only its parent is the base.
_GITLAB = (
    _Place(("CI_MERGE_REQUEST_TARGET_BRANCH_SHA",), "the target of the merge request"),
    _Place(("CI_MERGE_REQUEST_DIFF_BASE_SHA",), "the base of the merge request"),
    _Place(("CI_COMMIT_BEFORE_SHA",), "the commit before the push", needed=False),
)


@dataclass(frozen=True)
class Event:
    """What started a job.

    Attributes:
        commit: the id of the base that it names; empty: none.
        what: what that commit is, in words.
        needed: whether no other base will do.
        default_branch: of the repository; empty: not known.
    """

    commit: str = ""
    what: str = ""
    needed: bool = False
    default_branch: str = ""


def read_event(environ: Mapping[str, str]) -> Event:
    """The event that started this job; without any content outside of CI.

    Raises:
        RevisionError: it cannot be read, or does not name the base that it must.
    """
    if environ.get("GITHUB_EVENT_NAME"):
        return _of_github(environ["GITHUB_EVENT_NAME"], environ.get("GITHUB_EVENT_PATH", ""))
    if environ.get("GITLAB_CI"):
        return _of_gitlab(environ)
    return Event()


def _of_github(name: str, path: str) -> Event:
    content = _content(path)
    branch = _branch(_value(content, ("repository", "default_branch")), f"{path}: default_branch")
    place = _GITHUB.get(name)
    if place is None:
        return Event(default_branch=branch)
    where = f"{path}: {'.'.join(place.keys)}"
    found = _value(content, place.keys)
    if found is None and place.needed:
        raise _unusable(f"{where} is missing, though {name!r} started the job")
    return Event(_commit(found, where), place.what, place.needed, branch)


def _of_gitlab(environ: Mapping[str, str]) -> Event:
    branch = _branch(environ.get("CI_DEFAULT_BRANCH"), "CI_DEFAULT_BRANCH")
    for place in _GITLAB:
        (variable,) = place.keys
        if found := environ.get(variable):
            return Event(_commit(found, variable), place.what, place.needed, branch)
    return Event(default_branch=branch)


def _content(path: str) -> Any:  # whatever the file holds
    try:
        if not Path(path).is_file():
            raise _unusable(f"GITHUB_EVENT_PATH, {path!r}, is no file")
        with Path(path).open("rb") as file:
            content = file.read(_FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise _unusable(f"GITHUB_EVENT_PATH, {path!r}, cannot be read ({reason})") from None
    if len(content) > _FILE_BYTES_MAX:
        raise _unusable(f"{path}: has more than {_FILE_BYTES_MAX} bytes")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise _unusable(f"{path}: is not JSON, as GITHUB_EVENT_PATH must be") from None


def _value(content: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _commit(found: object, where: str) -> str:
    if found is None:
        return ""
    if isinstance(found, str) and _COMMIT.fullmatch(found):
        return found
    raise _unusable(f"{where} is no id of a commit")


def _branch(found: object, where: str) -> str:
    if found is None or found == "":
        return ""
    if isinstance(found, str) and len(found) <= _NAME_LENGTH_MAX and _BRANCH.fullmatch(found):
        return found
    raise _unusable(f"{where} is no name of a branch")


def _unusable(reason: str) -> RevisionError:
    return RevisionError(
        State.UNKNOWN_BASE,
        f"{printable(reason)}. Name the base instead, such as `--base origin/main`.",
    )
