"""Limits of heads, times and connections, seen from raw sockets and without a token."""

import json
import resource
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from service import protocol
from service.app import create_app
from service.limits import HEAD_BYTES_MAX, PIPELINED_MAX, URL_BYTES_MAX
from service.protocol import LimitedProtocol, _Part
from service.settings import Settings
from service.tests.support import serve

ALIVE = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


def address_of(url: str) -> tuple[str, int]:
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """A connection that sends and receives bytes as they are."""
    with socket.create_connection(address_of(url), timeout=10) as client:
        yield client


def received(client: socket.socket) -> bytes:
    """All that arrives before the end of the connection."""
    parts = []
    while part := client.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def answer(client: socket.socket) -> tuple[int, dict[str, str], Any]:
    """Status, headers and document of the only answer on a connection that is then closed."""
    head, _, body = received(client).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return int(first.split()[1]), headers, json.loads(body)


def assert_refused(client: socket.socket, status: int) -> dict[str, str]:
    """Check that an answer is a problem document on a connection that ends; gives its headers."""
    found, headers, problem = answer(client)
    assert status == found
    assert status == problem["status"]
    assert "application/problem+json" == headers["content-type"]
    assert headers["x-request-id"] == problem["request_id"]
    assert "close" == headers["connection"]
    return headers


def get(*lines: bytes, path: bytes = b"/healthz") -> bytes:
    return b"\r\n".join([b"GET " + path + b" HTTP/1.1", b"Host: a", *lines, b"", b""])


@pytest.fixture
def hasty_url(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that waits for a head and a body for parts of a second only."""
    monkeypatch.setattr(protocol, "_WITHIN_S", {_Part.HEAD: 0.3, _Part.BODY: 0.3})
    with serve(create_app(settings)) as url:
        yield url


LARGE = {
    "one line": get(b"A: " + b"b" * HEAD_BYTES_MAX),
    "many lines": get(*[b"A: b"] * (HEAD_BYTES_MAX // 4)),
    "a line without end": get(b"A: " + b"b" * 4 * HEAD_BYTES_MAX)[:-4],
    "a name without end": get(b"b" * 4 * HEAD_BYTES_MAX)[:-4],
}


@pytest.mark.parametrize("message", LARGE.values(), ids=LARGE.keys())
@pytest.mark.parametrize("piece_bytes", [1_000_000, 10_000])
def test_a_large_head_is_refused(base_url: str, message: bytes, piece_bytes: int) -> None:
    """More than 32 KiB are a 431, in one piece or in several, complete or not."""
    with connected(base_url) as client:
        for start in range(0, len(message), piece_bytes):
            client.sendall(message[start : start + piece_bytes])
            time.sleep(0.01)
        assert_refused(client, 431)


def test_a_head_at_the_limit_is_answered(base_url: str) -> None:
    """The largest head is served, also after another request in the same piece."""
    close = b"Connection: close"
    largest = get(b"A: " + b"b" * (HEAD_BYTES_MAX - len(get(b"A: ", close))), close)

    with connected(base_url) as client:
        client.sendall(ALIVE * 5 + largest)
        assert 6 == received(client).count(b"HTTP/1.1 200 OK")


def test_a_body_does_not_count_for_the_next_head(base_url: str) -> None:
    """A head that begins in one piece with the end of a body has its own limit."""
    body = b"POST /session HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b" " * 100_000
    last = get(b"Connection: close")

    with connected(base_url) as client:
        client.sendall(body + last[:20])
        time.sleep(0.05)
        client.sendall(last[20:])
        found = received(client)
    assert (1, 1) == (found.count(b"HTTP/1.1 401"), found.count(b"HTTP/1.1 200 OK"))


@pytest.mark.parametrize("rest", [b" HTTP/1.1\r\nHost: a\r\n\r\n", b""])
def test_a_long_address_is_refused(base_url: str, rest: bytes) -> None:
    """More than 8 KiB are a 414, whether the head is complete or not."""
    with connected(base_url) as client:
        client.sendall(b"GET /healthz?" + b"a" * (URL_BYTES_MAX - 9) + b" HTTP/1.1\r\n\r\n")
        assert b"HTTP/1.1 200 OK" in client.recv(65_536)
        client.sendall(b"GET /healthz?" + b"a" * URL_BYTES_MAX + rest)
        assert_refused(client, 414)


NO_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://a:99999/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
]


@pytest.mark.parametrize("sent", NO_HTTP)
@pytest.mark.parametrize("before", [b"", ALIVE])
def test_what_is_no_http_is_refused(base_url: str, sent: bytes, before: bytes) -> None:
    """It is a 400 with a problem document, like every other error, on a used connection too."""
    with connected(base_url) as client:
        client.sendall(before)
        assert not before or client.recv(65_536)
        client.sendall(sent)
        assert_refused(client, 400)


CHUNKED = get(b"Transfer-Encoding: chunked", path=b"/session").replace(b"GET", b"POST")


def test_a_refused_head_request_has_no_body(base_url: str) -> None:
    """Else a client would take it for the next answer."""
    with connected(base_url) as client:
        client.sendall(b"HEAD /healthz?" + b"a" * URL_BYTES_MAX + b" HTTP/1.1\r\n\r\n")
        head, _, body = received(client).partition(b"\r\n\r\n")
    assert (b"414", b"") == (head.split()[1], body)


PIECES = 20


def drip(client: socket.socket, piece: bytes) -> int:
    """Send a piece again and again; how often it could be sent."""
    for sent in range(PIECES):
        try:
            client.sendall(piece)
        except ConnectionError:
            return sent
        time.sleep(0.01)
    return PIECES


@pytest.mark.parametrize("line", [b"A: b\r\n" * 1000, b"b" * 6000])
@pytest.mark.parametrize("before", [b"0\r\n", b"0\r\nA: ", b"1\r\n \r\n1;"])
def test_what_is_no_body_is_bounded(base_url: str, token: str, before: bytes, line: bytes) -> None:
    """A trailer or an extension without end is a 431, or ends the connection once answered."""
    authorized = CHUNKED.replace(b"Host", b"Authorization: Bearer " + token.encode() + b"\r\nHost")
    with connected(base_url) as client:
        client.sendall(authorized.replace(b"/session", b"/v1/workflows") + before)
        drip(client, line)
        assert_refused(client, 400 if before.endswith(b";") and b"\r" in line else 431)
    with connected(base_url) as client:
        client.sendall(CHUNKED + before)
        assert client.recv(65_536).startswith(b"HTTP/1.1 401")
        assert drip(client, line) < PIECES


def test_a_trailer_is_no_part_of_the_head(base_url: str, token: str) -> None:
    """Who sends a token after the body has sent none."""
    trailer = b"0\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n"

    with connected(base_url) as client:
        client.sendall(CHUNKED + trailer + get(b"Connection: close"))
        found = received(client)
    assert (1, 1) == (found.count(b"HTTP/1.1 401"), found.count(b"HTTP/1.1 200 OK"))


def test_a_head_that_does_not_arrive_is_refused(hasty_url: str) -> None:
    """It is a 408, however steadily its bytes drip."""
    with connected(hasty_url) as client:
        started_s = time.monotonic()
        for byte in ALIVE:
            if select.select([client], [], [], 0.02)[0]:
                break
            client.sendall(bytes([byte]))
        assert_refused(client, 408)
        assert 0.3 <= time.monotonic() - started_s < 2


def test_a_body_that_does_not_arrive_is_refused(hasty_url: str, token: str) -> None:
    """It is a 408, and the application stops waiting for it."""
    lines = [b"Authorization: Bearer " + token.encode(), b"Content-Length: 9"]
    lines += [b"Content-Type: application/json"]
    head = get(*lines, path=b"/v1/workflows").replace(b"GET", b"POST")

    with connected(hasty_url) as client:
        client.sendall(head + b"{")
        assert_refused(client, 408)


def test_a_body_that_nobody_reads_ends_the_connection(hasty_url: str) -> None:
    """Who is answered before the body is complete cannot keep the connection by never ending it."""
    head = b"POST /v1/workflows HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"

    with connected(hasty_url) as client:
        client.sendall(head)
        found = received(client)
    assert found.startswith(b"HTTP/1.1 401")
    assert 1 == found.count(b"HTTP/1.1")


@pytest.mark.parametrize("before", [b"", ALIVE])
@pytest.mark.parametrize("sent", [b"", b"\r\n"])
def test_a_connection_without_a_request_is_closed(
    hasty_url: str, before: bytes, sent: bytes
) -> None:
    """Nothing, or empty lines, do not keep a connection open; only a used one may pause."""
    with connected(hasty_url) as client:
        client.sendall(before)
        assert not before or client.recv(65_536)
        client.sendall(sent)
        client.settimeout(1)
        if before and not sent:
            with pytest.raises(TimeoutError):
                client.recv(1)
        else:
            assert b"" == client.recv(1)


def test_a_late_head_is_counted_from_its_first_byte(hasty_url: str) -> None:
    """A pause before a request is no part of its time."""
    with connected(hasty_url) as client:
        for _ in range(2):
            client.sendall(ALIVE)
            assert b"HTTP/1.1 200 OK" in client.recv(65_536)
            time.sleep(0.5)


def test_requests_sent_ahead_are_bounded(base_url: str) -> None:
    """A few are answered; of a thousand the same few are, and the connection ends."""
    few = [ALIVE] * PIPELINED_MAX + [get(b"Connection: close")]
    with connected(base_url) as client:
        client.sendall(b"".join(few))
        assert len(few) == received(client).count(b"HTTP/1.1 200 OK")
    with connected(base_url) as client:
        client.sendall(ALIVE * 1000)
        assert len(few) == received(client).count(b"HTTP/1.1 200 OK")


def test_connections_are_bounded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is a 503 with Retry-After; when another is closed, there is room again."""
    monkeypatch.setattr(protocol, "_connections_max", lambda: 2)
    with serve(create_app(settings)) as url:
        with connected(url) as first, connected(url) as second:
            for client in (first, second):
                client.sendall(ALIVE)
                assert b"HTTP/1.1 200 OK" in client.recv(65_536)
            with connected(url) as third:
                third.sendall(ALIVE)
                assert "1" == assert_refused(third, 503)["retry-after"]
        with connected(url) as later:
            later.sendall(get(b"Connection: close"))
            assert received(later).startswith(b"HTTP/1.1 200 OK")


def test_half_of_the_descriptors_are_for_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with few descriptors keeps some for the database and the store."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4096))
    assert 128 == protocol._connections_max()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (65_536, 65_536))
    assert 2000 == protocol._connections_max()


@pytest.mark.parametrize(
    ("limits", "raised"),
    [((256, 4096), (4000, 4096)), ((256, 1024), (1024, 1024)), ((5000, 9000), None)],
)
def test_more_descriptors_are_taken_where_they_are_allowed(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], raised: tuple[int, int] | None
) -> None:
    """Twice the connections, or as many as the process may have."""
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, values: found.append(values))
    protocol.raise_files_max()

    assert [raised] * (raised is not None) == found


def test_a_client_that_does_not_read_is_disconnected(
    base_url: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that cannot be sent does not wait for ever."""
    monkeypatch.setattr(protocol, "READ_WITHIN_S", 0.3)
    lost: list[LimitedProtocol] = []
    forget = LimitedProtocol.connection_lost

    def connection_lost(self: LimitedProtocol, error: Exception | None) -> None:
        lost.append(self)
        forget(self, error)

    monkeypatch.setattr(LimitedProtocol, "connection_lost", connection_lost)
    path = b"/v1/workflows?limit=100"
    request = get(b"Authorization: Bearer " + token.encode(), path=path)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(10)
        slow.connect(address_of(base_url))
        deadline_s = time.monotonic() + 20
        # Each answer is tens of kilobytes; the kernel's buffers hold some megabytes.
        while not lost:
            assert time.monotonic() < deadline_s, "the connection stays open"
            try:
                slow.sendall(request * 10)
            except ConnectionError:
                break
            time.sleep(0.01)
