"""Builds a revision by a command, and keeps the output."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from contract.secrecy import is_secret
from loadtests.children import child, exit_of, log_line
from loadtests.revisions.git import without_git_variables
from loadtests.revisions.resolving import Side
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.worktrees import Checkout
from loadtests.telling_lines import last_lines

_MAKE_VARIABLES = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
"""Variables of the make that called Versus; a build's own make would obey them."""

_LINES_SHOWN = 3


async def build_once(
    checkout: Checkout,
    side: Side,
    title: str,
    work: Callable[[], Awaitable[None]],
    say: Callable[[str], None],
) -> None:
    """Build a revision unless it comes from the cache, and keep the build there.

    Args:
        checkout: both revisions' files, checked out with a recipe.
        side: the revision.
        title: of the revision, for messages.
        work: builds it, by `build`.
        say: takes a line of progress.

    Raises:
        RevisionError: as of `work`.
    """
    if side in checkout.built:
        return
    say(f"building {title}")
    started_s = time.monotonic()
    await work()
    took_s = time.monotonic() - started_s
    reason = checkout.keep(side)
    say(f"built {title} in {took_s:.0f} s{f'; not kept: {reason}' if reason else ''}")


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
    added = environment or {}
    inherited = without_git_variables(os.environ)
    for name in _MAKE_VARIABLES:
        inherited.pop(name, None)
    try:
        async with child(
            command,
            {**inherited, **added},
            on_parent_death="TERM",
            log=log,
            cwd=str(folder),
            group=True,
        ) as process:
            await process.wait()
    except OSError as error:
        # What is missing may be the folder.
        failed = (
            f"{folder} is no folder"
            if error.filename == str(folder)
            else f"{command[0]!r} cannot be run"
        )
        raise RevisionError(State.NOT_BUILT, f"{title}: {failed} ({error.strerror}).") from None
    if process.returncode:
        hidden = [value for name, value in added.items() if is_secret(name, value)]
        telling = log_line(log, hidden)
        raise RevisionError(
            State.NOT_BUILT,
            f"{title}: {Path(command[0]).name} {exit_of(process)}{telling}"
            f"{_end_of(log, telling, hidden)}; see {log}",
        )


def _end_of(log: Path, telling: str, hidden: Sequence[str]) -> str:
    """The last lines of a log beside the one that is shown already."""
    lines = [line.strip() for line in last_lines(log, _LINES_SHOWN, hidden)]
    others = [line for line in lines if line not in telling]
    return f"; its end: {' | '.join(others)}" if others else ""
