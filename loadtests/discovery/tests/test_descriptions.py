"""Descriptions of an API: fetched and read in bounds."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contract.errors import ConfigError
from loadtests.discovery import descriptions
from loadtests.discovery.descriptions import fetch_description, read_description


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A real server that answers every GET so."""
    handler = type("Handler", (BaseHTTPRequestHandler,), {"do_GET": answer})
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def answering(body: bytes, status: int = 200) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Location", "http://127.0.0.1:1/")
        request.end_headers()
        request.wfile.write(body if request.path.endswith("/openapi.json") else b"{}")

    return answer


def test_a_description_is_fetched() -> None:
    """Below the address's own path, if it has one."""
    with serving(answering(b'{"openapi": "3.1.0"}')) as url:
        assert {"openapi": "3.1.0"} == fetch_description(f"{url}/api/")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{}", 404), (b"{}", 302), (b"[]", 200), (b"no JSON", 200), (b"[" * 100_000, 200)],
)
def test_other_answers_are_no_description(body: bytes, status: int) -> None:
    """A redirect is not followed."""
    with serving(answering(body, status)) as url:
        assert fetch_description(url) is None


def test_an_endless_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its size nor its time is without a limit."""
    monkeypatch.setattr(descriptions, "BYTES_MAX", 1000)

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(b" " * 100_000)

    with serving(endless) as url:
        assert fetch_description(url) is None


def test_a_slow_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte by byte, a server could keep the command for ever."""
    monkeypatch.setattr(descriptions, "TIMEOUT_S", 0.2)
    gone = threading.Event()

    def slow(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while not gone.wait(0.01):
                request.wfile.write(b" ")
        except OSError:
            gone.set()

    with serving(slow) as url:
        assert fetch_description(url) is None
        gone.set()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x",
        "127.0.0.1:80",
        "http://",
        "http://[",
        "http://x:99999",
        "http://a b",
        "http://x\n",
        "http://ada:geheim@127.0.0.1",
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    """In one line, which shows no password."""
    with pytest.raises(ConfigError) as caught:
        fetch_description(url)

    assert 1 == len(str(caught.value).splitlines())
    assert "geheim" not in str(caught.value)


def test_where_nothing_answers_the_command_ends() -> None:
    """The person asked for it, so it is no guess without it."""
    with serving(answering(b"{}")) as url:
        pass

    with pytest.raises(ConfigError, match=r"no answer \(Connection refused\)\. Start the service"):
        fetch_description(url)
