"""Builds a revision by a command, and keeps the output."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadtests.children import run_to_end
from loadtests.revisions.git import without_git_variables
from loadtests.revisions.states import RevisionError, State

_MAKE_VARIABLES = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
"""Variables of the make that called Versus; a build's own make would obey them."""


async def build(
    title: str,
    command: Sequence[str],
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a build command to its end.

    Args:
        title: of the revision, for messages.
        command: program and arguments.
        folder: where it runs.
        log: takes its output.
        environment: added to this process's own.

    Raises:
        RevisionError: it failed.
    """
    inherited = without_git_variables(os.environ)
    for name in _MAKE_VARIABLES:
        inherited.pop(name, None)
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
