"""The reference service's stack without the service, for services of two revisions."""

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
        command: starts a service; `{python}`, `{folder}` and `{port}` are placeholders for its
            interpreter, the folder of its code and its port.
        environment: variables that the service needs; holds secrets.
        headers: authenticate each request; they hold secrets.
        callers: headers of other users, by name; they hold secrets.
        pids: of the stack's processes, by name.
        facts: for the record.
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
    """The stack of the plan's service during a `with` block.

    Raises:
        TargetError: it did not become ready.
    """
    async with supervised([*stack_options(plan), "--stack-only"], plan.folder, say) as (
        ready,
        died,
    ):
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
    """The command's options for the size of the data and the distance to it."""
    return ["--size", plan.profile.size, "--link", plan.target.link or "lan"]


def facts_of(ready: Mapping[str, Any]) -> dict[str, Any]:
    """Facts for the record about a stack that is ready."""
    return {"start": "service", **ready["versions"], **ready["data"], **ready["link"]}
