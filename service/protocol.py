"""HTTP on one connection: uvicorn's protocol, with limits of heads, times and connections.

They hold before the application sees a request, so they need no token. A request that arrives whole
in one piece costs a few comparisons and no timer.
"""

import asyncio
import resource
import uuid
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.limits import (
    BODY_WITHIN_S,
    CONNECTIONS_MAX,
    HEAD_BYTES_MAX,
    HEAD_WITHIN_S,
    PIPELINED_MAX,
    READ_WITHIN_S,
    RETRY_AFTER_S,
    URL_BYTES_MAX,
)
from service.problems import MEDIA_TYPE, ProblemBody
from service.telemetry import REQUEST_ID_HEADER

_LINGER_S = 2.0
_LINGERING_MAX = 50
"""Connections that are being refused, beyond the most allowed."""

_DETAILS = {
    400: "This is not a valid HTTP request.",
    408: "The request did not arrive in time.",
    414: f"The address is longer than {URL_BYTES_MAX} bytes.",
    431: f"The head or the trailer of the request is larger than {HEAD_BYTES_MAX} bytes.",
    503: "The most allowed connections are open.",
}


class _Part(Enum):
    """What arrives next."""

    NOTHING = 0
    HEAD = 1
    BODY = 2


_WITHIN_S = {_Part.HEAD: HEAD_WITHIN_S, _Part.BODY: BODY_WITHIN_S}


def raise_files_max() -> None:
    """Let this process open as many files as all connections and what they cause need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS_MAX
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _connections_max() -> int:
    files_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    # The other half is for the database, the object store and files.
    return min(CONNECTIONS_MAX, files_max // 2)


class LimitedProtocol(HttpToolsProtocol):
    """Refuses what is too large or too slow with a problem document, and closes the connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._part = _Part.NOTHING
        self._heads = 0
        self._head_bytes = 0  # received since the head began; more if a body ended before it
        self._bare_bytes = 0  # received since the head or the last byte of the body
        self._started = False  # the application has the latest head
        self._refused = 0  # the status
        self._timed: tuple[_Part, int] | None = None  # the part and the head that the timer is for
        self._timer: asyncio.TimerHandle | None = None
        self._reading_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head, unless there are too many connections."""
        super().connection_made(transport)
        beyond = len(self.connections) - _connections_max()
        if beyond > _LINGERING_MAX:
            self._refused = 503
            transport.abort()
        elif beyond > 0:
            self._refuse(503)
        else:
            self._time(_Part.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._set_timer(None, 0, self.transport.abort)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the next bytes, and limit what is still missing."""
        if self._refused:
            # Read and dropped: closing at once would reset the connection, and the client could
            # lose the answer.
            return
        part, heads = self._part, self._heads
        self._head_bytes = len(data) + (self._head_bytes if part is _Part.HEAD else 0)
        self._bare_bytes += len(data)
        super().data_received(data)
        if not self._refused and self._part is _Part.HEAD:
            expected = {_Part.NOTHING: 1, _Part.HEAD: 0, _Part.BODY: None}[part]
            if self._heads - heads != expected:
                # Another message ended in these bytes; how many are of this head is not known.
                self._head_bytes = 0
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refused = 431
        elif self._part is _Part.BODY and self._bare_bytes > HEAD_BYTES_MAX:
            # A trailer, or an extension of a chunk; the parser keeps a line until its end.
            self._refused = self._refused or 431
        if self._refused:
            self._refuse(self._refused)
        elif self._part is _Part.NOTHING and self._answered() and not self.timeout_keep_alive_task:
            # Empty lines between requests, which the parser skips, have ended uvicorn's timer.
            self._time(_Part.HEAD)
        else:
            self._time(self._part)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._part = _Part.HEAD
        self._heads += 1
        self._started = False
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """The next bytes of the address."""
        super().on_url(url)
        if len(self.url) > URL_BYTES_MAX:
            self._refused = self._refused or 414

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head; those of a trailer are dropped, because they would join the head."""
        if self._part is _Part.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is complete: start the application, unless it is too large."""
        self._part = _Part.BODY
        self._bare_bytes = 0
        if self._head_bytes > HEAD_BYTES_MAX and not self._refused:
            lines = sum(len(name) + len(value) + len(b": \r\n") for name, value in self.headers)
            if len(self.url) + lines > HEAD_BYTES_MAX:
                self._refused = 431
        if len(self.pipeline) == PIPELINED_MAX:
            self._refused = self._refused or 503
        if not self._refused:
            super().on_headers_complete()
            # Not if the address cannot be read, which is a 400.
            self._started = True

    def on_body(self, body: bytes) -> None:
        """The next bytes of the body."""
        self._bare_bytes = 0
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request has arrived."""
        self._part = _Part.NOTHING
        if not self._refused:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed."""
        del msg
        self._refused = self._refused or 400

    def close_after_answer(self) -> None:
        """Close the connection after the answer that is under way, if there is one."""
        if not self._answered():
            self.cycle.keep_alive = False

    def pause_writing(self) -> None:
        """The client reads more slowly than the service writes."""
        super().pause_writing()
        if self._reading_timer is None:
            self._reading_timer = self.loop.call_later(READ_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None

    def _time(self, part: _Part) -> None:
        """Run the timer of this part of the current request, if it does not run already."""
        timed = (part, self._heads) if part in _WITHIN_S else None
        if timed != self._timed:
            self._set_timer(timed, _WITHIN_S.get(part, 0), self._late)

    def _set_timer(
        self, timed: tuple[_Part, int] | None, within_s: float, action: Callable[[], None]
    ) -> None:
        self._timed = timed
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(within_s, action) if within_s else None

    def _late(self) -> None:
        if self._part is _Part.NOTHING:
            # No byte of a request has arrived, so nobody waits for an answer.
            self.transport.close()
        else:
            self._refuse(408)

    def _answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _refuse(self, status: int) -> None:
        """Answer with a problem document and close, unless another answer is under way."""
        self._refused = status
        self._unset_keepalive_if_required()
        self._set_timer(None, _LINGER_S, self.transport.abort)
        if self._started and self._part is _Part.BODY:
            if self.pipeline or self.cycle.response_started:
                self.transport.abort()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif not self._answered():
            # The request before this one; the connection is closed after its answer.
            self.close_after_answer()
            self._set_timer(None, 0, self.transport.abort)
            return
        self.transport.write(_answer(status, has_body=self.parser.get_method() != b"HEAD"))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()


def _answer(status: int, *, has_body: bool) -> bytes:
    phrase, request_id = HTTPStatus(status).phrase, uuid.uuid4().hex
    body = ProblemBody(
        title=phrase, status=status, detail=_DETAILS[status], request_id=request_id
    ).model_dump_json(exclude_none=True)
    lines = [
        f"HTTP/1.1 {status} {phrase}",
        f"Content-Type: {MEDIA_TYPE}",
        f"Content-Length: {len(body.encode())}",
        f"{REQUEST_ID_HEADER}: {request_id}",
        *([f"Retry-After: {RETRY_AFTER_S}"] if status == 503 else []),
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", body if has_body else ""]).encode()
