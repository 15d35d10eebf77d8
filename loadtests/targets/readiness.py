"""Waits until a server that was started is ready, and says what it waits for and why in vain."""

import asyncio
import math
import os
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil

from loadtests.planning.urls import UNIX
from loadtests.probes.http.connections import Origin

HOST = "127.0.0.1"
IPV6_HOST = "::1"
IPV6_AFTER_S = 0.2
"""So long must a server listen at `IPV6_HOST` alone: some bind one after the other."""
RETRY_S = 0.05
SILENT_S = 2.0
"""So long nothing is said: most servers are ready by then."""
REPORT_EVERY_S = 1.0

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - what a server may listen on
_SHOWN_MAX = 3


@dataclass(frozen=True)
class Waiting:
    """A server that is waited for.

    Attributes:
        title: for people.
        port: that it shall listen on.
        pid: of the process that was started, which leads a process group.
        path: that must answer with a status from 200 to 399; None where it is enough that a
            connection is accepted.
        longest_s: the longest wait.
        socket: the path that it shall listen at instead of the port; empty where it need not.
        own_host: for the Host header; empty: the address.
    """

    title: str
    port: int
    pid: int
    path: str | None
    longest_s: float
    socket: str = ""
    own_host: str = ""

    @property
    def listen_port(self) -> int:
        """The port that it shall listen on; 0 where it has a socket."""
        return 0 if self.socket else self.port

    def base_url(self, host: str = HOST) -> str:
        """An address of it, without a trailing slash."""
        if self.socket:
            return f"{UNIX}{self.socket}"
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def url(self, host: str = HOST) -> str:
        """What is requested."""
        between = " " if self.socket and self.path else ""
        return f"{self.base_url(host)}{between}{self.path or ''}"


class Patience:
    """Asks a server until it is ready.

    Attributes:
        last: what the last try found, in words.
        host: where that was.
    """

    def __init__(self, waiting: Waiting, report: Callable[[str], None]) -> None:
        """Ask nothing yet; `report` takes a line each second, from when it lasts long."""
        self._waiting = waiting
        self._report = report
        self.last = "no answer"
        self.host = HOST
        self._ipv6_since_s = math.inf

    async def wait(self) -> None:
        """Ask until the answer is right; whoever calls this limits the time."""
        began_s = time.monotonic()
        reporting = asyncio.create_task(self._keep_reporting(began_s))
        try:
            # Nobody announces it: so ask.
            while not await self._is_ready():  # noqa: ASYNC110
                await asyncio.sleep(RETRY_S)
        finally:
            reporting.cancel()
            with suppress(asyncio.CancelledError):
                await reporting

    async def _keep_reporting(self, began_s: float) -> None:
        waiting = self._waiting
        await asyncio.sleep(SILENT_S)
        while True:
            waited_s = time.monotonic() - began_s
            elsewhere = await asyncio.to_thread(listens_elsewhere, waiting.pid, waiting.listen_port)
            self._report(
                f"waiting for {waiting.title}, {waited_s:.0f} of {waiting.longest_s:g} s: "
                f"{self.last} ({waiting.url(self.host)}){elsewhere and f'; {elsewhere}'}"
            )
            await asyncio.sleep(REPORT_EVERY_S)

    async def _is_ready(self) -> bool:
        try:
            reader, writer = await self._connect()
        except OSError as error:
            self.last = _why(error)
            return False
        try:
            if self._waiting.path is None:
                return True
            if self.last == "no answer":
                self.last = "it accepts connections, but has not answered yet"
            status = await self._status(reader, writer)
        except OSError as error:
            self.last = _why(error)
            return False
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        self.last = f"status {status}, not 200 to 399" if status else "no HTTP"
        return 200 <= status < 400

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to where it shall listen, or to `IPV6_HOST` if it listens there alone.

        Raises:
            OSError: it listens at neither.
        """
        waiting, self.host = self._waiting, HOST
        try:
            return await open_stream(Origin.of(waiting.base_url()))
        except ConnectionRefusedError as refused:
            if waiting.socket:
                raise
            try:
                streams = await open_stream(Origin.of(waiting.base_url(IPV6_HOST)))
            except OSError:
                self._ipv6_since_s = math.inf
                raise refused from None
            now_s = time.monotonic()
            self._ipv6_since_s = min(self._ipv6_since_s, now_s)
            # Another program may have the same port there.
            if now_s - self._ipv6_since_s < IPV6_AFTER_S or not await asyncio.to_thread(
                _listens_at_ipv6, waiting.pid, waiting.port
            ):
                streams[1].close()
                raise
            self.host = IPV6_HOST
            return streams

    async def _status(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        """The status at the path; 0 for what is no HTTP."""
        waiting = self._waiting
        host = Origin.of(waiting.base_url(self.host), waiting.own_host).field
        head = f"GET {waiting.path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        try:
            version, _, rest = (await reader.readline()).partition(b" ")
        except ValueError:  # A line longer than any status line.
            return 0
        code = rest[:3]
        return int(code) if version.startswith(b"HTTP/") and code.isdigit() else 0


async def open_stream(
    origin: Origin, context: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection; of a name with several addresses, to the first one that accepts it.

    Raises:
        OSError: there is none.
    """
    if origin.path:
        return await asyncio.open_unix_connection(origin.path)
    name = origin.name if context else None
    return await asyncio.open_connection(
        origin.host, origin.port, ssl=context, server_hostname=name
    )


def unreported(_line: str) -> None:
    """For whoever waits without a person who watches."""


def _why(error: OSError) -> str:
    """In words of the system, without the address, which asyncio repeats."""
    return os.strerror(error.errno).lower() if error.errno else "no answer"


def listens_elsewhere(group: int, port: int) -> str:
    """Where else a process group listens, if nothing of it does at a port of this machine.

    Port 0 stands for a socket, at which nothing listens.
    """
    found = sorted(set(_listening(group)))
    usable = {HOST, IPV6_HOST, *_EVERYWHERE}
    if not found or any(at == port and host in usable for host, at in found):
        return ""
    shown = ", ".join(f"[{host}]:{at}" if ":" in host else f"{host}:{at}" for host, at in found)
    if any(at == port for _, at in found):
        return f"it listens at {shown} only, so bind it to {HOST}"
    several = len(found) > _SHOWN_MAX
    shown = ", ".join(shown.split(", ")[:_SHOWN_MAX]) + (" and more" if several else "")
    instead = f"port {port}, which {{port}} and PORT hold" if port else "its {socket}"
    return f"it listens at {shown} instead of {instead}"


def _listens_at_ipv6(group: int, port: int) -> bool:
    return any(at == port and host in {IPV6_HOST, "::"} for host, at in _listening(group))


def _listening(group: int) -> Iterator[tuple[str, int]]:
    """Addresses at which the processes of a group listen; other people's are not visible."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == group:
                for one in process.net_connections(kind="tcp"):
                    if one.status == psutil.CONN_LISTEN:
                        yield one.laddr.ip, one.laddr.port
