"""Answers of all kinds that HTTP allows, and some that it does not, each with what is right.

The next oddity is one line of a table: a name, the bytes that are answered, and what to make of
them. Sources: RFC 9110, RFC 9112, RFC 1950 to 1952, RFC 7932, and what users of other tools met.
"""

import gzip
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import brotli

JSON = b'{"items":[1,2]}'
CURL, HTTPX = "curl", "httpx"


@dataclass(frozen=True)
class Oddity:
    """One answer, byte for byte, and what is right to make of it.

    Attributes:
        sent: by the server, in pieces that it sends one after the other.
        body: as decoded; of a wrong answer it does not matter.
        wire: bytes of the body as transferred; None where they are the decoded ones.
        error, note: how they begin; empty where there is none.
        asks: the status that the scenario asks for.
        closes: whether the server closes the connection then.
        witnesses: the tools that make the same of it.
    """

    name: str
    sent: bytes
    body: bytes = JSON
    wire: int | None = None
    error: str = ""
    note: str = ""
    status: int = 200
    method: str = "GET"
    closes: bool = False
    witnesses: tuple[str, ...] = (CURL, HTTPX)

    @property
    def path(self) -> str:
        """Where the server gives this answer."""
        return f"/{self.name}"


def head(*lines: str, status: str = "200 OK") -> bytes:
    """The head of an answer."""
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1")


def whole(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    """An answer that states its length."""
    return head(*lines, f"Content-Length: {len(body)}", status=status) + body


def chunked(*chunks: bytes) -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in (*chunks, b""))


def deflated(body: bytes, wbits: int) -> bytes:
    """A zlib stream (15), or a bare one (-15)."""
    stream = zlib.compressobj(wbits=wbits)
    return stream.compress(body) + stream.flush()


def coded(name: str, coding: str, transferred: bytes, **facts: Any) -> Oddity:
    """An answer with a Content-Encoding."""
    sent = whole(transferred, f"Content-Encoding: {coding}")
    return Oddity(name, sent, wire=len(transferred), **facts)


_GZIP, _BR = gzip.compress(JSON), brotli.compress(JSON)
_NAMED = b"\x1f\x8b\x08\x08\0\0\0\0\0\xffname.json\0" + _GZIP[10:]
_HALVES = gzip.compress(JSON[:7]) + gzip.compress(JSON[7:])
_BOMB = gzip.compress(bytes(2**20), 9) * 257

# Whatever status a scenario asks for is right. Without those that have tables of their own below.
_STATUSES = [
    *(200, 201, 202, 203, 205, 206, 207, 208, 210, 218, 226, 299, 300, 301, 302, 303, 305, 306),
    *(307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415),
    *(416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503),
    *(504, 505, 506, 507, 508, 510, 511, 520, 599, 600, 999),
]
STATUSES = [
    Oddity(f"status-{one}", whole(JSON, status=f"{one} Odd"), status=one) for one in _STATUSES
]

BODYLESS = [
    Oddity("no-content", head(status="204 No Content"), b"", status=204),
    Oddity("no-content-length", head("Content-Length: 10", status="204 None"), b"", status=204),
    Oddity("no-content-gzip", head("Content-Encoding: gzip", status="204 N"), b"", status=204),
    Oddity(
        "not-modified-length",
        head('ETag: "1"', "Content-Length: 5000", status="304 Not Modified"),
        b"",
        status=304,
    ),
    Oddity("not-modified-gzip", head("Content-Encoding: gzip", status="304 N"), b"", status=304),
    Oddity(
        "not-modified-chunked",
        head("Transfer-Encoding: chunked", status="304 N"),
        b"",
        status=304,
    ),
    Oddity("reset-content", head("Content-Length: 0", status="205 Reset"), b"", status=205),
    Oddity("head-plain", head("Content-Length: 1234"), b"", method="HEAD"),
    Oddity("head-gzip", head("Content-Encoding: gzip", "Content-Length: 9"), b"", method="HEAD"),
    Oddity("head-chunked", head("Transfer-Encoding: chunked"), b"", method="HEAD"),
    Oddity("head-endless", head("X-Length: none"), b"", method="HEAD"),
    Oddity("head-404", head("Content-Length: 9", status="404 No"), b"", status=404, method="HEAD"),
    Oddity("empty", whole(b""), b""),
    Oddity("empty-gzip", whole(b"", "Content-Encoding: gzip"), b""),
    Oddity("empty-br", whole(b"", "Content-Encoding: br"), b""),
    Oddity(
        "empty-chunked-gzip",
        head("Transfer-Encoding: chunked", "Content-Encoding: gzip") + chunked(),
        b"",
    ),
    Oddity(
        "moved-gzip",
        whole(b"", "Content-Encoding: gzip", "Location: /x", status="302 Found"),
        b"",
        status=302,
    ),
]

INTERIM = [
    Oddity("continue", head(status="100 Continue") + whole(JSON)),
    Oddity("processing", head(status="102 Processing") + whole(JSON)),
    Oddity("early-hints", head("Link: </a.css>", status="103 Early Hints") + whole(JSON)),
    Oddity("hints-twice", 2 * head("Link: </a.css>", status="103 Hints") + whole(JSON)),
    Oddity("interim-unknown", head(status="199 Odd") + whole(JSON)),
    Oddity(
        "interim-with-coding",
        head("Content-Encoding: gzip", status="103 Hints") + whole(JSON),
    ),
    Oddity(
        "switching",
        head("Connection: Upgrade", "Upgrade: x", status="101 Switching"),
        b"",
        error="status 101, expected 200",
        status=200,
        closes=True,
        witnesses=(),
    ),
]

CODINGS = [
    coded("gzip", "gzip", _GZIP),
    coded("gzip-capitals", "GZIP", _GZIP),
    coded("gzip-x", "x-gzip", _GZIP, witnesses=(CURL,)),
    coded("gzip-named", "gzip", _NAMED),
    coded("gzip-stored", "gzip", gzip.compress(JSON, 0)),
    # httpx reads the first member alone, and so do older versions of curl.
    coded("gzip-members", "gzip", _HALVES, witnesses=()),
    coded("gzip-empty-member", "gzip", gzip.compress(b"") + _GZIP, witnesses=()),
    coded("gzip-padded", "gzip", _GZIP + bytes(4), witnesses=(HTTPX,)),
    coded("gzip-twice", "gzip, gzip", gzip.compress(_GZIP)),
    coded("gzip-and-br", "gzip, br", brotli.compress(_GZIP)),
    coded("br-and-gzip", "br,gzip", gzip.compress(_BR)),
    coded("gzip-with-comma", "gzip,", _GZIP, witnesses=(HTTPX,)),
    coded("br", "br", _BR),
    coded("deflate", "deflate", deflated(JSON, 15)),
    coded("deflate-bare", "deflate", deflated(JSON, -15)),
    coded("identity", "identity", JSON),
    coded("identity-capitals", "Identity", JSON),
    coded("coding-empty", "", JSON),
    Oddity(
        "coding-lines",
        whole(_GZIP, "Content-Encoding: identity", "Content-Encoding: gzip"),
        wire=len(_GZIP),
    ),
    Oddity(
        "coding-lines-both",
        whole(brotli.compress(_GZIP), "Content-Encoding: gzip", "Content-Encoding: br"),
        wire=len(brotli.compress(_GZIP)),
    ),
    Oddity(
        "gzip-chunked",
        head("Transfer-Encoding: chunked", "Content-Encoding: gzip")
        + chunked(_GZIP[:5], _GZIP[5:]),
        wire=len(_GZIP),
    ),
    *(
        coded(
            f"unknown-{index}",
            coding,
            JSON,
            note="Content-Encoding ",
            witnesses=(HTTPX,),
        )
        for index, coding in enumerate(
            ["none", "utf-8", "aws-chunked", "zstd", "dcb", "gzip;q=1", "identity, none", "?"]
        )
    ),
    # The last one was applied last, so it is the first that would have to be undone.
    coded("unknown-last", "gzip, aws-chunked", _GZIP, body=_GZIP, note="C", witnesses=()),
    coded("unknown-first", "aws-chunked, gzip", _GZIP, note="C", witnesses=(HTTPX,)),
    # Both witnesses take what there is.
    coded(
        "gzip-cut",
        "gzip",
        _GZIP[:-12],
        error="status 200, but Content-Encoding gzip: ",
        witnesses=(),
    ),
    coded("gzip-none", "gzip", b"not gzip", error="status 200, but Content-Encoding gzip: "),
    coded(
        "gzip-junk",
        "gzip",
        _GZIP + b"junk",
        error="status 200, but Content-Encoding gzip: ",
        witnesses=(CURL,),
    ),
    coded(
        "gzip-bomb",
        "gzip",
        _BOMB,
        error="status 200, but the decoded body is larger than 64 MiB",
        witnesses=(),
    ),
    coded(
        "gzip-zeros",
        "gzip",
        bytes(4),
        error="status 200, but Content-Encoding gzip: ",
        witnesses=(),
    ),
    coded(
        "deflate-junk",
        "deflate",
        deflated(JSON, 15) + b"junk",
        error="status 200, but Content-Encoding deflate: ",
        witnesses=(),
    ),
    coded("br-x", "x-br", _BR, body=_BR, note="Content-Encoding 'x-br' is unknown", witnesses=()),
    coded("br-cut", "br", _BR[:-3], error="status 200, but Content-Encoding br: ", witnesses=()),
    coded("br-none", "br", b"not brotli", error="status 200, but Content-Encoding br: "),
    coded(
        "deflate-cut",
        "deflate",
        deflated(JSON, 15)[:-5],
        error="status 200, but Content-E",
        witnesses=(),
    ),
    coded("deflate-none", "deflate", b"none at all", error="status 200, but Content-Encoding d"),
    Oddity(
        "gzip-none-404",
        whole(b"not gzip", "Content-Encoding: gzip", status="404 No"),
        status=404,
        error="status 404, but Content-Encoding gzip: the body is broken",
    ),
]

FRAMING = [
    Oddity("chunks", head("Transfer-Encoding: chunked") + chunked(JSON[:3], JSON[3:])),
    Oddity("chunks-capitals", head("Transfer-Encoding: Chunked") + chunked(JSON)),
    Oddity(
        "chunks-single",
        head("Transfer-Encoding: chunked") + chunked(*(bytes([one]) for one in JSON)),
    ),
    Oddity(
        "chunk-extension",
        head("Transfer-Encoding: chunked") + b'f;a=1;b="x"\r\n' + JSON + b"\r\n0\r\n\r\n",
    ),
    Oddity(
        "chunk-digits",
        head("Transfer-Encoding: chunked") + b"0000F\r\n" + JSON + b"\r\n000\r\n\r\n",
    ),
    Oddity(
        "trailers",
        head("Transfer-Encoding: chunked", "Trailer: X-T")
        + chunked(JSON)[:-2]
        + b"X-T: 1\r\nContent-Encoding: gzip\r\n\r\n",
    ),
    Oddity(
        "chunk-cut",
        head("Transfer-Encoding: chunked") + b"f\r\n" + JSON + b"\r\n",
        error="status 200, but the connection was closed within a chunked body",
        closes=True,
    ),
    Oddity(
        "chunk-nonsense",
        head("Transfer-Encoding: chunked") + b"xyz\r\n" + JSON + b"\r\n0\r\n\r\n",
        error="status 200, but it is no HTTP within its body: ",
    ),
    Oddity(
        "transfer-gzip",
        head("Transfer-Encoding: gzip, chunked") + chunked(_GZIP),
        error="status 200, but Transfer-Encoding gzip was not asked for",
        witnesses=(),
    ),
    Oddity(
        "both-lengths",
        head("Content-Length: 3", "Transfer-Encoding: chunked") + chunked(JSON),
        error="status 200, but it is no HTTP in its header ",
        witnesses=(),
    ),
    Oddity("length-twice", head("Content-Length: 15", "Content-Length: 15") + JSON),
    Oddity("length-listed", head("Content-Length: 15, 15") + JSON, witnesses=(HTTPX,)),
    Oddity("length-comma", head("Content-Length: 15,") + JSON, witnesses=(CURL,)),
    Oddity(
        "length-twice-after-hints",
        head(status="103 Hints") + head("Content-Length: 15", "Content-Length: 15") + JSON,
    ),
    Oddity(
        "length-wrong-after-hints",
        head(status="103 Hints") + head("Content-Length: x", status="500 OK") + JSON,
        status=500,
        error="status 500, but it is no HTTP in its header 'Content-Length' with 'x'",
        witnesses=(),
    ),
    Oddity("length-zeros", head("Content-Length: 00015") + JSON),
    Oddity("length-spaces", head("Content-Length:   15  ") + JSON),
    Oddity(
        "lengths-differ",
        head("Content-Length: 15", "Content-Length: 16") + JSON,
        error="status 200, but it is no HTTP in its header 'Content-Length' with '16'",
        witnesses=(),
    ),
    *(
        Oddity(
            f"length-wrong-{index}",
            head(f"Content-Length: {text}") + JSON,
            error=f"status 200, but it is no HTTP in its header 'Content-Length' with '{text}'",
            witnesses=(),
        )
        for index, text in enumerate(["-1", "+15", "1e1", "0xf", "15 16", "9" * 30, "fifteen"])
    ),
    Oddity(
        "length-too-long",
        head("Content-Length: 100") + JSON,
        error="status 200, but the body lacks 85 bytes",
        closes=True,
    ),
    Oddity(
        "length-too-short",
        head("Content-Length: 3") + JSON,
        error="status 200, but bytes follow behind its end",
        witnesses=(),
    ),
    Oddity(
        "two-answers",
        2 * whole(JSON),
        error="status 200, but bytes follow behind its end",
        witnesses=(),
    ),
    Oddity(
        "body-after-head",
        whole(JSON),
        error="status 200, but bytes follow behind its end",
        method="HEAD",
        witnesses=(),
    ),
    Oddity("until-close", head() + JSON, closes=True),
    Oddity(
        "until-close-gzip",
        head("Content-Encoding: gzip") + _GZIP,
        wire=len(_GZIP),
        closes=True,
    ),
    Oddity("close", whole(JSON, "Connection: close"), closes=True),
    Oddity("close-listed", whole(JSON, "Connection: x, Close"), closes=True),
    Oddity("old", whole(JSON).replace(b"1.1", b"1.0"), closes=True),
    Oddity("old-until-close", (head() + JSON).replace(b"1.1", b"1.0"), closes=True),
    Oddity(
        "old-chunked",
        head("Transfer-Encoding: chunked", "Connection: keep-alive").replace(b"1.1", b"1.0")
        + chunked(JSON),
        witnesses=(),
    ),
    Oddity(
        "chunked-twice",
        head("Transfer-Encoding: chunked, chunked") + chunked(JSON),
        error="status 200, but Transfer-Encoding chunked stands there twice",
        witnesses=(),
    ),
    Oddity("old-keeps", whole(JSON, "Connection: keep-alive").replace(b"1.1", b"1.0")),
]

HEADS = [
    Oddity("no-reason", whole(JSON, status="200 ")),
    Oddity("no-reason-space", whole(JSON, status="200")),
    Oddity("long-reason", whole(JSON, status="200 " + "very " * 1000 + "OK"), witnesses=(CURL,)),
    Oddity("latin-reason", whole(JSON, status="200 caf\xe9")),
    Oddity("latin-header", whole(JSON, "X-Name: caf\xe9")),
    Oddity("empty-header", whole(JSON, "X-Name:")),
    Oddity("tight-header", whole(JSON, "X-Name:x")),
    Oddity("many-headers", whole(JSON, *(f"X-{one}: {one}" for one in range(90)))),
    Oddity("more-headers", whole(JSON, *(f"X-{one}: {one}" for one in range(3000))), witnesses=()),
    Oddity("long-header", whole(JSON, "X-Long: " + "x" * 40_000)),
    Oddity("upgrade-offered", whole(JSON, "Upgrade: h2c", "Connection: Upgrade")),
    Oddity(
        "http-2",
        whole(JSON).replace(b"1.1", b"2.0"),
        error="status 200, but it is HTTP/2.0, and HTTP/1.1 was spoken",
        witnesses=(),
    ),
    Oddity(
        "endless-head",
        head(*("X: " + "x" * 1000 for _ in range(1200))),
        error="status 200, but its head is longer than 1 MiB",
        witnesses=(),
    ),
    Oddity("folded", whole(JSON, "X-Name: a\r\n b")),
    Oddity(
        "folded-coding",
        whole(_GZIP, "Content-Encoding:\r\n\tgzip"),
        wire=len(_GZIP),
        witnesses=(),
    ),
    Oddity(
        "line-feeds",
        whole(JSON).replace(b"\r\n", b"\n"),
        error="status 200, but it is no HTTP in its head",
        witnesses=(),
    ),
    Oddity(
        "space-before-colon",
        whole(JSON, "X-Name : x"),
        error="status 200, but it is no HTTP in its header 'X-Name '",
        witnesses=(),
    ),
    Oddity(
        "no-colon",
        whole(JSON, "X-Name"),
        error="status 200, but it is no HTTP in its head",
        witnesses=(),
    ),
    Oddity(
        "nul-in-header",
        whole(JSON, "X-Name: a\0b"),
        error="status 200, but it is no HTTP in its header 'X-Name'",
        witnesses=(),
    ),
    *(
        Oddity(name, sent, error="it is no HTTP in its head: ", closes=True, witnesses=())
        for name, sent in (
            ("no-version", whole(JSON)[9:]),
            ("misspelled", whole(JSON)[1:]),
            ("small-letters", b"http" + whole(JSON)[4:]),
            ("short-status", whole(JSON, status="20 OK")),
            ("long-status", whole(JSON, status="2000 OK")),
            ("word-status", whole(JSON, status="OK 200")),
            ("newer", whole(JSON).replace(b"1.1", b"7.3")),
            ("two-digits", whole(JSON).replace(b"1.1", b"1.10")),
            ("no-http", b"SSH-2.0-OpenSSH_9.2\r\n"),
        )
    ),
    Oddity(
        "tls",
        b"\x15\x03\x01\x00\x02\x02\x16",
        closes=True,
        error="it speaks TLS there. Write https:// in the url",
        witnesses=(),
    ),
]

CONNECTIONS = [
    Oddity(
        "dropped",
        b"",
        error="the connection was closed without an answer",
        closes=True,
    ),
    Oddity(
        "dropped-in-head",
        whole(JSON)[:20],
        error="the connection was closed within its head",
        closes=True,
        witnesses=(HTTPX,),
    ),
    Oddity(
        "dropped-after-hints",
        head(status="103 Hints"),
        error="the connection was closed without an answer",
        closes=True,
        witnesses=(HTTPX,),
    ),
]

ODDITIES = [*STATUSES, *BODYLESS, *INTERIM, *CODINGS, *FRAMING, *HEADS, *CONNECTIONS]


@contextmanager
def serving(oddities: list[Oddity]) -> Iterator[tuple[str, list[bytes]]]:
    """A server with one oddity a path; its address, and the heads of the requests that came."""
    by_path = {one.path.encode(): one for one in oddities}
    heads: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        # Some answers make a client hang up at once.
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            while line := lines.readline():
                head_lines = [line]
                while (line := lines.readline()).strip():
                    head_lines.append(line)
                heads.append(b"".join(head_lines))
                oddity = by_path.get(head_lines[0].split(b" ")[1])
                if oddity is None:
                    return
                connection.sendall(oddity.sent)
                if oddity.closes:
                    return

    def accept() -> None:
        while True:
            try:
                connection = server.accept()[0]
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", heads
        finally:
            server.shutdown(socket.SHUT_RDWR)
