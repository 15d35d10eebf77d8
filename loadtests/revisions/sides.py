"""Base and head, ready to be started, and the server of each."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from contract.secrecy import is_secret
from loadtests.planning.addresses import Server
from loadtests.planning.gaps import fill
from loadtests.planning.plan import Plan
from loadtests.revisions.builds import Recipe
from loadtests.revisions.comparable import check_comparable
from loadtests.revisions.environments import install
from loadtests.revisions.linking import checked_links
from loadtests.revisions.making import Making, own_server
from loadtests.revisions.needed_files import check_needed_files
from loadtests.revisions.resolving import Change, Side
from loadtests.revisions.worktrees import checked_out
from loadtests.targets.stack import Stack


@dataclass(frozen=True)
class Revision:
    """One side of a change, ready to be started.

    Attributes:
        ref: its name; of the base, as given.
        commit: its id.
        folder: the worktree with its files.
        python: the interpreter that has its packages; None for a server with its own command.
        built_at_ns: when it had been built; nanoseconds since 1970.
        links: what both take from the working tree, from the top folder.
        notes: what else to know of the files of both, one line each.
    """

    side: Side
    ref: str
    commit: str
    subject: str
    folder: Path
    python: str | None
    built_at_ns: int
    links: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


@asynccontextmanager
async def open_revisions(
    plan: Plan, change: Change, logs: Path, say: Callable[[str], None]
) -> AsyncIterator[tuple[Revision, Revision]]:
    """Base and head, built and prepared, during a `with` block.

    Args:
        plan: what is started, and how it is built.
        change: the two commits.
        logs: takes the output of builds.
        say: takes a line of progress.

    Raises:
        ConfigError: the plan does not start exactly one server.
        RevisionError: the two cannot be compared, or one does not build.
    """
    check_comparable(plan, change)
    links = checked_links(change, plan.folder, plan.link)
    recipe = (
        Recipe(plan.build, change.relative(Path(plan.servers[0].cwd)) or Path())
        if plan.build
        else None
    )
    with checked_out(change, say, links, recipe) as checkout:
        pythons: dict[Side, str] = {}
        if plan.target.start is not None:
            pythons = await install(change, checkout, logs, say)
        making = Making(plan, change, checkout, logs, say)
        if plan.build:
            await making.build()
        built_at_ns = time.time_ns()
        if plan.prepare:
            await making.prepare()
        base, head = (
            Revision(
                side=side,
                ref=change.ref if side == "base" else "HEAD",
                commit=commit.id,
                subject=commit.subject,
                folder=checkout.worktrees[side],
                python=pythons.get(side),
                built_at_ns=built_at_ns,
                links=links,
                notes=checkout.notes,
            )
            for side, commit in change.commits.items()
        )
        yield base, head


def server_of(plan: Plan, change: Change, revision: Revision, stack: Stack | None = None) -> Server:
    """The server of a revision, which serves all variants.

    A `stack` is needed if the plan starts the reference service.

    Raises:
        RevisionError: it needs a file that git ignores and that the revision therefore lacks.
    """
    if plan.target.start is not None:
        assert stack is not None
        return _service(plan, change, revision, stack)
    (server,) = plan.servers
    check_needed_files(server, change, revision.folder)
    return replace(
        own_server(server, change, revision.side, revision.folder), variant=revision.side
    )


def _service(plan: Plan, change: Change, revision: Revision, stack: Stack) -> Server:
    own = change.relative(change.root)
    assert own is not None, "a project is in its repository"
    assert revision.python is not None
    folder = str(revision.folder / own)
    placeholders = {"{python}": revision.python, "{folder}": folder}
    return Server(
        variant=revision.side,
        command=tuple(fill(word, placeholders) for word in stack.command),
        cwd=folder,
        # It is started many times, so it must keep its bytecode.
        environment={**stack.environment, "PYTHONDONTWRITEBYTECODE": ""},
        hidden=tuple(value for name, value in stack.environment.items() if is_secret(name, value)),
        ready="/readyz",
        ready_s=plan.target.ready_s,
        advice="Start that revision by itself: `versus serve` in a checkout of it.",
    )
