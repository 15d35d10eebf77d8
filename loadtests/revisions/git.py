"""git, run without the influence of a repository's hooks and variables."""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from loadtests.planning.disclosure import printable
from loadtests.revisions.states import RevisionError, State

_REPOSITORY_VARIABLES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
)
"""git sets them in its hooks; they name a repository, which is not the one that is measured."""

_TRUST = re.compile(r"detected dubious ownership in repository at '(.+)'")
# What a partial clone lacks, it asks its server for.
_NOT_FETCHED = re.compile(
    r"promisor|from remote repository|unable to (access|read)|could not read|bad (tree )?object"
    r"|not a tree object|missing|Authentication failed",
    re.IGNORECASE,
)


WHOLE_CLONE = (
    "Run `git fetch --refetch --no-filter` while the server can be reached; in CI, check out "
    "without `filter`, or keep the checkout's credentials."
)
"""What to do about a partial clone that lacks something."""


def without_git_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without the variables that name another repository."""
    return {name: value for name, value in environ.items() if name not in _REPOSITORY_VARIABLES}


def git(
    folder: Path, *arguments: str, undecodable: str = "replace"
) -> subprocess.CompletedProcess[str]:
    """Run git in a folder; its exit code and output.

    Hooks do not run: a repository's hooks are foreign code.

    Args:
        folder: where it runs.
        arguments: options of git itself, the command, and its arguments.
        undecodable: what becomes of bytes that are no UTF-8, as of `bytes.decode`; names of files
            that are opened need `surrogateescape`.

    Raises:
        RevisionError: there is no git.
    """
    try:
        return subprocess.run(
            ["git", "-C", str(folder), "-c", f"core.hooksPath={os.devnull}", *arguments],
            env={**without_git_variables(os.environ), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors=undecodable,
            check=False,
            # A terminal's Ctrl-C reaches only this process, which then removes what git was making.
            start_new_session=True,
        )
    except FileNotFoundError:
        raise RevisionError(
            State.GIT_MISSING,
            "it is needed to compare two revisions. Install git, or correct PATH.",
        ) from None


def answer(folder: Path, *arguments: str) -> str:
    """What git says; its error is an error, never a "no".

    Raises:
        RevisionError: as of `failure`.
    """
    ended = git(folder, *arguments)
    if ended.returncode != 0:
        raise failure(folder, ended)
    return ended.stdout


def failure(folder: Path, ended: subprocess.CompletedProcess[str]) -> RevisionError:
    """What an error of git means, and what to do."""
    if "dubious ownership" in ended.stderr:
        # git names the folder that it wants to be trusted, which may lie above this one.
        named = _TRUST.search(ended.stderr)
        place = named[1] if named else str(folder)
        return RevisionError(
            State.UNTRUSTED,
            f"{printable(place)} belongs to another user. If it is yours: `git config --global "
            f"--add safe.directory {printable(shlex.quote(place))}`.",
        )
    if _NOT_FETCHED.search(ended.stderr) and is_partial(folder):
        return RevisionError(
            State.PARTIAL,
            f"{folder} lacks objects of its history, and git cannot fetch them "
            f"({error_line(ended)}). {WHOLE_CLONE}",
        )
    return RevisionError(
        State.NO_REPOSITORY,
        f"{folder}: {error_line(ended)}. Measure in a clone that has the history.",
    )


def is_partial(folder: Path) -> bool:
    """Whether a clone leaves out objects, and asks a server for them when they are needed."""
    return git(folder, "config", "--get-regexp", r"^remote\..*\.promisor$").returncode == 0


def is_shallow(folder: Path) -> bool:
    """Whether a clone's history is cut off.

    Raises:
        RevisionError: as of `failure`.
    """
    return answer(folder, "rev-parse", "--is-shallow-repository").strip() == "true"


def cut_off(what: str) -> RevisionError:
    """The error for a shallow clone; `what` it lacks, in a sentence."""
    return RevisionError(
        State.SHALLOW,
        f"{what} The whole history comes with `git fetch --unshallow --tags`; in CI, check out "
        "with fetch-depth: 0 (GitLab: GIT_DEPTH: 0).",
    )


def error_line(ended: subprocess.CompletedProcess[str]) -> str:
    """The line of git's error output that says what is wrong, safe to print."""
    lines = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    if not lines:
        return f"exit code {ended.returncode}"
    # Advice may follow it.
    telling = (line for line in lines if line.startswith(("fatal: ", "error: ")))
    return printable(next(telling, lines[-1]).removeprefix("fatal: ").removeprefix("error: "))
