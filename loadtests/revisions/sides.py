"""Base and head, ready to be started, and the server of each."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from contract.secrecy import is_secret
from loadtests.planning.addresses import Server
from loadtests.planning.plan import Plan
from loadtests.revisions.building import build, build_once
from loadtests.revisions.builds import Recipe
from loadtests.revisions.comparable import check_comparable
from loadtests.revisions.environments import install
from loadtests.revisions.linking import checked_links
from loadtests.revisions.own_paths import own_environment, own_word
from loadtests.revisions.resolving import Change, Side
from loadtests.revisions.worktrees import Checkout, checked_out
from loadtests.targets.stack import Stack


@dataclass(frozen=True)
class Revision:
    """One side of a change, ready to be started.

    Attributes:
        ref: its name; of the base, as given.
        commit: its id.
        folder: the worktree with its files.
        python: the interpreter that has its packages; None for a server with its own command.
    """

    side: Side
    ref: str
    commit: str
    subject: str
    folder: Path
    python: str | None


@asynccontextmanager
async def open_revisions(
    plan: Plan, change: Change, logs: Path, say: Callable[[str], None]
) -> AsyncIterator[tuple[Revision, Revision]]:
    """Base and head, built, during a `with` block.

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
        elif plan.build:
            await _build(plan, change, checkout, logs, say)
        base, head = (
            Revision(
                side=side,
                ref=change.ref if side == "base" else "HEAD",
                commit=commit.id,
                subject=commit.subject,
                folder=checkout.worktrees[side],
                python=pythons.get(side),
            )
            for side, commit in change.commits.items()
        )
        yield base, head


def server_of(plan: Plan, change: Change, revision: Revision, stack: Stack | None = None) -> Server:
    """The server of a revision, which serves all variants.

    A `stack` is needed if the plan starts the reference service.
    """
    if plan.target.start is not None:
        assert stack is not None
        return _service(plan, change, revision, stack)
    (server,) = plan.servers
    trees = (change.top, revision.folder)
    inherited = own_environment(os.environ, *trees)
    return replace(
        server,
        variant=revision.side,
        command=tuple(own_word(word, *trees) for word in server.command),
        cwd=own_word(server.cwd, *trees),
        environment={
            **inherited,
            **{name: own_word(value, *trees) for name, value in server.environment.items()},
        },
    )


async def _build(
    plan: Plan, change: Change, checkout: Checkout, logs: Path, say: Callable[[str], None]
) -> None:
    (server,) = plan.servers
    own = change.relative(Path(server.cwd))
    assert own is not None, "it was checked"
    for side, worktree in checkout.worktrees.items():
        command = [own_word(word, change.top, worktree) for word in plan.build]

        title = change.title(side)
        work = partial(build, title, command, worktree / own, logs / f"build_{side}.log")
        await build_once(checkout, side, title, work, say)


def _service(plan: Plan, change: Change, revision: Revision, stack: Stack) -> Server:
    own = change.relative(change.root)
    assert own is not None, "a project is in its repository"
    assert revision.python is not None
    folder = str(revision.folder / own)
    placeholders = {"{python}": revision.python, "{folder}": folder}
    return Server(
        variant=revision.side,
        command=tuple(placeholders.get(word, word) for word in stack.command),
        cwd=folder,
        # It is started many times, so it must keep its bytecode.
        environment={**stack.environment, "PYTHONDONTWRITEBYTECODE": ""},
        hidden=tuple(value for name, value in stack.environment.items() if is_secret(name, value)),
        ready="/readyz",
        ready_s=plan.target.ready_s,
        advice="Start that revision by itself: `versus serve` in a checkout of it.",
    )
