"""Connections are kept, looked at, counted; and no request is sent twice."""

import os
import resource
import socket
import threading
from pathlib import Path

import pytest

from loadtests.probes.http.tests.oddities import Oddity, serving, whole
from loadtests.probes.http.tests.sending import observed, scenarios, server

OK = whole(b"ok")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"])
def test_no_request_is_sent_twice(tmp_path: Path, method: str) -> None:
    """A connection that is closed without an answer is a wrong answer, on a kept one as well."""
    came: list[bytes] = []

    def serve(connection: socket.socket, number: int) -> None:
        came.append(connection.recv(65536))
        connection.sendall(OK if method != "HEAD" else OK[:-2])
        came.append(connection.recv(65536))

    with server(serve) as url:
        first, second, third = observed(tmp_path, url, scenarios(*[f"{method} /x"] * 3))

    assert 3 == len([*filter(None, came)])
    assert ("", "the connection was closed without an answer", "") == (
        first.error,
        second.error,
        third.error,
    )
    assert [1, 0, 1] == [one.connections_opened for one in (first, second, third)]
    assert [0, 0, 0] == [one.connections_replaced for one in (first, second, third)]


@pytest.mark.parametrize("last_words", [b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
def test_a_connection_closed_while_idle_is_replaced_and_counted(
    tmp_path: Path, last_words: bytes
) -> None:
    """Nothing was sent over it, so the request is not lost, and its latency holds the new one."""
    idle, closed = threading.Event(), threading.Event()

    def between() -> None:
        idle.set()
        closed.wait()

    def serve(connection: socket.socket, number: int) -> None:
        connection.recv(65536)
        connection.sendall(OK)
        if number == 0:
            idle.wait()
            connection.sendall(last_words)
            connection.close()
            closed.set()
        else:
            connection.recv(65536)

    scenario = scenarios("GET /x", "GET /x")
    with server(serve) as url:
        plan = observed(tmp_path, url, scenario, between=between)

    assert ["", ""] == [one.error for one in plan]
    assert [(1, 0), (1, 1)] == [(one.connections_opened, one.connections_replaced) for one in plan]


@pytest.mark.slow
def test_more_than_a_thousand_connections_are_kept(tmp_path: Path) -> None:
    """Descriptors beyond the 1,024th can be looked at like the others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    held = [os.dup(0) for _ in range(1100)]
    try:
        with serving([Oddity("x", OK)]) as (url, _):
            seen = observed(tmp_path, url, scenarios(*["GET /x"] * 5))
    finally:
        for one in held:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert [1, 0, 0, 0, 0] == [one.connections_opened for one in seen]
