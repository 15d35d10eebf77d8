"""The service under test: one that Versus starts, or one that is already there.

Its own stack's service tells by itself when it is ready; a server with a command of its own is
asked until it answers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from loadtests.planning.plan import Plan
from loadtests.planning.suite import Suite
from loadtests.targets.servers import Restarted, Running, TargetError, first_death, running
from loadtests.targets.stack import facts_of, stack_options
from loadtests.targets.supervisor import supervised

CONNECT_WITHIN_S = 5.0


@dataclass(frozen=True)
class Target:
    """A service that answers.

    Attributes:
        base_urls: where each variant answers, without a trailing slash.
        headers: prove who we are; they hold secrets.
        pids: its processes, by name; empty where they are not ours.
        facts: what the record shall say of it.
        environment: for child processes that need the same backends; holds secrets.
        died: done when the target has ended by itself; its value says how.
        restarted: its servers, where they are started again and again.
        callers: headers that prove to be somebody else, by name; they hold secrets.
        suite: where its variants are known only once there is a target; else the plan's holds.
    """

    base_urls: tuple[str, ...]
    headers: Mapping[str, str]
    died: "asyncio.Future[str]"
    pids: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    restarted: Restarted | None = None
    callers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    suite: Suite | None = None


@asynccontextmanager
async def open_target(
    plan: Plan, folder: Path, say: Callable[[str], None]
) -> AsyncIterator[Target]:
    """The plan's target, ready to answer; what was started is stopped at the end.

    Args:
        plan: says what to start, or where to look.
        folder: the run's; what servers print goes there.
        say: takes a line of progress.

    Raises:
        TargetError: it did not become ready.
    """
    if plan.urls:
        yield await _reached(plan)
    elif plan.servers:
        async with _started_servers(plan, folder, say) as target:
            yield target
    else:
        async with _started_service(plan, say) as target:
            yield target


async def _reached(plan: Plan) -> Target:
    urls = dict(zip(plan.variants, plan.urls, strict=True))
    for url in dict.fromkeys(plan.urls):
        await _reach(url)
    never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    if len(set(plan.urls)) == 1:
        return Target(plan.urls, {}, never, facts={"url": plan.urls[0]})
    return Target(plan.urls, {}, never, facts={"urls": urls, "separate_servers": True})


async def _reach(url: str) -> None:
    """Make sure that somebody listens, which a wrong answer later would only hint at."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError) as error:
        raise TargetError(
            f"nothing answers at {url} ({error or 'no answer in time'}). Start the service, or "
            "correct its url."
        ) from None
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def _started_servers(
    plan: Plan, folder: Path, say: Callable[[str], None]
) -> AsyncIterator[Target]:
    # Whoever starts first may have the better place in memory, so a coin decides; three numbers,
    # so that it is no coin of the schedule.
    order = np.random.default_rng([plan.seed, 0, 1]).permutation(len(plan.servers))
    started: list[Running] = []
    async with AsyncExitStack() as stopping:
        for server in (plan.servers[index] for index in order):
            say(f"starting {server.title}")
            started.append(await stopping.enter_async_context(running(server, folder)))
        died = asyncio.create_task(first_death(started))
        stopping.callback(died.cancel)
        facts: dict[str, Any] = {"start": "command"}
        if len(started) > 1:
            start_order = [one.server.variant for one in started]
            facts |= {"separate_servers": True, "start_order": start_order}
        yield Target(
            base_urls=tuple(
                next(one.base_url for one in started if one.server.variant in {"", name})
                for name in plan.variants
            ),
            headers={},
            died=died,
            pids={one.server.name: one.process.pid for one in started},
            facts=facts,
        )


@asynccontextmanager
async def _started_service(plan: Plan, say: Callable[[str], None]) -> AsyncIterator[Target]:
    async with supervised(stack_options(plan), say) as (ready, died):
        yield _target(plan, ready, died)


def _target(plan: Plan, ready: Mapping[str, Any], died: "asyncio.Future[str]") -> Target:
    return Target(
        base_urls=(ready["base_url"],) * len(plan.variants),
        headers=ready["headers"],
        died=died,
        pids=ready["pids"],
        facts=facts_of(ready),
        environment=ready["environment"],
        callers=ready["callers"],
    )
