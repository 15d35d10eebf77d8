"""Requests from a running server's description."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from contract.errors import ConfigError
from loadtests.discovery import openapi
from loadtests.discovery.openapi import described_routes, fetch_description

OK = {"responses": {"200": {"description": "fine"}}}


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


def paths(**description: Any) -> list[str]:
    return [route.path for route in described_routes(description)]


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
    monkeypatch.setattr(openapi, "BYTES_MAX", 1000)

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(b" " * 100_000)

    with serving(endless) as url:
        assert fetch_description(url) is None


def test_a_slow_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte by byte, a server could keep the command for ever."""
    monkeypatch.setattr(openapi, "TIMEOUT_S", 0.2)
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


def test_requests_without_parameters_come_first() -> None:
    """Then those whose required parameters have examples or defaults."""
    number = {"name": "n", "in": "path", "required": True, "schema": {"example": 7}}
    query = {"name": "q", "in": "query", "required": True, "example": "a b/ä"}
    optional = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    described = {
        "/items/{n}": {"get": {**OK, "parameters": [number, query]}},
        "/items": {"get": {**OK, "parameters": [optional]}, "post": OK},
        "/orders": {"post": OK},
        "/unknown/{x}": {"get": {**OK, "parameters": [{"name": "x", "in": "path"}]}},
    }

    assert ["/items", "/items/7?q=a%20b%2F%C3%A4"] == paths(paths=described)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ({"examples": {"one": {"value": "a"}}}, "a"),
        ({"schema": {"default": True}}, "true"),
        ({"schema": {"enum": ["red", "blue"]}}, "red"),
        ({"schema": {"examples": [1.5]}}, "1.5"),
        ({"schema": {"default": None}}, None),
        ({"example": "x" * 500}, None),
        ({"example": {"a": 1}}, None),
    ],
)
def test_examples_of_a_parameter(parameter: dict[str, Any], value: str | None) -> None:
    """Wherever the description states them; long and nested ones are left out."""
    stated = {"name": "v", "in": "query", "required": True, **parameter}
    expected = [] if value is None else [f"/x?v={value}"]

    assert expected == paths(paths={"/x": {"get": {**OK, "parameters": [stated]}}})


def test_a_parameter_may_stand_elsewhere() -> None:
    """One that is not there has no value."""
    shared = {"parameters": {"N": {"name": "n", "in": "path", "schema": {"default": 3}}}}
    described = {
        "/a/{n}": {"get": OK, "parameters": [{"$ref": "#/components/parameters/N"}]},
        "/b/{n}": {"get": OK, "parameters": [{"$ref": "#/components/parameters/M"}]},
    }

    assert ["/a/3"] == paths(paths=described, components=shared)


def test_what_needs_a_login_or_a_secret_is_left_out() -> None:
    """An example of a key could be a real one."""
    key = {"name": "api_key", "in": "query", "required": True, "example": "abcdef"}
    described = {
        "/open": {"get": {**OK, "security": []}},
        "/closed": {"get": OK},
        "/key": {"get": {**OK, "security": [], "parameters": [key]}},
    }

    assert ["/open"] == paths(paths=described, security=[{"bearer": []}])


def test_streams_and_other_statuses_are_left_out() -> None:
    """A stream does not end, and 200 is what a scenario expects."""
    stream: dict[str, Any] = {"responses": {"200": {"content": {"text/event-stream": {}}}}}
    described = {"/s": {"get": stream}, "/n": {"get": {"responses": {"204": {}}}}}

    assert [] == paths(paths=described)


def test_the_first_server_may_have_a_prefix() -> None:
    """An absolute address is another server's."""
    described = {"/x": {"get": OK}}

    assert ["/v1/x"] == paths(paths=described, servers=[{"url": "/v1/"}])
    assert ["/x"] == paths(paths=described, servers=[{"url": "https://example.test/v1"}])


@pytest.mark.parametrize(
    "text",
    [
        '{"paths": 3}',
        '{"paths": {"/x": 3}}',
        '{"paths": {"/x": {"get": {"responses": 3}}}}',
        '{"paths": {"/{x}": {"get": {"responses": {"200": 1}, "parameters": [{"$ref": 3}]}}}}',
        '{"servers": [3], "paths": null}',
        '{"servers": 3}',
    ],
)
def test_an_odd_description_has_no_requests(text: str) -> None:
    """Any value may be of any type."""
    assert [] == described_routes(json.loads(text))
