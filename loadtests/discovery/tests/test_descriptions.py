"""Descriptions of an API: fetched and read in bounds."""

import json
import os
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

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


def written(folder: Path, text: str) -> str:
    path = folder / "api.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"openapi": "3.1.0", "paths": {"/x": {}}}),
        '\ufeff{"openapi": "3.1.0", "paths": {"/x": {}}}',
        "openapi: 3.1.0\npaths:\n  /x: {}\n",
    ],
)
def test_a_file_is_json_or_yaml(tmp_path: Path, text: str) -> None:
    """Whatever its name ends with."""
    description, name = read_description(written(tmp_path, text))

    assert {"openapi": "3.1.0", "paths": {"/x": {}}} == description
    assert "api.yaml" == name


def test_an_address_is_requested_as_it_is() -> None:
    """With its query, and nothing added to its path."""
    seen = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.path)
        body = b'{"paths": {}}'
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    with serving(answer) as url:
        assert ({"paths": {}}, "v3") == read_description(f"{url}/docs/v3?lang=en")
    assert ["/docs/v3?lang=en"] == seen


@pytest.mark.parametrize(("body", "status"), [(b"{}", 404), (b"{}", 200), (b"<html>", 200)])
def test_an_address_without_a_description_ends_the_command(body: bytes, status: int) -> None:
    """The person named it, so it is no guess without it; the line shows no key."""
    with (
        serving(answering(body, status)) as url,
        pytest.raises(ConfigError, match="--openapi http") as caught,
    ):
        read_description(f"{url}/openapi.json?key=geheim")

    assert 1 == len(str(caught.value).splitlines())
    assert "geheim" not in str(caught.value)


def test_yaml_has_the_plain_values_of_version_1_2(tmp_path: Path) -> None:
    """Neither dates nor `on` and `off` are more than texts; merges are followed."""
    text = """
paths:
  /x: &x {a: on, b: 2026-12-01, c: 7, d: 1.5, e: true, f: null, g: ~, h: 1:30, i: 0x1F, j: }
  /y:
    <<: *x
    a: 2
"""
    paths = read_description(written(tmp_path, text))[0]["paths"]
    texts = {"a": "on", "b": "2026-12-01", "h": "1:30", "i": "0x1F"}
    others = {"c": 7, "d": 1.5, "e": True, "f": None, "g": None, "j": None}

    assert {**texts, **others} == paths["/x"]
    assert {**texts, **others, "a": 2} == paths["/y"]


BOMB = f"a: &a {{{', '.join(f'k{n}: 1' for n in range(10_002))}}}\nb: {{<<: *a}}"
MERGES = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 40)
)
ALIASES = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 100)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "its merges (<<) are too large"),
        (MERGES, "holds no `paths`"),
        (ALIASES, "more than 500 aliases"),
        ("paths: " + "[" * 101, "nested deeper than 100"),
        ("paths: !!python/object/apply:os.system [x]", "has tags"),
        ("paths: *nowhere", "undefined alias"),
        ("paths: {a: 1\n", "line 2"),
        ("a: &a {<<: *a}", "holds no `paths`"),
        ("paths: {[1]: 2}", "unhashable key"),
        ('{"paths": ' + "[" * 100_000, "nested too deep"),
        ('{"paths": \ud800', "codec can't decode"),
        ('{"paths": {"\\ud800": 1}}', "surrogates not allowed"),
        ("a: 1\n---\nb: 2", "another document"),
        ("swagger", "holds no `paths`"),
        ("", "holds no `paths`"),
        ("paths: [1]", "holds no `paths`"),
        ("\x00\x01", "neither JSON nor YAML"),
    ],
)
def test_what_is_no_description_is_one_line(tmp_path: Path, text: str, reason: str) -> None:
    """Quickly, however much it would grow to."""
    path = tmp_path / "api.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigError) as caught:
        read_description(str(path))

    assert str(caught.value).replace("\n", "").isprintable()
    assert 1 == len(str(caught.value).splitlines())
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 500


def test_what_is_no_file_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe would never end, and a large file is not read."""
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(descriptions, "BYTES_MAX", 1_000_000)
    large = written(tmp_path, "#" * 1_000_001)
    for where, reason in (
        (tmp_path / "pipe", "no regular file"),
        (tmp_path, "no regular file"),
        (tmp_path / "none.json", "No such file"),
        ("a\0b", "cannot be read"),
        (large, "larger than 1 MB"),
    ):
        with pytest.raises(ConfigError, match=reason):
            read_description(str(where))
