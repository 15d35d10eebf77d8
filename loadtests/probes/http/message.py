"""HTTP/1.1 on a connection: a request written byte for byte as stated, and its one answer read.

llhttp, through httptools, parses; what it leaves to its user stands here: where an answer ends
(RFC 9112, 6.3), that there is one and no more, and in which words it is told that it is broken.
"""

import math
import re
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httptools

from loadtests.probes.http.codings import elements, shown_limit
from loadtests.probes.http.connections import left_until

HEAD_BYTES_MAX = 2**20
"""Also of the trailers behind a body."""

_PIECE_BYTES = 2**16
_LOOSE_PIECES_MAX = 1024
_INTERIM_MAX = 100
_STATUS_LINE_BYTES = len(b"HTTP/1.1 101")
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection", b"content-encoding"})
# Sent where the configuration states no other; what Versus can decode.
_DEFAULTS = {"User-Agent": "versus", "Accept": "*/*", "Accept-Encoding": "gzip, deflate, br"}
_EARLY_ANSWER_EVERY_S = 0.05
_TLS_ALERT = b"\x15\x03"
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(rb"\r\n[ \t]+")
_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)[ \r\n]")


class BrokenAnswerError(Exception):
    """An answer that HTTP does not allow, or only a part of one; the message says what."""


def request_bytes(
    method: str, target: str, host: str, headers: Mapping[str, str], body: bytes | None
) -> bytes:
    """A whole request.

    Args:
        method: in capitals.
        target: path and query, in ASCII; nothing of it is changed.
        host: for the Host header, where `headers` has none.
        headers: as stated, names spelled as they are.
        body: what follows the head.
    """
    stated = {name.lower() for name in headers}
    lines = [f"{method} {target} HTTP/1.1"]
    if "host" not in stated:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"{name}: {text}" for name, text in _DEFAULTS.items() if name.lower() not in stated]
    if body is not None or method in {"POST", "PUT", "PATCH"}:
        lines.append(f"Content-Length: {len(body or b'')}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


@dataclass(frozen=True)
class Sent:
    """What came of sending a request.

    Attributes:
        early: bytes of the answer that came meanwhile.
        whole: whether all of the request was sent.
    """

    early: bytes
    whole: bool


def send(connection: socket.socket, request: bytes, deadline_s: float) -> Sent:
    """Send a request, until all of it is sent or its final answer begins.

    A service may answer before it has read a large body, and never read the rest. What is interim
    (1xx) is no answer yet: the body follows.

    Raises:
        ConnectionError: before any byte was sent; what happens later shows when the answer is read.
        TimeoutError: the deadline of `time.perf_counter` has come.
    """
    sent, early = 0, b""
    data = memoryview(request)
    large = len(data) > _PIECE_BYTES
    while sent < len(data):
        left_s = left_until(deadline_s)
        connection.settimeout(min(left_s, _EARLY_ANSWER_EVERY_S) if large else left_s)
        try:
            sent += connection.send(data[sent : sent + _PIECE_BYTES])
        except TimeoutError:
            if not large:
                raise
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            if sent == 0:
                raise ConnectionResetError from None
            return Sent(early, whole=False)
        if sent < len(data):
            piece = _waiting(connection)
            early += piece or b""
            if piece == b"" or len(early) > HEAD_BYTES_MAX or _is_final(early):
                return Sent(early, whole=False)
    return Sent(early, whole=True)


def _waiting(connection: socket.socket) -> bytes | None:
    """What has come already; empty where the connection has ended, None where nothing has come."""
    connection.settimeout(0)
    try:
        return connection.recv(_PIECE_BYTES)
    except (BlockingIOError, ssl.SSLWantReadError):
        return None
    except OSError:
        return b""


def _is_final(early: bytes) -> bool:
    """Whether more than interim answers has come, or what is no answer."""
    at = 0
    while interim := _INTERIM.match(early, at):
        at = interim.end()
    rest = early[at : at + _STATUS_LINE_BYTES]
    beginnings = (b"HTTP/1.1 1", b"HTTP/1.0 1")
    if len(rest) < len(beginnings[0]):
        return not any(one.startswith(rest) for one in beginnings)
    return not rest.startswith(beginnings) or rest.startswith(b"HTTP/1.1 101")


@dataclass
class Reply:
    """One answer while it is read, and httptools' protocol.

    Attributes:
        wanted: names, in small letters, of the headers that are kept.
        bytes_max: of a body as transferred.
        bodyless: whether the answer has no body, whatever its headers say, as after HEAD.
        status: 0 until it is known.
        fields: values of the wanted headers by name, line by line.
        wire_bytes: of the body so far, as transferred, without the marks of chunks.
        body_began_s: by `time.perf_counter`; NaN where no byte of a body has come.
        stall_s: the longest wait between two pieces of the answer.
        surplus: whether more has come than one answer.
    """

    wanted: frozenset[bytes]
    bytes_max: int
    bodyless: bool = False
    status: int = 0
    fields: dict[bytes, list[str]] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    wire_bytes: int = 0
    body_began_s: float = math.nan
    stall_s: float = 0.0
    surplus: bool = False
    complete: bool = False
    keeps_alive: bool = False
    _in_body: bool = False
    _now_s: float = 0.0
    _parser: Any = None
    _joined: int = 0
    _unseen_bytes: int = 0
    _heads_seen: int = 0

    def read(self, connection: socket.socket, deadline_s: float, early: bytes = b"") -> None:
        """Read the whole answer, of which some may have come already.

        Raises:
            BrokenAnswerError: it is none, or not whole.
            OSError: the connection broke, or the deadline of `time.perf_counter` has come.
        """
        head: bytes = b""
        piece: bytes | None = early
        self._now_s = time.perf_counter() if early else 0.0
        while True:
            if piece and self._in_body:
                self._feed_body(piece)
            elif piece:
                head = self._heads(head + piece)
            if self.complete:
                break
            connection.settimeout(left_until(deadline_s))
            piece = received(connection)
            last_s, self._now_s = self._now_s, time.perf_counter()
            if last_s:
                self.stall_s = max(self.stall_s, self._now_s - last_s)
            if not piece:
                self._end(head, cut=piece is None)
                return
        if self.surplus:
            raise BrokenAnswerError("bytes follow behind its end")

    def _heads(self, received: bytes) -> bytes:
        """Parse each head that is whole, interim ones too; what is left of one that is not."""
        while received and not self._in_body:
            end = _HEAD_END.search(received)
            if end is None and len(received) > HEAD_BYTES_MAX:
                self.status = _status_in(received)
                raise BrokenAnswerError(f"its head is longer than {HEAD_BYTES_MAX >> 20} MiB")
            if end is None and (b"\n" not in received or _status_in(received)):
                return received
            head = received[: end.end()] if end else received
            received = received[len(head) :]
            if _FOLDED.search(head):
                # RFC 9112, 5.2: a line that begins with a space goes on with the one before it.
                head = _FOLDED.sub(b" ", head)
            if self._heads_seen > _INTERIM_MAX:
                raise BrokenAnswerError(f"more than {_INTERIM_MAX} interim answers (1xx) came")
            self._heads_seen += 1
            self.fields.clear()
            self._parser = httptools.HttpResponseParser(self)
            self._feed(head, head)
            if (version := self._parser.get_http_version()) not in {"1.0", "1.1"}:
                raise BrokenAnswerError(f"it is HTTP/{version}, and HTTP/1.1 was spoken")
        if received and self.complete:
            self.surplus = True
        elif received:
            self._feed_body(received)
        return b""

    def _feed_body(self, piece: bytes) -> None:
        """Parse a piece of a body, and keep what a service can make of one within bounds."""
        bytes_before = self.wire_bytes
        self._feed(piece, b"")
        if self.wire_bytes > bytes_before:
            self._unseen_bytes = 0
        else:
            self._unseen_bytes += len(piece)
            if self._unseen_bytes > HEAD_BYTES_MAX:
                raise BrokenAnswerError(
                    f"its trailers, or the marks of its chunks, are longer than "
                    f"{HEAD_BYTES_MAX >> 20} MiB"
                )
        if self.wire_bytes > self.bytes_max:
            raise BrokenAnswerError(f"its body is larger than {shown_limit(self.bytes_max)}")
        # Chunks of one byte take forty times their size.
        if len(self.pieces) - self._joined > _LOOSE_PIECES_MAX:
            self.pieces[self._joined :] = [b"".join(self.pieces[self._joined :])]
            self._joined += 1

    def _feed(self, piece: bytes, head: bytes) -> None:
        """Parse a head, or a piece of a body."""
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            # 101: what follows is no HTTP.
            self.complete, self.keeps_alive = True, False
        except httptools.HttpParserError as error:
            if self.complete:
                self.surplus = True
            elif once := _with_one_length(head):
                self.fields.clear()
                self._parser = httptools.HttpResponseParser(self)
                self._feed(once, b"")
            elif head.startswith(_TLS_ALERT):
                raise BrokenAnswerError("it speaks TLS there. Write https:// in the url") from None
            else:
                self.status = self.status or _status_in(head)
                where = "within its body" if self._in_body else _where_broken(head)
                raise BrokenAnswerError(f"it is no HTTP {where}: {error}") from None

    def _end(self, head: bytes, *, cut: bool) -> None:
        """The connection was closed, which may be how an answer ends; but not where TLS was cut."""
        lengths, codings = self.lines("content-length"), tokens(self.lines("transfer-encoding"))
        if self._in_body and not lengths and "chunked" not in codings:
            if cut:
                raise BrokenAnswerError("the connection was cut off, TLS was not closed")
            self.complete, self.keeps_alive = True, False
            return
        if not head and not self._in_body:
            raise BrokenAnswerError("the connection was closed without an answer")
        if not self._in_body:
            self._parser = httptools.HttpResponseParser(self)
            self._feed(head, head)
            raise BrokenAnswerError("the connection was closed within its head")
        if lengths:
            lacking = int(lengths[-1]) - self.wire_bytes
            raise BrokenAnswerError(f"the body lacks {lacking} bytes")
        raise BrokenAnswerError("the connection was closed within a chunked body")

    def lines(self, name: str) -> list[str]:
        """The values of a wanted header; an answer may hold several lines of it."""
        return self.fields.get(name.encode("latin-1"), [])

    # httptools calls what follows.

    def on_message_begin(self) -> None:
        """An answer begins; behind the end of one there is none to begin."""
        if self.complete:
            self.surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head; of trailers nothing is wanted."""
        name = name.lower()
        if not self._in_body and (name in self.wanted or name in _FRAMING):
            self.fields.setdefault(name, []).append(value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        """The head is whole; often that ends the answer."""
        if self.complete:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:
            return
        self.status, self._in_body = status, True
        options, version = tokens(self.lines("connection")), self._parser.get_http_version()
        if version == "1.1":
            self.keeps_alive = "close" not in options
        else:
            # RFC 9112, 6.1: a coding for transfer in HTTP/1.0 may be somebody else's.
            self.keeps_alive = "keep-alive" in options and not self.lines("transfer-encoding")
        if self.bodyless or self.status in {101, 204, 304}:
            self.complete = True

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        if self.complete:
            self.surplus = True
            return
        if not self.pieces:
            self.body_began_s = self._now_s
        self.pieces.append(body)
        self.wire_bytes += len(body)

    def on_message_complete(self) -> None:
        """An answer is whole; after an interim one (1xx) comes another."""
        if self._in_body:
            self.complete = True
        else:
            self.fields.clear()


def received(connection: socket.socket) -> bytes | None:
    """What comes next; empty at the end, None where it ended without TLS having been closed."""
    try:
        return connection.recv(_PIECE_BYTES)
    except ssl.SSLError as error:
        # Python 3.11.2 has no class of its own for it.
        if isinstance(error, ssl.SSLEOFError) or "UNEXPECTED_EOF" in str(error.reason):
            return None
        raise


def tokens(lines: Sequence[str]) -> set[str]:
    """The words of a header that is a list, in small letters."""
    return {element.lower() for element in elements(lines)}


def _status_in(head: bytes) -> int:
    """The status of a head that is broken behind its first line; 0 where that line is."""
    found = _STATUS_LINE.match(head)
    return int(found[1]) if found else 0


def _with_one_length(head: bytes) -> bytes:
    """A head that states its body's length once instead of several times alike.

    RFC 9110, 8.6, lets a recipient take that for one length; llhttp does not. Empty where that is
    not what is wrong.
    """
    lines = head.split(b"\r\n")
    stated = [line for line in lines if line.lower().startswith(b"content-length:")]
    lengths = [one.strip() for line in stated for one in line.partition(b":")[2].split(b",")]
    once = {one for one in lengths if one}
    if len(lengths) < 2 or len(once) != 1 or not lengths[0].isdigit():
        return b""
    kept = [line for line in lines if line not in stated]
    return b"\r\n".join([kept[0], b"Content-Length: " + lengths[0], *kept[1:]])


def _where_broken(head: bytes) -> str:
    """Which line of a head cannot be parsed; its value only where that cannot be a secret."""
    lines = head[:HEAD_BYTES_MAX].split(b"\n")
    parser = httptools.HttpResponseParser(object())
    for line in lines:
        try:
            parser.feed_data(line + b"\n")
        except httptools.HttpParserUpgrade:
            break
        except httptools.HttpParserError:
            name, colon, value = line.strip().decode("latin-1").partition(":")
            if not colon:
                return "in its head"
            if name.strip().lower().encode("latin-1") not in _FRAMING:
                return f"in its header {name!r:.60}"
            return f"in its header {name!r:.60} with {value.strip()!r:.60}"
    return "in its head"
