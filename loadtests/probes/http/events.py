"""Answers that are streams: server-sent events or lines, timed while they come.

Events are found as the bytes of a stream are read: a blank line ends a server-sent event that has
data (HTML, 9.2.6), a line feed ends a line. The service wrote all of it, so of an event no more is
kept than it takes to recognise the last one, however long it is.
"""

import math
import re
import socket
import time
from dataclasses import dataclass, replace

import httptools

from contract.config.scenarios import EventKind
from contract.run.observation import Answer
from loadtests.probes.http.codings import elements
from loadtests.probes.http.connections import left_until
from loadtests.probes.http.message import Reply, received

KEPT_BYTES_MAX = 2**13
"""Of the data of one event; longer data ends no stream."""

_REST_S = 0.02
_LINE_ENDS = {"sse": re.compile(rb"\r\n?|\n"), "lines": re.compile(rb"\n")}
_HAS_DATA = re.compile(rb"^data(?::|$)", re.MULTILINE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventReader:
    """Finds the events of one stream.

    Attributes:
        until: the data of the event that ends the stream; None where the answer's end does.
        count: events so far, without the one that ends the stream.
        first_s, last_s: by the clock of `feed`, when the first and the last event were whole; NaN
            where there is none.
        ended: whether the event that ends the stream has come.
    """

    def __init__(self, kind: EventKind, until: str | None) -> None:
        self.until = until
        self.count = 0
        self.first_s = self.last_s = math.nan
        self.ended = False
        self._until = None if until is None else until.encode()
        self._line_end = _LINE_ENDS[kind]
        self._take = self._take_field if kind == "sse" else self._take_line
        self._line = bytearray()
        self._data = bytearray()
        self._has_data = False
        self._is_first_line = True
        self._after_return = False
        self._read_s = math.nan

    def feed(self, piece: bytes, now_s: float) -> int:
        """Take the next bytes of the stream.

        Args:
            piece: at least one byte, without transfer and content codings.
            now_s: when they were read.

        Returns: how many of them belong to the stream: all, unless it ends within them.
        """
        self._read_s = now_s
        begin = 1 if self._after_return and piece.startswith(b"\n") else 0
        # The line feed that may follow belongs to the same end of a line.
        self._after_return = self._line_end is _LINE_ENDS["sse"] and piece.endswith(b"\r")
        # Where the last event cannot be, most of a piece is counted at once: a fast service would
        # otherwise wait for its client.
        at_once = self._until is None or self._until not in piece
        while True:
            if at_once and not (self._line or self._has_data or self._is_first_line):
                begin, at_once = self._count_whole(piece, begin), False
            found = self._line_end.search(piece, begin)
            if found is None:
                break
            self._keep(self._line, piece, begin, found.start())
            self._end_line()
            if self.ended:
                # Whether a line feed came with the carriage return is chance.
                return found.start() + 1
            begin = found.end()
        self._keep(self._line, piece, begin, len(piece))
        return len(piece)

    def close(self) -> None:
        """The stream is at its end, which also ends a line; half a server-sent event is none."""
        if self._line_end is _LINE_ENDS["lines"] and self._line:
            self._end_line()

    @property
    def is_cut_short(self) -> bool:
        """Whether a server-sent event has begun and is not whole."""
        return self._has_data or self._line.startswith(b"data")

    def _count_whole(self, piece: bytes, begin: int) -> int:
        """Count the events that begin and end within a piece, none of them the last.

        Returns: where what was not counted begins.
        """
        if self._line_end is _LINE_ENDS["lines"]:
            end = piece.rfind(b"\n", begin)
            self._add(sum(map(bool, map(bytes.strip, piece[begin : max(end, begin)].split(b"\n")))))
            return max(end + 1, begin)
        blank = b"\r\n\r\n" if b"\r" in piece else b"\n\n"
        end = piece.rfind(blank, begin)
        whole = piece[begin : max(end, begin)].replace(b"\r\n", b"\n")
        if end < begin or b"\r" in whole:
            return begin
        self._add(sum(map(bool, map(_HAS_DATA.search, whole.split(b"\n\n")))))
        return end + len(blank)

    def _end_line(self) -> None:
        line = bytes(self._line)
        self._line.clear()
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        self._take(line)

    def _take_line(self, line: bytes) -> None:
        if line.strip():
            self._end_event(line)

    def _take_field(self, line: bytes) -> None:
        if not line:
            if self._has_data:
                self._end_event(bytes(self._data))
            self._data.clear()
            self._has_data = False
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            if self._has_data:
                value = b"\n" + value.removeprefix(b" ")
            self._keep(self._data, value, 0, len(value))
            self._has_data = True

    def _end_event(self, data: bytes) -> None:
        if data.strip() == self._until:
            self.ended = True
        else:
            self._add(1)

    def _add(self, count: int) -> None:
        if not count:
            return
        if not self.count:
            self.first_s = self._read_s
        self.count += count
        self.last_s = self._read_s

    @staticmethod
    def _keep(kept: bytearray, piece: bytes, begin: int, end: int) -> None:
        kept += piece[begin : min(end, begin + KEPT_BYTES_MAX - len(kept))]


@dataclass(kw_only=True)
class EventReply(Reply):
    """An answer that is a stream; where its last event is stated, nothing behind that is read.

    Attributes:
        reader: of its events.
        body_ended_s: when its last byte was read, by `time.perf_counter`; NaN where none was.
    """

    reader: EventReader
    body_ended_s: float = math.nan
    _whole: bool = False

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        if self.reader.ended:
            return
        if not self.complete:
            body = body[: self.reader.feed(body, self._now_s)]
            self.body_ended_s = self._now_s
        super().on_body(body)
        self.complete |= self.reader.ended

    def on_message_complete(self) -> None:
        """An answer is whole."""
        super().on_message_complete()
        self._whole = self._in_body

    def read_rest(self, connection: socket.socket) -> None:
        """Read what follows the last event for a moment, so that the connection may be kept.

        Most services end the answer at once; the connection of one that goes on is closed.
        """
        if not self.reader.ended:
            return
        deadline_s = time.perf_counter() + _REST_S
        try:
            while not self._whole:
                connection.settimeout(left_until(deadline_s))
                piece = received(connection)
                if not piece:
                    break
                self._parser.feed_data(piece)
        except (OSError, httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._whole = False
        self.keeps_alive = self.keeps_alive and self._whole and not self.surplus

    def hint(self, error: Exception) -> str:
        """What to do about a stream that was too long; empty where that is not what is wrong."""
        count = self.reader.count
        too_long = isinstance(error, TimeoutError) or self.wire_bytes > self.bytes_max
        if not (count and too_long):
            return ""
        so_far = f"; {count:,} event{'s' * (count != 1)} had come"
        if self.reader.until is not None:
            return f"{so_far}, none of them {self.reader.until!r:.80}"
        return f"{so_far}: if the stream does not end by itself, state its last event with 'until'"

    def complaint(self) -> str:
        """What is wrong with a whole answer as a stream; empty where nothing is."""
        self.reader.close()
        stated = elements(self.lines("content-encoding"))
        codings = [one for one in stated if one.lower() != "identity"]
        if codings:
            return (
                f"the stream is compressed ({', '.join(codings):.60}), and events are found in "
                "plain text alone: ask for Accept-Encoding: identity, which is the default"
            )
        if self.reader.until is not None and not self.reader.ended:
            return f"the stream ended without {self.reader.until!r:.80}"
        if self.reader.is_cut_short:
            return "the stream ended within an event, before the empty line that ends one"
        return "" if self.reader.count else "the stream holds no event"

    def timed(self, answer: Answer, began_s: float) -> Answer:
        """An answer with the times of its events.

        Args:
            answer: without them.
            began_s: when it was asked for, by `time.perf_counter`.
        """
        reader = self.reader
        lasted_s = reader.last_s - reader.first_s
        return replace(
            answer,
            first_event_s=reader.first_s - began_s,
            # Events that were read at once have no rate.
            events_per_s=(reader.count - 1) / lasted_s if lasted_s > 0 else math.nan,
            last_byte_s=self.body_ended_s - began_s,
        )
