"""Waiting for a server: which answers end it, what is reported, and why it is in vain."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Thread

import pytest

from loadtests.planning.addresses import Server
from loadtests.targets import readiness
from loadtests.targets.readiness import HOST, Patience, Waiting, listens_elsewhere
from loadtests.targets.servers import RunningServer, Servers, TargetError

LISTEN = """
import os, socket, sys, time
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.create_server((sys.argv[1], int(sys.argv[2])), family=family) as listening:
    print(listening.getsockname()[1], flush=True)
    time.sleep(60)
"""


class Answering(BaseHTTPRequestHandler):
    """Answers with the statuses of the server, one after the other; the last one again."""

    def do_GET(self) -> None:
        """Answer."""
        statuses = self.server.statuses  # type: ignore[attr-defined]
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def answering(*statuses: int) -> Iterator[int]:
    """The port of a server that answers with these."""
    with HTTPServer((HOST, 0), Answering) as server:
        server.statuses = list(statuses)  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def waited(port: int, within_s: float, path: str | None = "/ready") -> tuple[bool, str]:
    """Whether the server became ready, and what the last try found."""

    async def run() -> tuple[bool, str]:
        waiting = Waiting("the service", port, os.getpid(), path, within_s)
        patience = Patience(waiting, lambda _: None)
        try:
            await asyncio.wait_for(patience.wait(), within_s)
        except TimeoutError:
            return False, patience.last
        return True, patience.last

    return asyncio.run(run())


@pytest.mark.parametrize("status", [200, 204, 302, 399])
def test_a_right_answer_ends_the_wait(status: int) -> None:
    """Though others came before it."""
    with answering(503, 404, status) as port:
        assert waited(port, 10)[0]


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_a_wrong_status_is_not_ready(status: int) -> None:
    """Not even 404, which a server gives whose routes are not loaded yet."""
    with answering(status) as port:
        assert (False, f"status {status}, not 200 to 399") == waited(port, 0.3)


def test_without_a_path_a_connection_is_enough() -> None:
    """Whatever it would answer."""
    with answering(500) as port:
        assert waited(port, 10, None)[0]


def test_a_server_that_accepts_and_says_nothing_is_told_apart() -> None:
    """From one that refuses connections."""
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        accepting = waited(port, 0.3)
    refusing = waited(port, 0.3)

    assert (False, "it accepts connections, but has not answered yet") == accepting
    assert (False, "connection refused") == refusing


@contextmanager
def listening(host: str, port: int = 0) -> Iterator[tuple[int, int]]:
    """The process group of a process that listens there, and its port."""
    command = [sys.executable, "-SEc", LISTEN, host, str(port)]
    with Popen(command, stdout=PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        process.kill()


def test_listening_elsewhere_is_said() -> None:
    """At another port, or at an address that is not asked."""
    with listening(HOST) as (group, port):
        assert "" == listens_elsewhere(group, port)
        assert (
            f"it listens at 127.0.0.1:{port} instead of port 1, which {{port}} and PORT hold"
            == listens_elsewhere(group, 1)
        )
        instead = f"127.0.0.1:{port} instead of its {{socket}}"
        assert f"it listens at {instead}" == listens_elsewhere(group, 0)
    with listening("127.0.0.2") as (group, port):
        only = f"it listens at 127.0.0.2:{port} only, so bind it to 127.0.0.1"
        assert only == listens_elsewhere(group, port)
    with listening("0.0.0.0") as (group, port):  # noqa: S104 - what a server may do
        assert "" == listens_elsewhere(group, port)
    assert "" == listens_elsewhere(group, port), "it has ended"


def check_ipv6() -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_a_server_that_listens_on_ipv6_alone_is_used(tmp_path: Path) -> None:
    """As servers do that bind `localhost`; a line says so."""
    check_ipv6()
    listen = LISTEN.replace("int(sys.argv[2])", 'int(os.environ["PORT"])')
    server = Server("", (sys.executable, "-SEc", listen, "::1"), str(tmp_path), {}, (), None, 9.0)

    async def run() -> RunningServer:
        servers = Servers([server], tmp_path, 1)
        try:
            return (await servers.start())[0]
        finally:
            await servers.stop()

    running = asyncio.run(run())

    assert f"http://[::1]:{running.port}" == running.base_url
    assert (
        f"the service listens at [::1]:{running.port} only; requests go there"
        == running.unexpected_address
    )


def test_another_program_at_the_same_port_of_ipv6_is_not_the_server() -> None:
    """It belongs to another process group."""
    check_ipv6()
    with listening("::1") as (group, port):
        assert (False, "connection refused") == waited(port, 0.6, None)
        waiting = Waiting("the service", port, group, None, 5)
        asyncio.run(asyncio.wait_for(Patience(waiting, print).wait(), 5))


def test_a_socket_is_asked_instead_of_the_port(tmp_path: Path) -> None:
    """With the host that the configuration states."""
    path = str(tmp_path / "app.sock")
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async def run() -> None:
        waiting = Waiting("the service", 1, os.getpid(), "/ready", 5, path, "shop.example")
        async with await asyncio.start_unix_server(answer, path):
            await asyncio.wait_for(Patience(waiting, print).wait(), 5)

    asyncio.run(run())

    assert b"Host: shop.example\r\n" in asked[0]


def test_a_long_wait_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is waited for, how long, the last answer, and where else it listens."""
    monkeypatch.setattr(readiness, "SILENT_S", 0.5)
    monkeypatch.setattr(readiness, "REPORT_EVERY_S", 0.2)
    lines: list[str] = []
    command = (sys.executable, "-SEc", LISTEN, HOST, "0")
    server = Server("after", command, str(tmp_path), {}, (), "/up", 2.0)

    async def run() -> None:
        servers = Servers([server], tmp_path, 1, report=lines.append)
        try:
            await servers.start()
        finally:
            await servers.stop()

    with pytest.raises(TargetError, match="instead of port"):
        asyncio.run(run())
    assert len(lines) >= 2
    assert re.fullmatch(
        r"waiting for the service of after, \d of 2 s: connection refused "
        r"\(http://127\.0\.0\.1:\d+/up\); it listens at 127\.0\.0\.1:\d+ instead of port "
        r"\d+, which \{port\} and PORT hold",
        lines[-1],
    )
