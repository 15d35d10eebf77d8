"""Servers that a configuration's commands start: until they answer, and while they live."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loadtests.children import child, explain_exit, last_line
from loadtests.planning.addresses import Server

HOST = "127.0.0.1"
RETRY_S = 0.05


class TargetError(Exception):
    """The target did not start, or has died; the message says what happened and what to do."""


@dataclass(frozen=True)
class RunningServer:
    """A server that was started.

    Attributes:
        log: takes its output.
    """

    server: Server
    port: int
    process: asyncio.subprocess.Process
    log: Path

    @property
    def base_url(self) -> str:
        """Its address, without a trailing slash."""
        return f"http://{HOST}:{self.port}"

    def explain_exit(self) -> str:
        """How it ended, with the last line of its log."""
        return f"{self.server.title} {explain_exit(self.process, self.log, self.server.hidden)}"

    def explain_silence(self, last: str) -> str:
        """That it does not answer, and what to do; `last` says what the last try found."""
        url = f"{self.base_url}{self.server.ready or ''}"
        return (
            f"{self.server.title} does not answer at {url} after {self.server.ready_s:g} s "
            f"({last}){last_line(self.log, self.server.hidden)}; see {self.log}. "
            f"{self.server.advice}"
        )


class Servers:
    """The servers of all variants: started together, in random order, once or repeatedly.

    Attributes:
        died: done when one of them has ended unexpectedly; its value says how.
        starts: the variants in the order in which they were started, one entry per start.
    """

    def __init__(
        self, servers: Sequence[Server], folder: Path, seed: int, *, one_by_one: bool = False
    ) -> None:
        """Start nothing yet.

        Args:
            servers: one, or one for each variant.
            folder: takes their logs.
            seed: of the order of starts.
            one_by_one: wait for each server to answer before the next one is started. Servers may
                share a database that each of them prepares at its start.
        """
        self._servers = servers
        self._folder = folder
        # Three numbers, so that the schedule's generators, which have two, are independent of it.
        self._random = np.random.default_rng([seed, 0, 1])
        self._one_by_one = one_by_one
        self._running = AsyncExitStack()
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.starts: list[tuple[str, ...]] = []

    async def start(self) -> tuple[RunningServer, ...]:
        """Stop those that run, and start all again, each at a free port.

        Returns: in the order of the servers given.

        Raises:
            TargetError: one did not become ready.
        """
        await self.stop()
        order = [self._servers[index] for index in self._random.permutation(len(self._servers))]
        started = []
        for server in order:
            launched = _launched(server, self._folder)
            started.append(await self._running.enter_async_context(launched))
            if self._one_by_one:
                await _await_ready(started[-1])
        if not self._one_by_one:
            await _await_all_ready(started)
        self.starts.append(tuple(server.variant for server in order))
        watching = asyncio.create_task(_first_exit(started))
        watching.add_done_callback(self.report_death)
        self._running.callback(watching.cancel)
        by_variant = {running.server.variant: running for running in started}
        return tuple(by_variant[server.variant] for server in self._servers)

    async def stop(self) -> None:
        """Stop those that run."""
        stopping, self._running = self._running, AsyncExitStack()
        await stopping.aclose()

    def report_death(self, watching: "asyncio.Future[str]") -> None:
        """Set `died` from a task that has waited for an unexpected end."""
        if not watching.cancelled() and not self.died.done():
            self.died.set_result(watching.result())


@asynccontextmanager
async def _launched(server: Server, folder: Path) -> AsyncIterator[RunningServer]:
    """A started server, which may not answer yet.

    Raises:
        TargetError: a program that a build was to make is missing.
    """
    _check_program(server)
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
        yield RunningServer(server, port, process, log)


def _check_program(server: Server) -> None:
    program = server.command[0]
    if "/" in program and not Path(server.cwd, program).is_file():
        raise TargetError(
            f"{server.title} cannot be started: {program} is missing in {server.cwd}. Correct its "
            "command, or `build` in [revisions], which must make it."
        )


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def _with_port(text: str, port: int) -> str:
    return text.replace("{port}", str(port))


async def _first_exit(servers: Sequence[RunningServer]) -> str:
    """Wait until a server ends; how it ended."""
    waiting = {asyncio.create_task(running.process.wait()): running for running in servers}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return next(running.explain_exit() for task, running in waiting.items() if task.done())
    finally:
        for task in waiting:
            task.cancel()


async def _await_all_ready(started: Sequence[RunningServer]) -> None:
    """Wait for all, or for the first that fails."""
    waiting = [asyncio.create_task(_await_ready(running)) for running in started]
    try:
        await asyncio.gather(*waiting)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _await_ready(running: RunningServer) -> None:
    last = ["no answer"]
    answering = asyncio.create_task(_await_answer(running.port, running.server.ready, last))
    exiting = asyncio.create_task(running.process.wait())
    try:
        await asyncio.wait(
            {answering, exiting},
            timeout=running.server.ready_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if exiting.done():
            raise TargetError(running.explain_exit())
        if not answering.done():
            raise TargetError(running.explain_silence(last[0]))
    finally:
        for task in (answering, exiting):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _await_answer(port: int, path: str | None, last: list[str]) -> None:
    """Send requests until one is answered; `last[0]` says what the last try found."""
    while True:
        try:
            status = await _request_status(port, path)
        except OSError as error:
            last[0] = error.strerror or "no answer"
        else:
            if 0 < status < 500:
                return
            last[0] = f"status {status}" if status else "no HTTP"
        await asyncio.sleep(RETRY_S)


async def _request_status(port: int, path: str | None) -> int:
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
    except ValueError:  # A line longer than any status line.
        return 0
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
