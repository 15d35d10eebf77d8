"""When a body's first byte arrives over a connection."""

import math
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace

from geventhttpclient import client
from geventhttpclient.connectionpool import ConnectionPool

from loadtests.probes.http.first_byte import TimedResponse, first_byte_s, time_first_bytes

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"


@contextmanager
def connected() -> Iterator[tuple[Callable[[], TimedResponse], socket.socket]]:
    """Reads a response's head from a connection, of which this gives the server's end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with closing(ConnectionPool("127.0.0.1", port, "127.0.0.1", port)) as pool:
            ours = pool.get_socket()
            with server.accept()[0] as theirs:
                yield lambda: TimedResponse(ours, pool), theirs


def test_the_first_piece_of_a_body_is_timed() -> None:
    """The time is that of the first byte: after the head, before the rest."""
    with connected() as (read_head, theirs):
        theirs.sendall(HEAD)
        response = read_head()
        assert response.body_began_s is None
        before_s = time.perf_counter()
        theirs.sendall(b"a")
        response.read(1)
        after_s = time.perf_counter()
        theirs.sendall(b"bc")

        assert b"bc" == response.read()
        assert before_s < first_byte_s(SimpleNamespace(_response=response)) < after_s


def test_a_body_behind_its_head_is_timed() -> None:
    """A body that comes in the same packet as its head has a first byte as well."""
    with connected() as (read_head, theirs):
        before_s = time.perf_counter()
        theirs.sendall(HEAD + b"abc")
        response = read_head()

        assert before_s < first_byte_s(SimpleNamespace(_response=response)) < time.perf_counter()


def test_without_a_body_the_time_is_not_known() -> None:
    """Neither an answer without a body nor a request without an answer has a first byte."""
    with connected() as (read_head, theirs):
        theirs.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        response = read_head()

        assert math.isnan(first_byte_s(SimpleNamespace(_response=response)))
    assert math.isnan(first_byte_s(SimpleNamespace()))
    assert math.isnan(first_byte_s(None))


def test_the_client_makes_timed_responses() -> None:
    """The name that is replaced is the one that the client uses."""
    before = client.__dict__["HTTPSocketPoolResponse"]
    try:
        time_first_bytes()

        assert TimedResponse is client.HTTPClient.request.__globals__["HTTPSocketPoolResponse"]
    finally:
        client.__dict__["HTTPSocketPoolResponse"] = before
