"""git, asked from outside of any repository's own influence."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from loadtests.revisions.states import RevisionError, State

_OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
"""Set where git itself has started us, as in a hook: they name a repository that is not meant."""


def outside_git(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without what would make git believe that it is elsewhere."""
    return {name: value for name, value in environ.items() if name not in _OF_ANOTHER}


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in a folder; how it ended, and what it said.

    Hooks may be anybody's code, and would run here with our rights, so none runs.

    Raises:
        RevisionError: there is no git.
    """
    try:
        return subprocess.run(
            ["git", "-C", str(folder), "-c", f"core.hooksPath={os.devnull}", *arguments],
            env={**outside_git(os.environ), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            # A terminal's Ctrl-C is for us, who then remove what git was making.
            start_new_session=True,
        )
    except FileNotFoundError:
        raise RevisionError(
            State.GIT_MISSING, "two revisions are told apart by it. Install git, or mend PATH."
        ) from None


def complaint(ended: subprocess.CompletedProcess[str]) -> str:
    """The last line that git said, as it may be shown."""
    lines = [line for line in ended.stderr.splitlines() if line.strip()]
    return shown(lines[-1].removeprefix("fatal: ")) if lines else f"exit code {ended.returncode}"


def shown(text: str) -> str:
    """A text of somebody else's without what could act on a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
