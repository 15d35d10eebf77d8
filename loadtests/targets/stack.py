"""The reference service's stack without the service, for services of several revisions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from loadtests.planning.plan import Plan
from loadtests.targets.supervisor import supervised


@dataclass(frozen=True)
class Stack:
    """A stack that is ready, and how to put a service on it.

    Attributes:
        command: starts a service; `{python}`, `{folder}` and `{port}` stand for whose Python runs
            it, where its code is, and where it shall listen.
        environment: what the service must be told by variables; holds secrets.
        headers: prove to each such service who we are; they hold secrets.
        callers: headers that prove to be somebody else, by name; they hold secrets.
        pids: of the stack's processes, by name.
        facts: what the record shall say of it.
        died: done when the stack has ended by itself; its value says how.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    headers: Mapping[str, str]
    callers: Mapping[str, Mapping[str, str]]
    pids: Mapping[str, int]
    facts: Mapping[str, Any]
    died: asyncio.Future[str]


@asynccontextmanager
async def open_stack(plan: Plan, say: Callable[[str], None]) -> AsyncIterator[Stack]:
    """The stack that the plan's service stands on, stopped at the end.

    Raises:
        TargetError: it did not become ready.
    """
    async with supervised([*stack_options(plan), "--stack-only"], say) as (ready, died):
        yield Stack(
            command=tuple(ready["app"]["command"]),
            environment=ready["app"]["environment"],
            headers=ready["headers"],
            callers=ready["callers"],
            pids=ready["pids"],
            facts=facts_of(ready),
            died=died,
        )


def stack_options(plan: Plan) -> list[str]:
    """With which data, and how far away, the stack is started."""
    return ["--size", plan.profile.size, "--link", plan.target.link or "lan"]


def facts_of(ready: Mapping[str, Any]) -> dict[str, Any]:
    """What the record shall say of a stack that is ready."""
    return {"start": "service", **ready["versions"], **ready["data"], **ready["link"]}
