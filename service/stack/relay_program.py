"""The relay: a separate program that forwards TCP over a link with a delay and a bandwidth.

    python -I relay_program.py DELAY_S BITS_PER_S FD:HOST:PORT...

Every FD is an inherited listening socket whose connections are forwarded to HOST:PORT. The model is
the same for every run: each direction is one wire for all connections; bytes queue first come first
served at BITS_PER_S and then travel for DELAY_S; a new connection waits one round trip for its
handshake. Not modelled: loss, jitter, slow start, congestion control, bytes of packet headers.

It is a separate process, so that its event loop and the service's do not delay each other. It
imports nothing of the project, so that it starts fast.
"""

import asyncio
import ctypes
import resource
import selectors
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

_CHUNK_BYTES = 32 * 1024
# How much one connection may queue before the wire: 5 ms, like a router with a small buffer, so
# that a small answer does not wait for all of a large one.
_QUEUE_S = 0.005
_QUEUE_BYTES_MIN = 64 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_DESCRIPTORS_MAX = 1024
_PR_SET_TIMERSLACK = 29


class Wire:
    """One direction of the link, shared by all connections."""

    def __init__(self, delay_s: float, bits_per_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._delay_s = delay_s
        self._bits_per_s = bits_per_s
        self._free_at_s = 0.0
        # One queue, because two timers for the same moment could deliver a close before the data.
        self._arrivals: deque[tuple[float, Callable[[], None]]] = deque()
        self._has_timer = False
        bytes_per_s = bits_per_s / 8
        self.window_bytes = bytes_per_s * delay_s + max(_QUEUE_BYTES_MIN, bytes_per_s * _QUEUE_S)

    def carry(self, size_bytes: int, arrive: Callable[[], None]) -> None:
        """Call `arrive` when `size_bytes`, sent now, have arrived at the other end."""
        started_s = max(self._loop.time(), self._free_at_s)
        self._free_at_s = started_s + 8 * size_bytes / self._bits_per_s
        self._arrivals.append((self._free_at_s + self._delay_s, arrive))
        self._set_timer()

    def _set_timer(self) -> None:
        if self._arrivals and not self._has_timer:
            self._has_timer = True
            self._loop.call_at(self._arrivals[0][0], self._deliver)

    def _deliver(self) -> None:
        self._has_timer = False
        while self._arrivals and self._arrivals[0][0] <= self._loop.time():
            _, arrive = self._arrivals.popleft()
            arrive()
        self._set_timer()


class End(asyncio.BufferedProtocol):
    """One end of a relayed connection: its peer sends what it receives, delayed by the wire."""

    _buffer = memoryview(bytearray(_CHUNK_BYTES))  # shared: emptied before any other callback
    _transport: asyncio.Transport

    def __init__(
        self, wire: Wire, peer: "End | None" = None, on_open: Callable[["End"], None] | None = None
    ) -> None:
        self.peer = peer
        self._wire = wire
        self._on_open = on_open
        self._in_flight_bytes = 0
        self._started = False
        self._peer_is_full = False
        self._received_all = False
        self._sent_all = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Do not read until `start`."""
        self._transport = cast("asyncio.Transport", transport)
        # Up to Python 3.11.2 asyncio starts to read after this call, paused or not. A callback that
        # is scheduled now still runs before the first bytes arrive.
        asyncio.get_running_loop().call_soon(self._pace)
        if self._on_open is not None:
            self._on_open(self)

    def start(self) -> None:
        """Read from now on."""
        self._started = True
        self._pace()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the base class's signature
        """The buffer for the next bytes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Put the received bytes on the wire."""
        self._in_flight_bytes += nbytes
        self._wire.carry(nbytes, partial(self._arrive, bytes(self._buffer[:nbytes])))
        self._pace()

    def _arrive(self, content: bytes) -> None:
        self._in_flight_bytes -= len(content)
        assert self.peer is not None, "an end reads only when it has a peer"
        if not self.peer._transport.is_closing():  # noqa: SLF001 - of the same class
            self.peer._transport.write(content)  # noqa: SLF001 - of the same class
        self._pace()

    def eof_received(self) -> bool:
        """Half-close the peer, after the data; True keeps this end open for the answer."""
        assert self.peer is not None, "an end reads only when it has a peer"
        self._received_all = True
        self._wire.carry(0, self.peer.finish)
        self._close_if_done()
        return True

    def finish(self) -> None:
        """Send the end of the stream, after all data."""
        if not self._transport.is_closing():
            self._transport.write_eof()
            self._sent_all = True
            self._close_if_done()

    def _close_if_done(self) -> None:
        if self._received_all and self._sent_all:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Reset the peer of a broken connection; a closed connection needs nothing."""
        if exc is not None and self.peer is not None:
            self._wire.carry(0, self.peer.reset)

    def reset(self) -> None:
        """End the connection with a reset."""
        if not self._transport.is_closing():
            connection: socket.socket = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._transport.abort()

    def pause_writing(self) -> None:
        """Pause the peer: the receiver behind this end does not keep up."""
        if self.peer is not None:
            self.peer.hold(is_full=True)

    def resume_writing(self) -> None:
        """Resume the peer."""
        if self.peer is not None:
            self.peer.hold(is_full=False)

    def hold(self, *, is_full: bool) -> None:
        """Note whether the peer can take more."""
        self._peer_is_full = is_full
        self._pace()

    def _pace(self) -> None:
        """Read only while the wire's window and the peer have room."""
        if self._transport.is_closing() or self._received_all:
            return
        has_room = self._in_flight_bytes < self._wire.window_bytes and not self._peer_is_full
        if has_room and self._started:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()


class Relay:
    """Every connection of one process, over one link."""

    def __init__(self, delay_s: float, bits_per_s: float) -> None:
        self._delay_s = delay_s
        self._there = Wire(delay_s, bits_per_s)
        self._back = Wire(delay_s, bits_per_s)
        self._opening: set[asyncio.Task[None]] = set()

    async def listen(self, listener: socket.socket, host: str, port: int) -> asyncio.Server:
        """Forward the listener's connections."""

        def opened(client: End) -> None:
            task = asyncio.ensure_future(self._open(client, host, port))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: End(self._there, on_open=opened), sock=listener, backlog=2048
        )

    async def _open(self, client: End, host: str, port: int) -> None:
        """Simulate a far server's handshake: the kernel has answered the client at once."""
        await asyncio.sleep(self._delay_s)
        server = End(self._back, peer=client)
        try:
            await asyncio.get_running_loop().create_connection(lambda: server, host, port)
        except OSError:
            await asyncio.sleep(self._delay_s)
            client.reset()
            return
        client.peer = server
        server.start()
        await asyncio.sleep(self._delay_s)
        client.start()


def _new_loop() -> asyncio.AbstractEventLoop:
    # epoll's timeouts are whole milliseconds, select's microseconds.
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def _serve(delay_s: float, bits_per_s: float, routes: Sequence[str]) -> None:
    relay = Relay(delay_s, bits_per_s)
    servers = []
    for route in routes:
        descriptor, host, port = route.split(":")
        listener = socket.socket(fileno=int(descriptor))
        servers.append(await relay.listen(listener, host, int(port)))
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main(argv: Sequence[str]) -> None:
    """Relay until killed."""
    delay_s, bits_per_s, *routes = argv
    if sys.platform == "linux":
        # Timers may otherwise fire 50 microseconds late, to save power.
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1000, 0, 0, 0)
    # select fails for descriptors from 1024 on, so further connections wait instead.
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit > _DESCRIPTORS_MAX:
        resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS_MAX, most))
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(float(delay_s), float(bits_per_s), routes))


if __name__ == "__main__":
    main(sys.argv[1:])
