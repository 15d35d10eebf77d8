"""A request leaves byte for byte as it is stated, and once; connections are counted."""

import contextlib
import json
import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadtests.probes.http.tests.oddities import Oddity, serving, whole
from loadtests.probes.http.tests.sending import observed

OK = whole(b"ok")
TARGETS = [
    *("/a%20b?q=50%zz", "/%", "/a%2fb%2Fc", "/~x/%7Ex", "/%2e%2e/secret", "/a/../b", "/a//b/./c"),
    *(
        "/a?",
        "/a??",
        "/a?b?c",
        "/a?b=[1]&c='x'",
        "/a?b=|^`",
        "/caf%C3%A9",
        "/a;b=1,c",
        "/a?b=+&c=%2B",
    ),
    *('/a"b', "/<a>", "/a\\b", "/a?x=1&", "/a?&&", "/a:b@c", "/*", "/!$()*,"),
]
HEADERS = [
    *(
        "Accept-encoding: identity",
        "ACCEPT-ENCODING: br",
        "accept-encoding: x",
        "Accept-Encoding: ",
    ),
    *("user-agent: me", "USER-AGENT: me", "aCCept: a/b", "hOST: elsewhere", "X_a.b!: c"),
    *("X-Quote: a \"b\" 'c'", "Cookie: a=1; b=2", 'If-None-Match: "v1"', "x-1: a,b;c=d"),
    *("Connection: Keep-Alive", "Range: bytes=0-1", "Expect: nothing", "TE: trailers"),
]


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_sent_as_stated(tmp_path: Path, target: str) -> None:
    """Nothing is escaped, unescaped, put in order or left out."""
    with serving([Oddity(target[1:], OK)]) as (url, heads):
        observed(
            tmp_path, url, f'[[scenarios]]\nname = "x"\nrequest = {json.dumps("GET " + target)}\n'
        )

    assert f"GET {target} HTTP/1.1".encode() == heads[0].splitlines()[0]


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_is_sent_as_stated(tmp_path: Path, header: str) -> None:
    """However its name is spelled, it is sent so, and once."""
    name, _, value = header.partition(": ")
    asked = f"headers = {{ {name!r} = '''{value}''' }}"
    with serving([Oddity("x", OK)]) as (url, heads):
        (seen,) = observed(tmp_path, url, f'[[scenarios]]\nname = "x"\nrequest = "GET /x"\n{asked}')
    lines = heads[0].decode().splitlines()

    assert "" == seen.error
    assert [header] == [one for one in lines if one.lower().startswith(f"{name.lower()}:")]


def test_what_is_sent_by_itself(tmp_path: Path) -> None:
    """Where nothing else is stated: what Versus decodes, who asks, and nothing more."""
    with serving([Oddity("x", OK)]) as (url, heads):
        observed(tmp_path, url, '[[scenarios]]\nname = "x"\nrequest = "POST /x"\n')

    assert [
        "POST /x HTTP/1.1",
        f"Host: {url[7:]}",
        "User-Agent: versus",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate, br",
        "Content-Length: 0",
    ] == heads[0].decode().split("\r\n")[:-1]


@contextmanager
def server(serve: Callable[[socket.socket, int], None]) -> Iterator[str]:
    """Calls a function with each connection and its number, in threads of their own."""

    def accept() -> None:
        number = 0
        with contextlib.suppress(OSError):
            while True:
                connection = listening.accept()[0]
                threading.Thread(target=run, args=(connection, number), daemon=True).start()
                number += 1

    def run(connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError):
            serve(connection, number)

    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def scenarios(*requests: str) -> str:
    """A scenario for each request."""
    return "".join(
        f'[[scenarios]]\nname = "x{number}"\nrequest = "{request}"\n'
        for number, request in enumerate(requests)
    )


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


def test_an_answer_before_the_whole_body_was_sent_counts(tmp_path: Path) -> None:
    """A service may refuse a large body without reading it; that is its answer."""

    def serve(connection: socket.socket, number: int) -> None:
        connection.recv(1000)
        connection.sendall(whole(b"too large", status="413 Too Large"))
        time.sleep(1)

    (tmp_path / "large.bin").write_bytes(os.urandom(2**24))
    form = 'form = [{ name = "file", file = "large.bin" }]\nstatus = 413\n'
    with server(serve) as url:
        (seen,) = observed(tmp_path, url, scenarios("POST /x") + form)

    assert ("", 413, 9) == (seen.error, seen.status, seen.body_bytes)


def test_a_wait_between_two_pieces_is_seen(tmp_path: Path) -> None:
    """It is how a delayed acknowledgement shows, whatever the service itself takes."""

    def serve(connection: socket.socket, number: int) -> None:
        connection.recv(65536)
        connection.sendall(OK[:-2])
        time.sleep(0.04)
        connection.sendall(OK[-2:])

    with server(serve) as url:
        (seen,) = observed(tmp_path, url, scenarios("GET /x"))

    assert 0.04 <= seen.stall_s <= seen.latency_s
    assert seen.ttfb_s >= 0.04


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
