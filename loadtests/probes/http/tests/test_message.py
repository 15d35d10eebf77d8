"""What is sent, and what is made of odd answers; curl and httpx are witnesses."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from contract.run.observation import Observation
from loadtests.probes.http.answer import body_hash
from loadtests.probes.http.message import BrokenAnswerError, Reply
from loadtests.probes.http.tests.oddities import CURL, HTTPX, ODDITIES, Oddity, serving, whole
from loadtests.probes.http.tests.sending import observed, scenarios, server

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


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where every oddity is answered."""
    with serving(ODDITIES) as (address, _):
        yield address


def scenario(oddity: Oddity) -> str:
    """A scenario that asks for it."""
    request = f'request = "{oddity.method} {oddity.path}"'
    return f'[[scenarios]]\nname = "x"\n{request}\nstatus = {oddity.status}\n'


def ask(tmp_path: Path, url: str, oddity: Oddity) -> Observation:
    (seen,) = observed(tmp_path, url, scenario(oddity))
    return seen


def test_there_are_enough() -> None:
    """Each has a path of its own."""
    assert len(ODDITIES) == len({one.path for one in ODDITIES}) >= 130


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda one: one.name)
def test_each_answer_is_what_http_says(tmp_path: Path, url: str, oddity: Oddity) -> None:
    """Right with its status, sizes and hash; or wrong, and in which words."""
    seen = ask(tmp_path, url, oddity)

    if oddity.error:
        assert seen.error.startswith(oddity.error)
        return
    wire = len(oddity.body) if oddity.wire is None else oddity.wire
    assert ("", oddity.status, wire, len(oddity.body), body_hash(oddity.body)) == (
        seen.error,
        seen.status,
        seen.wire_bytes,
        seen.body_bytes,
        seen.body_hash,
    )
    assert (oddity.note[:1], True) == (seen.note[:1], seen.note.startswith(oddity.note))


def by_curl(tmp_path: Path, url: str, oddity: Oddity) -> tuple[int, int, bytes] | None:
    """Status, bytes on the wire and body; None where curl calls it broken."""
    asked = ["--head"] if oddity.method == "HEAD" else list[str]()
    file = tmp_path / "body"
    file.touch()
    ended = subprocess.run(
        [
            *("curl", "-q", "-s", "--compressed", "--max-time", "5", *asked, "--output", str(file)),
            *("--write-out", "%{http_code} %{size_download}", url + oddity.path),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        return None
    status, size = ended.stdout.split()
    return int(status), int(size), b"" if asked else file.read_bytes()


def by_httpx(_: Path, url: str, oddity: Oddity) -> tuple[int, int, bytes] | None:
    """The same."""
    try:
        answer = httpx.request(oddity.method, url + oddity.path, timeout=5, trust_env=False)
    except httpx.HTTPError:
        return None
    return answer.status_code, answer.num_bytes_downloaded, answer.content


@pytest.mark.slow
@pytest.mark.parametrize(("name", "ask_witness"), [(CURL, by_curl), (HTTPX, by_httpx)])
def test_witnesses_agree(
    tmp_path: Path,
    url: str,
    name: str,
    ask_witness: Callable[[Path, str, Oddity], tuple[int, int, bytes] | None],
) -> None:
    """Status, bytes on the wire and the decoded body are those that other clients see."""
    if name == CURL and not shutil.which(CURL):
        pytest.skip("curl is not installed")
    asked = [one for one in ODDITIES if name in one.witnesses]
    differing = {}
    for oddity in asked:
        told = ask_witness(tmp_path, url, oddity)
        wire = len(oddity.body) if oddity.wire is None else oddity.wire
        right = None if oddity.error else (oddity.status, wire, oddity.body)
        if told != right:
            differing[oddity.name] = told

    assert {} == differing
    assert len(asked) >= 100


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


class Pieces:
    """A connection over which an answer comes in these pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = iter(pieces)

    def settimeout(self, timeout_s: float) -> None:
        """Nothing is waited for."""

    def recv(self, size: int) -> bytes:
        """The next piece, or the end."""
        return next(self._pieces, b"")[:size]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (whole(b"hi"), ("", 200)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", ("", 200)),
        (b"HTTP/1.1 103 E\r\nX: y\r\n\r\n" + whole(b"hi"), ("", 200)),
        (
            b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 500 E\r\nContent-Length: x\r\n\r\n",
            ("it is no HTTP in its header 'Content-Length' with 'x'", 500),
        ),
        (
            (
                b"HTTP/1.1 200 OK\r\nX: a\r\n\t b\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"2\r\nhi\r\n0\r\n\r\n"
            ),
            ("", 200),
        ),
    ],
)
def test_how_an_answer_is_cut_into_pieces_does_not_matter(
    sent: bytes, expected: tuple[str, int]
) -> None:
    """Every place where a packet may end gives the same."""
    for place in range(1, len(sent)):
        reply, error = Reply(frozenset(), 2**26), ""
        try:
            reply.read(Pieces(sent[:place], sent[place:]), time.perf_counter() + 9)  # type: ignore[arg-type]
        except BrokenAnswerError as broken:
            error = str(broken)

        assert expected == (error.partition(": ")[0], reply.status), place
        assert reply.complete == (not error)


OK_HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([OK_HEAD, *[b"x" * 2**16] * 17], "its body is larger than 1 MiB (target.body_mib_max)"),
        ([CHUNKED + b"0\r\nx: ", *[b"y" * 2**16] * 17], "its trailers, or the marks of its ch"),
        ([CHUNKED + b"1;", *[b"y" * 2**16] * 17], "its trailers, or the marks of its chunks, ar"),
        ([b"HTTP/1.1 200 OK\r\nx: ", *[b"y" * 2**16] * 17], "its head is longer than 1 MiB"),
        ([b"HTTP/1.1 102 P\r\n\r\n"] * 102, "more than 100 interim answers (1xx) came"),
        ([b"HTTP/1.1 102 P\r\n\r\n" * 102], "more than 100 interim answers (1xx) came"),
    ],
)
def test_no_part_of_an_answer_is_unbounded(pieces: list[bytes], expected: str) -> None:
    """Body, head, trailers, marks of chunks and interim answers end a reading that is too long."""
    reply = Reply(frozenset(), 2**20)
    with pytest.raises(BrokenAnswerError, match=re.escape(expected)):
        reply.read(Pieces(*pieces), time.perf_counter() + 9)  # type: ignore[arg-type]

    assert 2**20 + 2**17 > sum(map(sys.getsizeof, reply.pieces))


def test_a_body_in_chunks_of_one_byte_takes_little_more_memory_than_its_size() -> None:
    """Each of them alone would take forty times as much."""
    reply = Reply(frozenset(), 2**20)
    body = b"1\r\nx\r\n" * 2**18 + b"0\r\n\r\n"
    pieces = [body[at : at + 2**16] for at in range(0, len(body), 2**16)]
    reply.read(Pieces(CHUNKED, *pieces), time.perf_counter() + 99)  # type: ignore[arg-type]

    assert b"x" * 2**18 == b"".join(reply.pieces)
    assert 2**20 > sum(map(sys.getsizeof, reply.pieces))


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 P\r\nA: b\r\n\r\n"]
)
def test_a_large_body_goes_on_after_an_interim_answer(tmp_path: Path, interim: bytes) -> None:
    """It is no answer; the service reads on, and may send several."""
    size = 2**22

    def serve(connection: socket.socket, number: int) -> None:
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
        length, got = int(head.rpartition(b"Content-Length: ")[2]), len(body)
        connection.sendall(interim)
        while got < length:
            got += len(connection.recv(65536))
            if got > length / 2 and interim:
                connection.sendall(interim[:9])
                connection.sendall(interim[9:])
        connection.sendall(whole(b"%d" % (got - length)))

    (tmp_path / "large.bin").write_bytes(os.urandom(size))
    form = 'form = [{ name = "file", file = "large.bin" }]\ncontains = "0"\n'
    with server(serve) as url:
        (seen,) = observed(tmp_path, url, scenarios("POST /x") + form)

    assert ("", 200, 1) == (seen.error, seen.status, seen.body_bytes)


def test_whoever_says_close_sends_nothing_more(tmp_path: Path) -> None:
    """Even where the service would keep the connection."""
    asked = scenarios("GET /x", "GET /x").replace(
        '/x"', '/x"\nheaders = { CONNECTION = "x, Close" }'
    )
    with serving([Oddity("x", OK)]) as (url, _):
        seen = observed(tmp_path, url, asked)

    assert [1, 1] == [one.connections_opened for one in seen]
    assert [0, 0] == [one.connections_replaced for one in seen]
