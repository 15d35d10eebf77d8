"""Endpoints from access logs, as nginx and Apache write them."""

import gzip
import os
from collections import Counter
from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.discovery import access_log
from loadtests.discovery.access_log import logged_drafts
from loadtests.discovery.drafts import ACTIVE_MAX, Draft, Table

TIME = "[01/Dec/2026:09:00:00 +0000]"
NGINX = '"-" "Mozilla/5.0 (X11; Linux x86_64) \\"quoted\\" [x]"'


def line(request: str, status: int = 200, client: str = "127.0.0.1", end: str = "") -> str:
    return f'{client} - - {TIME} "{request}" {status} 512{end}\n'


def get(target: str, number: int = 1) -> str:
    return line(f"GET {target} HTTP/1.1", end=f" {NGINX}") * number


def drafts(folder: Path, text: str) -> tuple[dict[str, Draft], str]:
    """The drafts by their requests, and all sentences."""
    path = folder / "access.log"
    path.write_bytes(text.encode("latin-1"))
    made, notes = logged_drafts(path)
    return {one.request: one for one in made}, "\n".join(notes)


def test_endpoints_have_weights_and_rows(tmp_path: Path) -> None:
    """The most frequent first, its values too; what is the same in all stays in the request."""
    text = get("/items/1?q=tea") + get("/items/2?q=a%20b", 5) + get("/items", 3) + get("/about")
    found, notes = drafts(tmp_path, text)

    assert ["GET /items/{row.id}?q={row.q}", "GET /items", "GET /about"] == [*found]
    assert [60, 30, 10] == [one.weight for one in found.values()]
    assert Table(("id", "q"), (("2", "a b"), ("1", "tea"))) == next(iter(found.values())).rows
    assert "access.log: 10 requests of 3 endpoints were counted." in notes
    assert "Look through them before you commit" in notes


@pytest.mark.parametrize(
    "text",
    [
        line("GET /x HTTP/1.1"),
        line("GET /x HTTP/1.1", client="2001:db8::1"),
        line("GET /x HTTP/1.1", client="shop.example:80 ::1"),
        line("GET /x HTTP/1.1", end=f" {NGINX}"),
        line("GET /x HTTP/1.1", end=f" {NGINX} 0.012 0.011 .").replace("\n", "\r\n"),
        line("GET http://shop.example/x HTTP/1.1"),
        line("GET /x HTTP/2.0", 304),
        line("GET /x"),
        f'127.0.0.1 - "a [b" {TIME} "GET /x HTTP/1.1" 200 -\n',
        f'127.0.0.1 - - {TIME} "GET /x HTTP/1.1" 200',
        get("/x").rstrip("\n"),
    ],
)
def test_lines_of_many_servers_are_read(tmp_path: Path, text: str) -> None:
    """Common and combined, with a virtual host before or more fields behind."""
    assert ["GET /x"] == [*drafts(tmp_path, text)[0]]


LEFT_OUT = {
    line("POST /items HTTP/1.1", 201): "another method than GET and HEAD, such as POST",
    line("GET /missing HTTP/1.1", 404): "another status than 200 and 304, such as 404",
    line("-", 408): "no request of HTTP",
    line("\\x16\\x03\\x01\\x02\\x00\\xF6 \\x9a", 400): "no request of HTTP",
    line("\x16\x03\x01\xf6", 400): "no request of HTTP",
    line("GET /a%ff HTTP/1.1"): "a path or query that cannot be sent again",
    line("GET //evil.example/x HTTP/1.1"): "a path or query that cannot be sent again",
    line("GET /app.css?v=7 HTTP/1.1"): "static files, such as /app.css",
    line("GET /healthz HTTP/1.1"): "health checks, documentation, login or deletion, by their path",
    line("GET /reset/9f86d081884c7d65 HTTP/1.1"): "health checks, documentation, login or "
    "deletion, by their path, such as /reset/*.",
    line("GET /" + "x" * 5_000): "a path or query that cannot be sent again",
    line("GET /api-token/9f86d081884c7d65 HTTP/1.1"): "a token in the path",
    "garbage\n": "not of the format",
    '{"json": 1}\n': "not of the format",
    line("GET /" + "x" * 70_000): "not of the format",
}


@pytest.mark.parametrize("text", LEFT_OUT)
def test_what_is_left_out_is_counted(tmp_path: Path, text: str) -> None:
    """Each line once, with its reason; the lines around it count."""
    found, notes = drafts(tmp_path, get("/x") + text + "\n" + get("/x"))

    assert {"GET /x": 100} == {request: one.weight for request, one in found.items()}
    assert f"access.log: 1 left out: {LEFT_OUT[text]}" in notes
    assert 1 == notes.count("left out")


def test_escaped_bytes_are_what_was_sent(tmp_path: Path) -> None:
    """Quotes and bytes beyond ASCII, as Apache and nginx escape them."""
    found, _ = drafts(tmp_path, line(r"GET /caf\xc3\xa9?q=\"a\x22 HTTP/1.1"))

    assert ["GET /caf%C3%A9?q=%22a%22"] == [*found]


def test_secret_parameters_are_dropped_and_named(tmp_path: Path) -> None:
    """Neither the configuration nor the rows hold their values."""
    text = get("/x?a=1&token=geheim1&Sig=geheim2") + get("/x?a=2&api_key=geheim3")
    found, notes = drafts(tmp_path, text)

    assert ["GET /x?a={row.a}"] == [*found]
    assert "geheim" not in str(found) + notes
    assert "parameters that look secret were dropped: Sig, api_key, token." in notes


def test_a_compressed_log_is_read(tmp_path: Path) -> None:
    """By what it begins with, whatever its name is."""
    path = tmp_path / "access.log.1"
    path.write_bytes(gzip.compress(get("/x").encode()))

    assert ["GET /x"] == [one.request for one in logged_drafts(path)[0]]

    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ConfigError, match=r"cannot be read \(it is no whole file of gzip\)"):
        logged_drafts(path)


def test_at_most_twelve_endpoints_are_written(tmp_path: Path) -> None:
    """The sentence says how many requests the rest has."""
    text = "".join(get(f"/{name}", 2) for name in "abcdefghijklm") + get("/rare")
    found, notes = drafts(tmp_path, text)

    assert ACTIVE_MAX == len(found)
    assert "2 rarer endpoints, with 11.1% of the requests, are left out" in notes


def test_many_names_in_one_place_are_values(tmp_path: Path) -> None:
    """Names of users look like those of endpoints, but there are many."""
    names = [f"{a}{b}" for a in "abcdefghijkl" for b in "abcdefghijkl"]
    found, _ = drafts(tmp_path, "".join(get(f"/users/{name}") for name in names) + get("/users"))
    rows = found["GET /users/{row.id}"].rows

    assert ["GET /users/{row.id}", "GET /users"] == [*found]
    assert isinstance(rows, Table)
    assert Counter((name,) for name in names) == Counter(rows.values)


def test_a_log_without_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few bytes of gzip may be very many of text; different paths without end are counted."""
    monkeypatch.setattr(access_log, "BYTES_MAX", 1_000)
    monkeypatch.setattr(access_log, "SHAPES_MAX", 2)
    found, notes = drafts(tmp_path, get("/a") + get("/b") + get("/c") + get("/a", 1_000))

    assert {"GET /a", "GET /b"} == {*found}
    assert "only the first" in notes
    assert "1 left out: too many different paths" in notes


@pytest.mark.parametrize("text", ["", "a\nb\n", '{"request": "GET /x"}\n', "\0" * 200_000])
def test_another_format_ends_the_command(tmp_path: Path, text: str) -> None:
    """The line shows what a right one looks like."""
    with pytest.raises(ConfigError, match="no line is of the common or combined format") as caught:
        drafts(tmp_path, text)

    assert 1 == len(str(caught.value).splitlines())


def test_what_is_no_file_ends_the_command(tmp_path: Path) -> None:
    """A pipe cannot be read twice."""
    os.mkfifo(tmp_path / "pipe")
    for path, reason in (
        (tmp_path / "pipe", "is no regular file. Write the log into one first"),
        (tmp_path, "is no regular file"),
        (tmp_path / "none", "No such file"),
    ):
        with pytest.raises(ConfigError, match=reason):
            logged_drafts(path)


def test_a_log_without_usable_requests_has_no_drafts(tmp_path: Path) -> None:
    """It is of the format, so the sentences say what it holds."""
    found, notes = drafts(tmp_path, line("POST /items HTTP/1.1", 201))

    assert {} == found
    assert "0 requests of 0 endpoints were counted" in notes
