"""Connections are kept, looked at, counted; and no request is sent twice."""

import os
import re
import resource
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from loadtests.probes.http.connections import Connections, Origin
from loadtests.probes.http.tests.certificates import make_certificate, serving_tls
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


@pytest.mark.parametrize(
    ("address", "more", "host"),
    [
        ("socket", "", r"localhost"),
        ("socket", 'host = "shop.example"\n', r"shop\.example"),
        (("::1", 0), "", r"\[::1\]:\d+"),
        (("127.0.0.1", 0), 'host = "shop.example:8443"\n', r"shop\.example:8443"),
        (("127.0.0.1", 0), 'headers = { Host = "own.example" }\n', r"own\.example"),
    ],
)
def test_every_kind_of_address_is_reached(
    tmp_path: Path, address: tuple[str, int] | str, more: str, host: str
) -> None:
    """With the Host header of the address, or the one that is stated; connections are kept."""
    came: list[bytes] = []

    def serve(connection: socket.socket, number: int) -> None:
        while asked := connection.recv(65536):
            came.append(asked)
            connection.sendall(OK)

    if isinstance(address, str):
        address = str(tmp_path / address)
    try:
        with server(serve, address) as url:
            seen = observed(tmp_path, url, scenarios("GET /x", "GET /y?z"), more=more)
    except OSError as error:
        pytest.skip(f"no server can listen there: {error}")

    assert [("", 200, 1), ("", 200, 0)] == [
        (one.error, one.status, one.connections_opened) for one in seen
    ]
    assert [b"GET /x", b"GET /y?z"] == [asked.split(b" HTTP")[0] for asked in came]
    assert all(re.search(rf"\r\nHost: {host}\r\n".encode(), asked) for asked in came)


def test_a_full_queue_of_a_socket_is_waited_for(tmp_path: Path) -> None:
    """As over TCP, where the system waits; at most until the deadline."""
    path = str(tmp_path / "app.sock")
    origin, connections = Origin.of(f"unix:{path}"), Connections()
    with socket.socket(socket.AF_UNIX) as listening, ExitStack() as held:
        listening.bind(path)
        listening.listen(0)
        with suppress(BlockingIOError):
            while True:
                waiting = held.enter_context(socket.socket(socket.AF_UNIX))
                waiting.setblocking(False)
                waiting.connect(path)
        with pytest.raises(TimeoutError):
            connections.take(origin, time.perf_counter() + 0.1)
        accepting = threading.Timer(0.1, lambda: held.enter_context(listening.accept()[0]))
        accepting.start()
        held.enter_context(connections.take(origin, time.perf_counter() + 10).socket)
        accepting.join()


def test_a_host_of_its_own_is_the_name_that_must_be_proven(tmp_path: Path) -> None:
    """By the certificate; it is also what TLS asks for. Its port is the header's alone."""
    shop = make_certificate(tmp_path, "shop", host="shop.example")
    make_certificate(tmp_path, "address", host="127.0.0.1")
    names: list[str] = []
    with serving_tls(shop, names=names) as port:
        url = f"https://127.0.0.1:{port}"
        trusting = 'ca = "shop.crt"\n'
        (right,) = observed(
            tmp_path, url, scenarios("GET /x"), more=f'{trusting}host = "shop.example:8443"\n'
        )
        (wrong,) = observed(tmp_path, url, scenarios("GET /x"), more=trusting)
    with serving_tls(tmp_path / "address.pem") as port:
        url = f"https://127.0.0.1:{port}"
        (address,) = observed(tmp_path, url, scenarios("GET /x"), more='ca = "address.crt"\n')

    assert ("", 200) == (right.error, right.status)
    assert ["shop.example"] == [name for name in names if name]
    assert wrong.error.startswith("its certificate is for another host")
    assert ("", 200) == (address.error, address.status)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate for localhost, signed by itself."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    path = tmp_path / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(path), "-out", str(tmp_path / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (tmp_path / "certificate.pem").read_text())
    return path


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_proves_the_name_and_keeps_its_connections(
    tmp_path: Path, certificate: Path, version: ssl.TLSVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Session tickets, which come unasked, neither end a connection nor a large body."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.minimum_version = context.maximum_version = version

    def serve(connection: socket.socket, number: int) -> None:
        with context.wrap_socket(connection, server_side=True) as tls, tls.makefile("rb") as lines:
            while lines.readline():
                length = 0
                while (line := lines.readline()).strip():
                    name, _, value = line.partition(b":")
                    length = int(value) if name == b"Content-Length" else length
                tls.sendall(whole(b"%d" % len(lines.read(length))))

    (tmp_path / "large.bin").write_bytes(bytes(2**20))
    form = 'form = [{ name = "file", file = "large.bin" }]\n'
    asked = f"{scenarios('POST /x')}{form}{scenarios('GET /y').replace('x0', 'x1')}"
    with server(serve) as plain_url:
        url = plain_url.replace("http://127.0.0.1", "https://localhost")
        unknown = observed(tmp_path, url, asked)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        known = observed(tmp_path, url, asked)

    assert {"its certificate is self-signed"} == {one.error.partition(".")[0] for one in unknown}
    assert ["", ""] == [one.error for one in known]
    assert [1, 0] == [one.connections_opened for one in known]
    assert [7, 1] == [one.body_bytes for one in known]


def test_tls_has_an_end_and_early_answers(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body without a length ends where TLS was closed; a refusal is read while a body is sent."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(connection: socket.socket, number: int) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            asked = tls.recv(1000)
            if asked.startswith(b"POST"):
                tls.sendall(whole(b"no", status="413 Too Large"))
                time.sleep(0.5)
                return
            tls.sendall(b"HTTP/1.1 200 OK\r\n\r\nsome of it")
            if asked.startswith(b"GET /closed"):
                tls.unwrap()

    (tmp_path / "large.bin").write_bytes(bytes(2**24))
    form = 'form = [{ name = "file", file = "large.bin" }]\nstatus = 413\n'
    asked = scenarios("GET /closed", "GET /cut", "POST /x") + form
    with server(serve) as plain_url:
        closed, cut, refused = observed(
            tmp_path, plain_url.replace("http://127.0.0.1", "https://localhost"), asked
        )

    assert ("", 10) == (closed.error, closed.body_bytes)
    assert "status 200, but the connection was cut off, TLS was not closed" == cut.error
    assert ("", 413, 2) == (refused.error, refused.status, refused.body_bytes)
