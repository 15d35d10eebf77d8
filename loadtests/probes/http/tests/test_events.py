"""Events of streams: found in any pieces, timed as they come, and bounded."""

import gzip
import itertools
import math
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.run.observation import LATE, Observation, Place
from loadtests.planning.plan import load_plan
from loadtests.probes.http.events import KEPT_BYTES_MAX, EventReader
from loadtests.probes.http.exchange import Exchange
from loadtests.probes.http.tests.sending import TARGET, job_of, observed, sent, server

SSE = '[[scenarios]]\nname = "s"\nrequest = "GET /"\nevents = "sse"\n'
DONE = f'{SSE}until = "[DONE]"\n'
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
Piece = bytes | float


def read(
    kind: Literal["sse", "lines"], pieces: Iterable[bytes], until: str | None = None
) -> tuple[EventReader, int]:
    """A reader that got the first piece at 0 s, the next at 1 s; and how many bytes it took."""
    reader = EventReader(kind, until)
    taken = 0
    for second, piece in enumerate(pieces):
        taken += reader.feed(piece, float(second))
        if reader.ended:
            break
    reader.close()
    return reader, taken


@pytest.mark.parametrize(
    ("stream", "count"),
    [
        (b"data: a\n\ndata: b\n\n", 2),
        (b"data: a\r\rdata: b\r\n\r\n", 2),
        (b"\xef\xbb\xbfdata: a\n\n", 1),
        (b"data: a\ndata: b\n\n", 1),
        (b"data\n\n", 1),
        (b"id: 1\nevent: x\ndata: a\n\n", 1),
        (b": heartbeat\n\n: data: x\n\nevent: ping\n\n\n\n", 0),
        (b"data: a\n\ndata: torn\n", 1),
        (b" data: a\n\ndatax: a\n\n", 0),
        (b"data: \x00\xff\xfe\n\n", 1),
        (b"", 0),
    ],
)
def test_a_blank_line_ends_an_event_that_has_data(stream: bytes, count: int) -> None:
    """Whatever ends lines; comments, other fields and a torn block are no events."""
    assert count == read("sse", [stream])[0].count
    assert count == read("sse", [stream[at : at + 1] for at in range(len(stream))])[0].count


@pytest.mark.parametrize(
    ("stream", "count"),
    [
        (b'{"a": 1}\n{"a": 2}\n', 2),
        (b'{"a": 1}\r\n\r\n  \n{"a": 2}', 2),
        (b"data: \x00\xff\n", 1),
        (b"\n\n", 0),
    ],
)
def test_a_line_that_is_not_blank_is_an_event(stream: bytes, count: int) -> None:
    """The last one needs no line feed."""
    assert count == read("lines", [stream])[0].count
    assert count == read("lines", [stream[at : at + 1] for at in range(len(stream))])[0].count


@given(
    st.lists(
        st.sampled_from(
            [b"data: a", b":c", b"id: 1", b"data", b"\r", b"\n", b"\n\n", b"\r\n\r\n", b"d", b" "]
        )
    ),
    st.lists(st.integers(0, 60)),
    st.sampled_from([None, "a", "id: 1"]),
)
def test_events_do_not_depend_on_pieces(
    parts: list[bytes], cuts: list[int], until: str | None
) -> None:
    """A stream has as many events, however its bytes come."""
    stream = b"".join(parts)
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = [stream[low:high] for low, high in itertools.pairwise(ends)]
    for kind in ("sse", "lines"):
        whole, taken = read(kind, [stream] if stream else [], until)
        cut, taken_of_pieces = read(kind, pieces, until)
        single, taken_singly = read(kind, [bytes([one]) for one in stream], until)

        assert (whole.count, whole.ended, taken) == (single.count, single.ended, taken_singly)
        assert (cut.count, cut.ended, taken_of_pieces) == (single.count, single.ended, taken_singly)


def test_an_event_is_timed_when_it_is_whole() -> None:
    """Not when it begins, and a blank line's carriage return is enough."""
    pieces = [b": hi\n\n", b"data: a", b"\r\n\r", b"\ndata: b\n", b"\n", b"data: c\n\n", b": end\n"]
    reader, _ = read("sse", pieces)

    assert (3, 2.0, 5.0) == (reader.count, reader.first_s, reader.last_s)


@pytest.mark.parametrize(
    ("kind", "stream", "count", "rest"),
    [
        ("sse", b"data: a\n\ndata: [DONE]\n\ndata: b\n\n", 1, b"data: b\n\n"),
        ("sse", b"data:[DONE] \r\n\r\n", 0, b"\n"),
        ("lines", b"a\n [DONE]\r\nb\n", 1, b"b\n"),
        ("lines", b"a\n[DONE]", 1, b""),
    ],
)
def test_the_last_event_ends_the_stream(
    kind: Literal["sse", "lines"], stream: bytes, count: int, rest: bytes
) -> None:
    """It is not counted; what follows is none of the stream's."""
    reader, taken = read(kind, [stream], "[DONE]")

    assert (True, count, rest) == (reader.ended, count, stream[taken:])


@pytest.mark.parametrize(
    "stream", [b"data: [DONE]x\n\n", b"data: [DONE]\ndata: x\n\n", b": [DONE]\n\n", b"[DONE]\n\n"]
)
def test_only_the_whole_data_is_the_last_event(stream: bytes) -> None:
    """A part of an event, a comment or another field is not."""
    assert not read("sse", [stream], "[DONE]")[0].ended


def test_of_a_huge_event_little_is_kept() -> None:
    """10 MB in one event and an endless line take as much memory as a small event."""
    reader = EventReader("sse", "[DONE]")
    reader.feed(b"data: ", 0.0)
    for _ in range(160):
        reader.feed(b"x" * 2**16, 1.0)

    assert KEPT_BYTES_MAX >= len(reader._line)

    reader.feed(b"\n" + b"data: y\n" * 10_000, 2.0)

    assert KEPT_BYTES_MAX >= len(reader._data)

    reader.feed(b"\n", 3.0)

    assert (1, 3.0) == (reader.count, reader.first_s)


def streaming(
    *pieces: Piece, then_s: float = 0.0, head: bytes = CHUNKED
) -> Callable[[socket.socket, int], None]:
    """A server that answers each request with these chunks; a number is a pause in seconds."""

    def serve(connection: socket.socket, _: int) -> None:
        while True:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                received = connection.recv(2**16)
                if not received:
                    return
                request += received
            connection.sendall(head)
            for piece in pieces:
                if isinstance(piece, float):
                    time.sleep(piece)
                elif head is CHUNKED:
                    connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
                else:
                    connection.sendall(piece)
            time.sleep(then_s)
            if head is not CHUNKED:
                return
            connection.sendall(b"0\r\n\r\n")

    return serve


def send(tmp_path: Path, serve: Callable[[socket.socket, int], None], text: str) -> Observation:
    """What one scenario gives."""
    with server(serve) as url:
        (row,) = observed(tmp_path, url, text)
    return row


@pytest.mark.alone
def test_events_are_timed_while_they_come(tmp_path: Path) -> None:
    """The first, the pace of the others, and the last byte; the answer may end later."""
    pieces: Sequence[Piece] = (b": hi\n\n", 0.1, b"data: 1\n\n", 0.1, b"data: 2\n\n", 0.1)
    row = send(tmp_path, streaming(*pieces, b"data: 3\n\n", then_s=0.1), SSE)

    assert ("", 200, 33) == (row.error, row.status, row.body_bytes)
    assert row.ttfb_s < 0.1 <= row.first_event_s < 0.2
    assert 0.3 <= row.last_byte_s < row.latency_s - 0.05
    # Two events in 0.2 s.
    assert 5 <= row.events_per_s <= 10.5


def test_an_answer_without_events_has_no_such_times(tmp_path: Path) -> None:
    """Of a scenario that states none."""
    text = '[[scenarios]]\nname = "s"\nrequest = "GET /"\n'
    row = send(tmp_path, streaming(b"data: 1\n\n"), text)

    assert "" == row.error
    assert all(math.isnan(one) for one in (row.first_event_s, row.events_per_s, row.last_byte_s))


def test_one_event_has_no_pace(tmp_path: Path) -> None:
    """And events that came at once have none either."""
    one = send(tmp_path, streaming(b"data: 1\n\n"), SSE)
    both = send(tmp_path, streaming(b"data: 1\n\ndata: 2\n\n"), SSE)

    assert ["", ""] == [one.error, both.error]
    assert [True, True] == [math.isnan(one.events_per_s), math.isnan(both.events_per_s)]


@pytest.mark.alone
def test_measuring_ends_with_the_last_event(tmp_path: Path) -> None:
    """What the service sends later is not waited for, and its connection is closed."""
    serve = streaming(b"data: 1\n\n", b"data: [DONE]\n\n", 0.5, b"data: late\n\n")
    with server(serve) as url:
        first, second = observed(tmp_path, url, DONE + DONE.replace('"s"', '"t"'))

    assert ["", ""] == [first.error, second.error]
    assert [23, 23] == [first.body_bytes, second.body_bytes]
    assert first.body_hash == second.body_hash
    assert first.latency_s < 0.4
    assert first.latency_s == pytest.approx(first.last_byte_s, abs=0.02)
    assert (1, 0) == (second.connections_opened, second.connections_replaced)


@pytest.mark.alone
def test_a_connection_whose_answer_ends_soon_is_kept(tmp_path: Path) -> None:
    """The answer's end may come a moment after its last event."""
    with server(streaming(b"data: 1\n\ndata: [DONE]\n\n", then_s=0.002)) as url:
        first, second = observed(tmp_path, url, DONE + DONE.replace('"s"', '"t"'))

    assert ["", ""] == [first.error, second.error]
    assert (1, 0) == (first.connections_opened, second.connections_opened)


def test_the_same_pieces_are_one_body(tmp_path: Path) -> None:
    """Nothing behind the last event is part of the body, also where it came with it."""
    alone = send(tmp_path, streaming(b"data: 1\n\ndata: [DONE]\n\n"), DONE)
    more = send(tmp_path, streaming(b"data: 1\n\ndata: [DONE]\n\n: bye\n\n", b"x"), DONE)

    assert ["", ""] == [alone.error, more.error]
    assert (alone.body_hash, 23) == (more.body_hash, more.wire_bytes)


CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
TORN = "status 200, but the stream ended within an event, before the empty line that ends one"
UNFINISHED = "status 200, but the stream ended without '[DONE]'"
GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("serve", "text", "error"),
    [
        (streaming(b"data: 1\n\n"), DONE, "status 200, but the stream ended without '[DONE]'"),
        (
            streaming(b"data: 1\n\n", head=CLOSING),
            DONE,
            "status 200, but the stream ended without '[DONE]'",
        ),
        (streaming(b": 1\n\n: torn"), SSE, "status 200, but the stream holds no event"),
        (streaming(b"data: 1\n\ndata: 2"), SSE, TORN),
        (streaming(b"data: 1\n\ndata: 2\n"), SSE, TORN),
        (streaming(b"data: [DONE]\n\n"), DONE, "status 200, but the stream holds no event"),
        (
            streaming(gzip.compress(b"data: 1\n\n"), head=GZIP),
            SSE,
            (
                "status 200, but the stream is compressed (gzip), and events are found in plain "
                "text alone: ask for Accept-Encoding: identity, which is the default"
            ),
        ),
        (
            streaming(b"data: 1\n\n", head=CLOSING.replace(b"200 OK", b"503 Busy")),
            SSE,
            "status 503, expected 200",
        ),
        (
            streaming(b"data: 1\n\n", head=CLOSING.replace(b"Conn", b"Content-Length: 99\r\nConn")),
            SSE,
            "status 200, but the body lacks 90 bytes",
        ),
    ],
)
def test_what_is_no_whole_stream_is_an_error(
    tmp_path: Path, serve: Callable[[socket.socket, int], None], text: str, error: str
) -> None:
    """One line says what is wrong with it."""
    assert error == send(tmp_path, serve, text).error


def endless(piece: bytes) -> Callable[[socket.socket, int], None]:
    """A server whose answer does not end."""

    def serve(connection: socket.socket, _: int) -> None:
        connection.recv(2**16)
        connection.sendall(CLOSING + piece)
        with suppress(OSError):
            while True:
                connection.sendall(piece)
                time.sleep(0.01)

    return serve


@pytest.mark.slow
def test_an_endless_stream_names_until(tmp_path: Path) -> None:
    """It is bounded by the time for a whole answer, also where it is one endless line."""
    events, line, none = (
        send(tmp_path, endless(piece), text)
        for piece, text in ((b"data: 1\n\n", SSE), (b"data: 1 ", SSE), (b"data: 1\n\n", DONE))
    )

    assert f"{LATE} 3 s; " in events.error
    assert events.error.endswith(
        "if the stream does not end by itself, state its last event with 'until'"
    )
    assert f"status 200, but {LATE} 3 s" == line.error
    assert none.error.endswith("events had come, none of them '[DONE]'")


def test_a_sequence_has_the_times_of_its_stream(tmp_path: Path) -> None:
    """From when the stream was asked for."""
    text = (
        '[[scenarios]]\nname = "s"\nsequence = [{ request = "GET /" }, { request = "GET /", '
        'events = "sse" }]\n'
    )
    row = send(tmp_path, streaming(0.1, b"data: 1\n\n"), text)

    assert "" == row.error
    assert 0.1 <= row.first_event_s < 0.2 <= row.latency_s


def test_under_load_times_count_from_when_a_request_was_due(tmp_path: Path) -> None:
    """As its latency does; a pace does not depend on when it began."""
    config = tmp_path / "versus.toml"
    with server(streaming(b"data: 1\n\n", 0.1, b"data: 2\n\n")) as url:
        config.write_text(TARGET.format(url=url) + SSE, encoding="utf-8")
        (row,) = sent(job_of(load_plan(config, seed=1)), variants=1, from_due=True)

    assert "" == row.error
    assert 10 < row.first_event_s < row.last_byte_s <= row.latency_s < 11
    assert 5 <= row.events_per_s <= 10.5


def test_plain_text_is_asked_for(tmp_path: Path) -> None:
    """Unless the configuration states otherwise."""
    requests: list[bytes] = []

    def serve(connection: socket.socket, _: int) -> None:
        requests.append(connection.recv(2**16))
        connection.sendall(CLOSING + b"data: 1\n\n")

    own = f'{SSE}headers = {{ accept-encoding = "gzip" }}\n'
    assert ["", ""] == [send(tmp_path, serve, text).error for text in (SSE, own)]
    assert b"\r\nAccept-Encoding: identity\r\n" in requests[0]
    assert b"\r\naccept-encoding: gzip\r\n" in requests[1]
    assert b"identity" not in requests[1]


TOKENS = Path(__file__).parents[4] / "examples" / "tokens" / "server.py"
CHAT = """
[[scenarios]]
name = "chat"
request = "POST /v1/chat/completions"
body = { stream = true }
events = "sse"
until = "[DONE]"
"""


ASKED = (
    b'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n{"stream":true}'
)


def first_event_of(client: socket.socket) -> float:
    """The time to the first event of a client that does nothing else, then the rest is read."""
    began_s = time.perf_counter()
    client.sendall(ASKED)
    received = b""
    while b"}\n\n" not in received:
        received += client.recv(2**16)
    first_s = time.perf_counter() - began_s
    while not received.endswith(b"0\r\n\r\n"):
        received += client.recv(2**16)
    return first_s


@pytest.mark.slow
@pytest.mark.alone
def test_the_time_to_the_first_event_is_that_of_another_client(tmp_path: Path) -> None:
    """Within 2 % of one that only sends and receives, in turns; the first event takes 20 ms."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"TOKENS_READ_MS": "20", "TOKENS_WORD_MS": "1"}
    command = [sys.executable, str(TOKENS), "--port", str(port)]
    config = tmp_path / "versus.toml"
    config.write_text(TARGET.format(url=f"http://127.0.0.1:{port}") + CHAT, encoding="utf-8")
    exchange = Exchange(job_of(load_plan(config, seed=1)))
    client = socket.socket()
    mine: list[float] = []
    others: list[float] = []
    with subprocess.Popen(command, env={**os.environ, **settings}) as service:
        try:
            wait_for(port)
            client.connect(("127.0.0.1", port))
            for number in range(150):
                place = Place(0, 0, 0, number, 0, warmup=False, intended_s=0.0, start_s=0.0)
                row = exchange.send(place)

                assert "" == row.error

                mine.append(row.first_event_s)
                others.append(first_event_of(client))
        finally:
            exchange.close()
            client.close()
            service.terminate()
    # The first requests open connections.
    ratio = statistics.median(mine[5:]) / statistics.median(others[5:])

    assert 0.02 <= statistics.median(others) < 0.03
    assert 1 == pytest.approx(ratio, abs=0.02)


def wait_for(port: int) -> None:
    """Until a server listens."""
    for _ in range(500):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)
    pytest.fail("the server does not listen")
