"""Servers that a configuration's commands start: until they answer, and while they live."""

import asyncio
import os
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from loadtests.children import child, explain_exit, log_line, stop_marked
from loadtests.planning.addresses import SOCKET_GAP, Server
from loadtests.planning.urls import SOCKET_BYTES_MAX
from loadtests.targets.readiness import (
    HOST,
    Patience,
    Waiting,
    listens_elsewhere,
    unreported,
)

MARK = "VERSUS_SERVER"
"""The variable by which the processes of one start are known."""

_AT_SOCKET = (
    "It must listen at the unix socket that {socket} stands for; if it needs longer, raise "
    "target.ready_s."
)
_HASH_SEED_MAX = 2**32 - 1


class TargetError(Exception):
    """The target did not start, or has died; the message says what happened and what to do."""


@dataclass(frozen=True)
class RunningServer:
    """A server that was started.

    Attributes:
        log: takes its output.
        log_start: bytes of the log that are of earlier starts.
        socket: where it listens instead of the port; empty where it does not.
        host: where it listens, of this machine.
    """

    server: Server
    port: int
    process: asyncio.subprocess.Process
    log: Path
    log_start: int = 0
    socket: str = ""
    host: str = HOST

    @property
    def base_url(self) -> str:
        """Its address, without a trailing slash."""
        return self.waiting.base_url(self.host)

    @property
    def unexpected_address(self) -> str:
        """A line that says where requests go, if that is not where it was to listen."""
        if self.host == HOST:
            return ""
        return f"{self.server.title} listens at [{self.host}]:{self.port} only; requests go there"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it was started with, beside our own; they hold secrets."""
        return _environment(self.server, self.port, self.socket)

    def explain_exit(self) -> str:
        """How it ended, with the line of its log that says why."""
        return f"{self.server.title} {self._ended()}"

    def _ended(self) -> str:
        return explain_exit(self.process, self.log, self.server.hidden, self.log_start)

    @property
    def waiting(self) -> Waiting:
        """What is waited for until it is ready."""
        server = self.server
        return Waiting(
            server.title,
            self.port,
            self.process.pid,
            server.ready,
            server.ready_s,
            self.socket,
            server.host,
        )

    def explain_silence(self, patience: Patience) -> str:
        """That it does not answer, and what to do."""
        last = patience.last
        elsewhere = listens_elsewhere(self.process.pid, self.waiting.listen_port)
        advice = (
            f"Correct target.ready ({self.server.ready}), or raise target.ready_s."
            if last.startswith("status")
            else (self.socket and _AT_SOCKET) or self.server.advice
        )
        return (
            f"{self.server.title} is not ready at {self.waiting.url(patience.host)} after "
            f"{self.server.ready_s:g} s ({last}){elsewhere and f'; {elsewhere}'}"
            f"{log_line(self.log, self.server.hidden, self.log_start)}; see {self.log}. {advice}"
        )


class Servers:
    """The servers of all variants: started together, in random order, once or repeatedly.

    Attributes:
        died: done when one of them has ended unexpectedly; its value says how.
        starts: the variants in the order in which they were started, one entry per start.
        hash_seeds: the PYTHONHASHSEED that several servers shared, one entry per start. Python
            orders sets by it, so answers and speed depend on it; what both share cancels.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        folder: Path,
        seed: int,
        *,
        one_by_one: bool = False,
        report: Callable[[str], None] = unreported,
    ) -> None:
        """Start nothing yet.

        Args:
            servers: one, or one for each variant.
            folder: takes their logs.
            seed: of the order of starts.
            one_by_one: wait for each server to answer before the next one is started. Servers may
                share a database that each of them prepares at its start.
            report: takes a line each second while a server is waited for.
        """
        self._servers = servers
        self._folder = folder
        # Three numbers, so that the schedule's generators, which have two, are independent of it.
        self._random = np.random.default_rng([seed, 0, 1])
        self._one_by_one = one_by_one
        self._report = report
        self._running: list[AsyncExitStack] = []
        self._watching: asyncio.Task[str] | None = None
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.starts: list[tuple[str, ...]] = []
        self.hash_seeds: list[int] = []

    async def start(self) -> tuple[RunningServer, ...]:
        """Stop those that run, and start all again, each at a free port.

        Returns: in the order of the servers given.

        Raises:
            TargetError: one did not become ready.
        """
        await self.stop()
        order = [self._servers[index] for index in self._random.permutation(len(self._servers))]
        shared = {}
        # A server alone draws its own, as it does where a person starts it. Several get a new one
        # at each start, so that no verdict rests on one of them.
        if len(order) > 1:
            self.hash_seeds.append(int(self._random.integers(1, _HASH_SEED_MAX, endpoint=True)))
            shared = {"PYTHONHASHSEED": str(self.hash_seeds[-1])}
        started = []
        for server in order:
            self._running.append(AsyncExitStack())
            launched = _launched(server, self._folder, shared)
            started.append(await self._running[-1].enter_async_context(launched))
            if self._one_by_one:
                started[-1] = await _await_ready(started[-1], self._report)
        if not self._one_by_one:
            started = await _await_all_ready(started, self._report)
        self.starts.append(tuple(server.variant for server in order))
        self._watching = asyncio.create_task(_first_exit(started))
        self._watching.add_done_callback(self.report_death)
        by_variant = {running.server.variant: running for running in started}
        return tuple(by_variant[server.variant] for server in self._servers)

    async def stop(self) -> None:
        """Stop those that run, all at once."""
        stopping, self._running = self._running, []
        if self._watching:
            self._watching.cancel()
            self._watching = None
        await asyncio.gather(*(running.aclose() for running in stopping))

    def report_death(self, watching: "asyncio.Future[str]") -> None:
        """Set `died` from a task that has waited for an unexpected end."""
        if not watching.cancelled() and not self.died.done():
            self.died.set_result(watching.result())


@asynccontextmanager
async def _launched(
    server: Server, folder: Path, shared: Mapping[str, str]
) -> AsyncIterator[RunningServer]:
    """A started server, which may not answer yet.

    Args:
        server: to start.
        folder: takes its log.
        shared: variables that a person's own replace.

    Raises:
        TargetError: a program that a build was to make is missing.
    """
    _check_program(server)
    log = folder / f"{server.name}.log"
    log_start = log.stat().st_size if log.exists() else 0
    # A program that it starts in a session of its own must not live on.
    mark = secrets.token_hex(8)
    with _socket_of(server) as path:
        port = _free_port()
        gaps = {"{port}": str(port), SOCKET_GAP: path}
        try:
            async with child(
                [_filled(word, gaps) for word in server.command],
                {
                    **shared,
                    **os.environ,
                    **_environment(server, port, path),
                    MARK: mark,
                },
                on_parent_death="TERM",
                log=log,
                cwd=server.cwd,
                group=True,
            ) as process:
                yield RunningServer(server, port, process, log, log_start, path)
        finally:
            await asyncio.shield(stop_marked(MARK, mark))


@contextmanager
def _socket_of(server: Server) -> Iterator[str]:
    """The path of a fresh socket in a folder that only we can enter; empty without one.

    Raises:
        TargetError: the path would be too long.
    """
    if not server.has_socket:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="versus-", ignore_cleanup_errors=True) as folder:
        path = str(Path(folder, "app.sock"))
        if (length := len(os.fsencode(path))) > SOCKET_BYTES_MAX:
            raise TargetError(
                f"{server.title} cannot be started: the path that stands for {{socket}} has "
                f"{length} bytes, of at most {SOCKET_BYTES_MAX}. Set TMPDIR to a shorter folder, "
                "such as /tmp."
            )
        yield path


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


def _environment(server: Server, port: int, path: str) -> dict[str, str]:
    gaps = {"{port}": str(port), SOCKET_GAP: path}
    stated = {name: _filled(value, gaps) for name, value in server.environment.items()}
    return {"PORT": str(port), **stated}


def _filled(text: str, gaps: Mapping[str, str]) -> str:
    for gap, value in gaps.items():
        text = text.replace(gap, value)
    return text


async def _first_exit(servers: Sequence[RunningServer]) -> str:
    """Wait until a server ends; how it ended."""
    waiting = {asyncio.create_task(running.process.wait()): running for running in servers}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return next(running.explain_exit() for task, running in waiting.items() if task.done())
    finally:
        for task in waiting:
            task.cancel()


async def _await_all_ready(
    started: Sequence[RunningServer], report: Callable[[str], None]
) -> list[RunningServer]:
    """Wait for all, or for the first that fails."""
    waiting = [asyncio.create_task(_await_ready(running, report)) for running in started]
    try:
        return await asyncio.gather(*waiting)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _await_ready(running: RunningServer, report: Callable[[str], None]) -> RunningServer:
    """Wait; the server with where it listens."""
    patience = Patience(running.waiting, report)
    answering = asyncio.create_task(patience.wait())
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
            raise TargetError(await asyncio.to_thread(running.explain_silence, patience))
        await answering
        return replace(running, host=patience.host)
    finally:
        for task in (answering, exiting):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
