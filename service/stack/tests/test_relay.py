"""The relay between real sockets, with real clocks: distance, width, and TCP's own manners."""

import asyncio
import os
import signal
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psutil
import pytest

from service.stack import StackError, parse_link
from service.stack.relay import LINKS, Link, Relay

WAN = LINKS["wan"]
LATE_S = 0.0015
"""So much more than its link says may a round trip take: timers and waking up."""
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Hop:
    """A relay in front of one listening socket of ours."""

    def __init__(self, link: Link, log: Path) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)
        self.relay = Relay(link, [self.listener.getsockname()[1]], log)
        parts = urlsplit(self.relay.urls[0])
        self.address = (str(parts.hostname), int(parts.port or 0))

    @contextmanager
    def connected(self) -> Iterator[tuple[socket.socket, socket.socket]]:
        """Both ends of a new connection, the near one first."""
        with socket.create_connection(self.address, 10) as near, self.listener.accept()[0] as far:
            far.settimeout(10)
            yield near, far

    def stop(self) -> None:
        """Stop the relay, and listen no more."""
        self.relay.process.stop(5)
        self.listener.close()


@pytest.fixture(scope="module")
def wan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hop]:
    """20 ms and 50 Mbit/s away."""
    hop = Hop(WAN, tmp_path_factory.mktemp("wan") / "log")
    with hop.connected():
        pass  # now it has started
    yield hop
    hop.stop()


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hop]:
    """No distance, and wider than the relay can fill."""
    hop = Hop(Link("0,9999", 0.0, 9999e6), tmp_path_factory.mktemp("beside") / "log")
    yield hop
    hop.stop()


def round_trip(near: socket.socket, far: socket.socket) -> None:
    """Send one byte there and back."""
    near.sendall(b"?")
    far.sendall(far.recv(1))
    near.recv(1)


def timed_round_trip_s(near: socket.socket, far: socket.socket) -> float:
    started_s = time.perf_counter()
    round_trip(near, far)
    return time.perf_counter() - started_s


def sent_until_held(connection: socket.socket, most_bytes: int) -> int:
    """Send until nothing is taken for 0.2 s."""
    connection.settimeout(0.2)
    chunk = bytes(1_000_000)
    sent = 0
    with suppress(TimeoutError):
        while sent < most_bytes:
            sent += connection.send(chunk)
    return sent


def received(connection: socket.socket, size_bytes: int) -> int:
    """Read so many bytes; less only where the connection ends."""
    left = size_bytes
    while left and (content := connection.recv(min(left, 65_536))):
        left -= len(content)
    return size_bytes - left


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lan", None),
        ("region", Link("region", 0.002, 1000e6)),
        ("wan", Link("wan", 0.02, 50e6)),
        ("35,100", Link("35,100", 0.035, 100e6)),
        ("0.5,9999", Link("0.5,9999", 0.0005, 9999e6)),
    ],
)
def test_a_link_has_a_name_or_two_numbers(text: str, expected: Link | None) -> None:
    """Milliseconds and megabits become seconds and bits a second."""
    assert expected == parse_link(text)


@pytest.mark.parametrize("text", ["", "WAN", "35", "35,0", "1000,5", "-1,5", "35,1.5", "3 5,1"])
def test_an_unfit_link_is_refused_with_the_valid_ones(text: str) -> None:
    """One line says what was found and what would do."""
    with pytest.raises(StackError, match=r"is unknown; choose lan, region, wan, or") as caught:
        parse_link(text)

    assert repr(text) in str(caught.value)


def test_a_round_trip_takes_what_the_link_says(wan: Hop) -> None:
    """None takes less than 20 ms, the median hardly more; a new connection takes another first."""
    started_s = time.perf_counter()
    with wan.connected() as (near, far):
        round_trip(near, far)
        first_s = time.perf_counter() - started_s
        batches = [[timed_round_trip_s(near, far) for _ in range(15)]]
        # On a busy machine the test itself wakes up late; a relay that does is late every time.
        while median(batches[-1]) > WAN.rtt_s + LATE_S and len(batches) < 6:
            batches.append([timed_round_trip_s(near, far) for _ in range(15)])

    assert min(map(min, batches)) >= WAN.rtt_s
    assert median(batches[-1]) <= WAN.rtt_s + LATE_S
    assert 2 * WAN.rtt_s <= first_s < 4 * WAN.rtt_s


def test_what_is_measured_is_what_was_asked_for(wan: Hop) -> None:
    """The link's own measurement is never below the round trip, and within 10 % of the width."""
    measured = wan.relay.measure()

    assert WAN.rtt_s <= measured.rtt_s < 2 * WAN.rtt_s
    assert pytest.approx(WAN.bits_per_s, rel=0.1) == measured.bits_per_s


def test_connections_share_the_width(wan: Hop) -> None:
    """Two transfers at once take as long as both after each other."""
    half = bytes(1_000_000)
    with wan.connected() as (near, far), wan.connected() as (other_near, other_far):
        for waiting_near, waiting_far in ((near, far), (other_near, other_far)):
            waiting_near.sendall(b"?")
            waiting_far.recv(1)
        started_s = time.perf_counter()
        far.sendall(half)
        other_far.sendall(half)
        both = received(near, len(half)) + received(other_near, len(half))
        took_s = time.perf_counter() - started_s

    assert 2 * len(half) == both
    assert pytest.approx(8 * both / WAN.bits_per_s + WAN.rtt_s / 2, rel=0.1) == took_s


def test_twenty_transfers_at_once_arrive_whole(beside: Hop) -> None:
    """Each gets back its own bytes, after it has closed its sending side."""
    contents = [os.urandom(200_000 + number) for number in range(20)]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read())[::-1])
        writer.close()
        await writer.wait_closed()

    async def ask(content: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*beside.address)
        writer.write(content)
        writer.write_eof()
        answered = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answered

    async def exchange() -> list[bytes]:
        server = await asyncio.start_server(answer, sock=beside.listener.dup())
        async with server:
            return await asyncio.gather(*map(ask, contents))

    assert [content[::-1] for content in contents] == asyncio.run(exchange())


@pytest.mark.parametrize("breaks", ["near", "far"])
def test_a_reset_is_passed_on(beside: Hop, breaks: str) -> None:
    """A connection that breaks at one end breaks at the other, after what was sent before."""
    with beside.connected() as ends:
        broken, other = ends if breaks == "near" else reversed(ends)
        broken.sendall(b"last words")
        words = received(other, 10)
        broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        broken.close()
        with pytest.raises(ConnectionResetError):
            other.recv(1)

    assert 10 == words


def test_a_half_closed_connection_still_carries_the_answer(beside: Hop) -> None:
    """The end of one direction arrives while the other goes on, and then both are gone."""
    relay = psutil.Process(beside.relay.process.pid)
    before = relay.num_fds()
    with beside.connected() as (near, far):
        near.sendall(b"question")
        near.shutdown(socket.SHUT_WR)
        asked = received(far, 100)
        far.sendall(b"answer")
        answered = received(near, 6)
        during = relay.num_fds()
    deadline_s = time.monotonic() + 5
    while relay.num_fds() > before and time.monotonic() < deadline_s:
        time.sleep(0.01)

    assert (8, 6) == (asked, answered)
    assert (before + 2, before) == (during, relay.num_fds())


def test_nobody_behind_the_relay_is_a_broken_connection(tmp_path: Path) -> None:
    """Where the far side refuses, the near side is reset after a round trip."""
    hop = Hop(LINKS["region"], tmp_path / "log")
    hop.listener.close()
    try:
        with socket.create_connection(hop.address, 10) as near, pytest.raises(ConnectionError):
            near.recv(1)
    finally:
        hop.stop()


def test_a_reader_that_stops_holds_the_sender(beside: Hop) -> None:
    """The relay does not pile up what nobody reads; when reading goes on, nothing is missing."""
    relay = psutil.Process(beside.relay.process.pid)
    most_bytes = 200_000_000
    with beside.connected() as (near, far):
        sent = sent_until_held(far, most_bytes)
        held_bytes = relay.memory_info().rss
        far.shutdown(socket.SHUT_WR)
        arrived = received(near, sent + 1)

    assert sent < most_bytes
    assert held_bytes < 60_000_000
    assert sent == arrived


def test_a_dead_relay_refuses_and_is_explained(tmp_path: Path) -> None:
    """Nobody keeps its ports open, so that clients do not wait for an answer for ever."""
    hop = Hop(LINKS["region"], tmp_path / "log")
    with hop.connected() as (near, _), ExitStack() as stopping:
        stopping.callback(hop.stop)
        pid = hop.relay.process.pid
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        last_words = near.recv(1)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(hop.address, 10)
        with pytest.raises(StackError, match=r"region: nothing comes through\. relay .* SIGKILL"):
            hop.relay.measure()

    assert b"" == last_words
