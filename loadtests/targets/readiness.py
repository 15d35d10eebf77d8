"""Waits until a server that was started is ready, and says what it waits for and why in vain."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil

HOST = "127.0.0.1"
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
    """

    title: str
    port: int
    pid: int
    path: str | None
    longest_s: float

    @property
    def url(self) -> str:
        """What is asked."""
        return f"http://{HOST}:{self.port}{self.path or ''}"


class Patience:
    """Asks a server until it is ready.

    Attributes:
        last: what the last try found, in words.
    """

    def __init__(self, waiting: Waiting, report: Callable[[str], None]) -> None:
        """Ask nothing yet; `report` takes a line each second, from when it lasts long."""
        self._waiting = waiting
        self._report = report
        self.last = "no answer"

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
            elsewhere = await asyncio.to_thread(listens_elsewhere, waiting.pid, waiting.port)
            self._report(
                f"waiting for {waiting.title}, {waited_s:.0f} of {waiting.longest_s:g} s: "
                f"{self.last} ({waiting.url}){elsewhere and f'; {elsewhere}'}"
            )
            await asyncio.sleep(REPORT_EVERY_S)

    async def _is_ready(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(HOST, self._waiting.port)
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

    async def _status(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        """The status at the path; 0 for what is no HTTP."""
        waiting = self._waiting
        host = f"{HOST}:{waiting.port}"
        head = f"GET {waiting.path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        try:
            version, _, rest = (await reader.readline()).partition(b" ")
        except ValueError:  # A line longer than any status line.
            return 0
        code = rest[:3]
        return int(code) if version.startswith(b"HTTP/") and code.isdigit() else 0


def unreported(_line: str) -> None:
    """For whoever waits without a person who watches."""


def _why(error: OSError) -> str:
    """In words of the system, without the address, which asyncio repeats."""
    return os.strerror(error.errno).lower() if error.errno else "no answer"


def listens_elsewhere(group: int, port: int) -> str:
    """Where else a process group listens, if nothing of it does at `HOST` and the port."""
    found = sorted(set(_listening(group)))
    if not found or any(at == port and host in {HOST, *_EVERYWHERE} for host, at in found):
        return ""
    shown = ", ".join(f"[{host}]:{at}" if ":" in host else f"{host}:{at}" for host, at in found)
    if any(at == port for _, at in found):
        return f"it listens at {shown} only, so bind it to {HOST}"
    several = len(found) > _SHOWN_MAX
    shown = ", ".join(shown.split(", ")[:_SHOWN_MAX]) + (" and more" if several else "")
    return f"it listens at {shown} instead of port {port}"


def _listening(group: int) -> Iterator[tuple[str, int]]:
    """Addresses at which the processes of a group listen; other people's are not visible."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == group:
                for one in process.net_connections(kind="tcp"):
                    if one.status == psutil.CONN_LISTEN:
                        yield one.laddr.ip, one.laddr.port
