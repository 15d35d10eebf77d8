"""A server that a configuration's command starts: until it answers, and while it lives."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loadtests.children import child, exit_of
from loadtests.planning.addresses import Server
from loadtests.planning.disclosure import blanked

HOST = "127.0.0.1"
KNOCK_EVERY_S = 0.05
LAST_LINE_LENGTH_MAX = 300


class TargetError(Exception):
    """The target did not start, or has died; the message says what happened and what to do."""


@dataclass(frozen=True)
class Running:
    """A server that was started.

    Attributes:
        log: where its output goes.
    """

    server: Server
    port: int
    process: asyncio.subprocess.Process
    log: Path

    @property
    def base_url(self) -> str:
        """Where it answers, without a trailing slash."""
        return f"http://{HOST}:{self.port}"

    def death(self) -> str:
        """How it ended, with what it said last."""
        return f"{self.server.title} {exit_of(self.process)}{self._last_line()}; see {self.log}"

    def silence(self, last: str) -> str:
        """That it does not answer, and what that may come from."""
        asked = f"{self.base_url}{self.server.ready or ''}"
        return (
            f"{self.server.title} does not answer at {asked} after {self.server.ready_s:g} s "
            f"({last}){self._last_line()}; see {self.log}. {self.server.advice}"
        )

    def _last_line(self) -> str:
        return said_last(self.log, self.server.hidden)


def said_last(log: Path, hidden: Sequence[str] = (), complaint: str = "") -> str:
    """The end of a process's log, as it may be shown; it may hold anything.

    Args:
        log: of the process.
        hidden: what must not be shown.
        complaint: how a line begins that tells more than whatever came through last.
    """
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8192))
        lines = file.read().decode(errors="replace").splitlines()
    said = [line.strip() for line in reversed(lines) if line.strip()]
    line = next((one for one in said if one.startswith(complaint)), next(iter(said), ""))
    line = blanked(line, hidden)
    line = "".join(character if character.isprintable() else "?" for character in line)
    return f"; it said last: {line[:LAST_LINE_LENGTH_MAX]}" if line else ""


@asynccontextmanager
async def running(server: Server, folder: Path) -> AsyncIterator[Running]:
    """A server that answers, for the length of a `with`; what it starts ends with it.

    Raises:
        TargetError: it did not become ready.
    """
    async with _launched(server, folder) as started:
        await _await_ready(started)
        yield started


@asynccontextmanager
async def _launched(server: Server, folder: Path) -> AsyncIterator[Running]:
    """A server that need not answer yet."""
    port = _free_port()
    environment = {name: _with_port(value, port) for name, value in server.environment.items()}
    log = folder / f"{server.name}.log"
    async with child(
        [_with_port(word, port) for word in server.command],
        {**os.environ, "PORT": str(port), **environment},
        on_parent_death="TERM",
        log=log,
        cwd=server.cwd,
        group=True,
    ) as process:
        yield Running(server, port, process, log)


class Restarted:
    """The servers of several variants, started together and again and again, in an order by lot.

    Attributes:
        died: done when one of them has ended by itself; its value says how.
        starts: the variants in the order in which they were started, pair by pair.
    """

    def __init__(self, servers: Sequence[Server], folder: Path, seed: int) -> None:
        self._servers = servers
        self._folder = folder
        # Three numbers, so that it is no coin of the schedule.
        self._coins = np.random.default_rng([seed, 0, 1])
        self._running = AsyncExitStack()
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.starts: list[tuple[str, ...]] = []

    async def start(self) -> tuple[Running, ...]:
        """End those that run, and start all anew; in the order of the servers given.

        They start side by side, since all wait for the last one. Each takes a free port, so they
        have others than before.

        Raises:
            TargetError: one did not become ready.
        """
        await self.stop()
        order = [self._servers[index] for index in self._coins.permutation(len(self._servers))]
        started = [
            await self._running.enter_async_context(_launched(server, self._folder))
            for server in order
        ]
        await _await_all_ready(started)
        self.starts.append(tuple(server.variant for server in order))
        watching = asyncio.create_task(first_death(started))
        watching.add_done_callback(self.tell)
        self._running.callback(watching.cancel)
        by_variant = {one.server.variant: one for one in started}
        return tuple(by_variant[server.variant] for server in self._servers)

    async def stop(self) -> None:
        """End those that run."""
        stopping, self._running = self._running, AsyncExitStack()
        await stopping.aclose()

    def tell(self, watching: "asyncio.Future[str]") -> None:
        """Take it from somebody who waited for an end that nobody asked for."""
        if not watching.cancelled() and not self.died.done():
            self.died.set_result(watching.result())


async def first_death(servers: Sequence[Running]) -> str:
    """Wait until one of these ends; how it did."""
    waiting = {asyncio.create_task(one.process.wait()): one for one in servers}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return next(one.death() for task, one in waiting.items() if task.done())
    finally:
        for task in waiting:
            task.cancel()


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def _with_port(text: str, port: int) -> str:
    return text.replace("{port}", str(port))


async def _await_all_ready(started: Sequence[Running]) -> None:
    """Wait for all, or for the first that fails."""
    waiting = [asyncio.create_task(_await_ready(one)) for one in started]
    try:
        await asyncio.gather(*waiting)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _await_ready(started: Running) -> None:
    last = ["no answer"]
    knocking = asyncio.create_task(_knock(started.port, started.server.ready, last))
    dying = asyncio.create_task(started.process.wait())
    try:
        await asyncio.wait(
            {knocking, dying},
            timeout=started.server.ready_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if dying.done():
            raise TargetError(started.death())
        if not knocking.done():
            raise TargetError(started.silence(last[0]))
    finally:
        for task in (knocking, dying):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _knock(port: int, path: str | None, last: list[str]) -> None:
    """Ask until somebody is ready; `last[0]` says what the last try found."""
    while True:
        try:
            status = await _ask(port, path)
        except OSError as error:
            last[0] = error.strerror or "no answer"
        else:
            if 0 < status < 500:
                return
            last[0] = f"status {status}" if status else "no HTTP"
        await asyncio.sleep(KNOCK_EVERY_S)


async def _ask(port: int, path: str | None) -> int:
    """The status at a path, 0 for what is no HTTP; without a path 200 for a connection."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        if path is None:
            return 200
        host = f"{HOST}:{port}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        version, _, rest = (await reader.readline()).partition(b" ")
        code = rest[:3]
        return int(code) if version.startswith(b"HTTP/") and code.isdigit() else 0
    except ValueError:  # a line longer than any status line
        return 0
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
