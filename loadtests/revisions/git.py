"""git, run without the influence of a repository's hooks and variables."""

import os
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


def error_line(ended: subprocess.CompletedProcess[str]) -> str:
    """The line of git's error output that says what is wrong, safe to print."""
    lines = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    if not lines:
        return f"exit code {ended.returncode}"
    # Advice may follow it.
    telling = (line for line in lines if line.startswith(("fatal: ", "error: ")))
    return printable(next(telling, lines[-1]).removeprefix("fatal: ").removeprefix("error: "))
