"""Makes a revision ready to be started, by a command of which the output is kept."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadtests.children import run_to_end
from loadtests.revisions.git import outside_git
from loadtests.revisions.states import RevisionError, State

_OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
"""Who called us by make has set variables there that a build's own make would obey."""


async def build(
    title: str,
    command: Sequence[str],
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a command until it has ended well.

    Args:
        title: of the revision, for people.
        command: to run ...
        folder: ... there.
        log: where its output goes.
        environment: added to our own.

    Raises:
        RevisionError: it failed.
    """
    inherited = {
        name: value for name, value in outside_git(os.environ).items() if name not in _OF_MAKE
    }
    try:
        failure = await run_to_end(
            command, {**inherited, **(environment or {})}, log, cwd=str(folder)
        )
    except OSError as error:
        raise RevisionError(
            State.NOT_BUILT, f"{title}: {command[0]!r} cannot be run ({error.strerror})."
        ) from None
    if failure:
        raise RevisionError(State.NOT_BUILT, f"{title}: {Path(command[0]).name} {failure}")
