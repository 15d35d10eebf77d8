"""The service under test: one that Versus starts, or one that is already there."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from loadtests.children import child, exit_of, reading
from loadtests.plan import Plan

CONNECT_WITHIN_S = 5.0


class TargetError(Exception):
    """The target did not start, or has died; the message says what happened and what to do."""


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
    """

    base_urls: tuple[str, ...]
    headers: Mapping[str, str]
    died: "asyncio.Future[str]"
    pids: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def open_target(plan: Plan, say: Callable[[str], None]) -> AsyncIterator[Target]:
    """The plan's target, ready to answer; what was started is stopped at the end.

    Raises:
        TargetError: it did not become ready.
    """
    if plan.target.url is not None:
        await _reach(plan.target.url)
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        base_urls = (plan.target.url.rstrip("/"),) * len(plan.variants)
        yield Target(base_urls, {}, never, facts={"url": plan.target.url})
        return
    async with _started_service(plan, say) as target:
        yield target


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
            "correct target.url."
        ) from None
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def _started_service(plan: Plan, say: Callable[[str], None]) -> AsyncIterator[Target]:
    read_fd, write_fd = os.pipe()
    command = [sys.executable, "-m", "service", "--size", plan.profile.size]
    command += ["--link", plan.target.link or "lan"]
    try:
        async with child(
            [*command, "--ready-fd", str(write_fd)],
            os.environ,
            on_parent_death="TERM",
            stderr=asyncio.subprocess.PIPE,
            pass_fds=[write_fd],
        ) as process:
            os.close(write_fd)
            write_fd = -1
            last_words = _LastWords(say)
            assert process.stderr is not None
            listening = asyncio.create_task(last_words.listen(process.stderr))
            async with reading(read_fd) as reader:
                ready = await reader.read()
            if not ready:
                await process.wait()
                await listening
                raise TargetError(last_words.line or f"the service {exit_of(process)}")
            died = asyncio.create_task(_death(process, listening, last_words))
            try:
                yield _target(plan, json.loads(ready), died)
            finally:
                died.cancel()
    finally:
        if write_fd >= 0:
            os.close(write_fd)


class _LastWords:
    """Passes a process's messages on and keeps the last, which tells why it died."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.line = ""

    async def listen(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            text = line.decode(errors="replace").rstrip()
            if text:
                self.line = text
                self._say(text)


async def _death(
    process: asyncio.subprocess.Process, listening: "asyncio.Task[None]", last_words: _LastWords
) -> str:
    await process.wait()
    await listening
    return last_words.line or f"the service {exit_of(process)}"


def _target(plan: Plan, ready: Mapping[str, Any], died: "asyncio.Future[str]") -> Target:
    return Target(
        base_urls=(ready["base_url"],) * len(plan.variants),
        headers=ready["headers"],
        died=died,
        pids=ready["pids"],
        facts={"start": "service", **ready["versions"], **ready["data"], **ready["link"]},
        environment=ready["environment"],
    )
