"""Checks, before anything is built, that base and head can be compared."""

from collections.abc import Iterator
from pathlib import Path

from contract.errors import ConfigError
from loadtests.planning.disclosure import printable
from loadtests.planning.plan import Plan
from loadtests.revisions.git import answer
from loadtests.revisions.resolving import Change
from loadtests.revisions.states import RevisionError, State

LOCK = Path("locks", "requirements.lock")
"""The packages of the reference service's environment."""

_SERVER = Path("service", "server.py")
_MIGRATIONS = Path("service", "stack", "migrations")


def check_comparable(plan: Plan, change: Change) -> None:
    """Check that the base has what the plan starts, and that both can share a database.

    Raises:
        ConfigError: the plan starts no server of which there could be two revisions.
        RevisionError: the base cannot be compared with the head.
    """
    if plan.urls:
        raise ConfigError(
            f"{plan.path}: a url is one revision's address. Set target.start or target.command, so "
            "that both revisions can be started."
        )
    for server in plan.servers:
        folder = change.relative(Path(server.cwd))
        if folder is None or not change.has("head", folder):
            raise RevisionError(
                State.OUTSIDE,
                f"{server.cwd}, where target.command runs, is no folder of {change.top} at HEAD; "
                "both revisions would run the same code. Set target.cwd to one that is.",
            )
    if not change.unchanged:
        _check_base_has_all(plan, change)
        if plan.target.start is not None:
            _check_schema(change)


def _check_base_has_all(plan: Plan, change: Change) -> None:
    paths = dict.fromkeys(path for one in _needed(plan, change) if (path := change.relative(one)))
    missing = [
        path.as_posix()
        for path in paths
        if not change.has("base", path) and change.has("head", path)
    ]
    if missing:
        raise RevisionError(
            State.FIRST_RUN,
            f"{printable(', '.join(missing))} is not in {change.base}, from which this change "
            "started, so there is nothing to compare with. The next change can be measured.",
        )


def _needed(plan: Plan, change: Change) -> Iterator[Path]:
    """The paths that a start needs; those outside of the repository are ignored later."""
    if plan.target.start is not None:
        yield from (change.root / _SERVER, change.root / LOCK)
    for server in plan.servers:
        yield Path(server.cwd)
        yield from (Path(server.cwd, word) for word in (*plan.build, *server.command))
    if plan.target.suite is not None:
        yield Path(plan.target.suite).absolute()


def _check_schema(change: Change) -> None:
    migrations = change.relative(change.root / _MIGRATIONS)
    options = ("--name-only", "--no-renames", "--no-ext-diff")
    commits = (change.base.id, change.head.id)
    names = ", ".join(
        answer(change.top, "diff", *options, *commits, "--", str(migrations)).splitlines()
    )
    if names:
        raise RevisionError(
            State.SCHEMA_CHANGED,
            f"{printable(names)} differ, but both revisions share one database. Change the schema "
            "first and by itself, then measure the change of the code.",
        )
