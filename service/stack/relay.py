"""A simulated distance between the service and its stack: a link, and the relay that adds it."""

import re
import select
import socket
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from service.stack.errors import StackError
from service.stack.ports import LOOPBACK, free_ports
from service.stack.process import Command, Process

STOP_WITHIN_S = 2.0

LAN = "lan"
EXPLICIT = r"(\d{1,3}(?:\.\d{1,3})?),([1-9]\d{0,3})"
"""A link given by numbers: round trip in ms, below 1000, and whole Mbit/s, 1 to 9999."""

_PROGRAM = Path(__file__).with_name("relay_program.py")
_MEASURE_S = 0.4  # about, for the round trip and again for the bandwidth
_ROUND_TRIPS_MIN, _ROUND_TRIPS_MAX = 5, 25
_VOLUME_BYTES_MAX = 4_000_000
_CHUNK = bytes(64 * 1024)
_SILENCE_S = 10.0


@dataclass(frozen=True)
class Link:
    """The round trip and the bandwidth of a network link.

    Attributes:
        name: as the user wrote it.
        rtt_s: round trip; half of it in each direction.
        bits_per_s: of each direction, shared by all connections.
    """

    name: str
    rtt_s: float
    bits_per_s: float


LINKS = {
    "region": Link("region", 0.002, 1000e6),
    "wan": Link("wan", 0.020, 50e6),
}
"""The named links; the name lan means no link: plain loopback."""


def parse_link(text: str) -> Link | None:
    """The link with that name, or with that round trip and bandwidth; None for lan.

    Raises:
        StackError: the text is neither.
    """
    if text == LAN:
        return None
    if text in LINKS:
        return LINKS[text]
    numbers = re.fullmatch(EXPLICIT, text)
    if numbers is None:
        raise StackError(
            f"link {text!r} is unknown; choose {', '.join([LAN, *LINKS])}, or a round trip below "
            "1000 ms and whole Mbit/s, such as 35,100."
        )
    return Link(text, float(numbers[1]) / 1e3, float(numbers[2]) * 1e6)


@dataclass(frozen=True)
class Measured:
    """A link's properties as measured on this machine.

    Attributes:
        rtt_s: median round trip of one byte, on an open connection.
        bits_per_s: of one direction, by one connection.
    """

    rtt_s: float
    bits_per_s: float


class Relay:
    """A relay in front of the given loopback ports, with its own port for each of them."""

    name = "relay"

    def __init__(self, link: Link, ports: list[int], log: Path) -> None:
        self.link = link
        # One more route leads back to us, to measure the link without the time of a server.
        (self._echo_port,) = free_ports(1)
        upstream = [*ports, self._echo_port]
        with ExitStack() as spawning:
            # Only the relay keeps them open, so that connections are refused when it dies.
            listeners = [
                spawning.enter_context(socket.create_server((LOOPBACK, 0))) for _ in upstream
            ]
            *self._ports, self._measuring_port = (
                listener.getsockname()[1] for listener in listeners
            )
            fds = [listener.fileno() for listener in listeners]
            argv: list[str | Path] = [sys.executable, "-I", _PROGRAM]
            argv += [f"{link.rtt_s / 2}", f"{link.bits_per_s}"]
            argv += [f"{fd}:{LOOPBACK}:{port}" for fd, port in zip(fds, upstream, strict=True)]
            self.process = Process(self.name, Command(argv, fds=fds), log)

    @property
    def urls(self) -> list[str]:
        """The relay's address for each of the ports, in their order."""
        return [f"http://{LOOPBACK}:{port}" for port in self._ports]

    def measure(self) -> Measured:
        """Measure the link's round trip and bandwidth, in about a second.

        Raises:
            StackError: no data arrive.
        """
        try:
            with (
                socket.create_server((LOOPBACK, self._echo_port)) as echo,
                socket.create_connection((LOOPBACK, self._measuring_port), _SILENCE_S) as near,
            ):
                echo.settimeout(_SILENCE_S)
                with echo.accept()[0] as far:
                    far.settimeout(_SILENCE_S)
                    return self._measure(near, far)
        except OSError as error:
            reason = f"{error.strerror or error}." if self.process.is_alive() else ""
            raise StackError(
                f"link {self.link.name}: no data arrive. {reason or self.process.explain_exit()}"
            ) from error

    def _measure(self, near: socket.socket, far: socket.socket) -> Measured:
        most = int(_MEASURE_S / max(self.link.rtt_s, 1e-6))
        trips = max(_ROUND_TRIPS_MIN, min(_ROUND_TRIPS_MAX, most))
        # The first trip includes the handshake.
        rtt_s = median([_round_trip_s(near, far) for _ in range(trips + 1)][1:])
        volume_bytes = int(min(_VOLUME_BYTES_MAX, _MEASURE_S * self.link.bits_per_s / 8))
        transfer_s = _transfer_s(far, near, volume_bytes)
        return Measured(rtt_s, 8 * volume_bytes / max(transfer_s - rtt_s / 2, 1e-6))


def _round_trip_s(near: socket.socket, far: socket.socket) -> float:
    started_s = time.perf_counter()
    near.sendall(b"?")
    far.sendall(far.recv(1))
    near.recv(1)
    return time.perf_counter() - started_s


def _transfer_s(sender: socket.socket, receiver: socket.socket, volume_bytes: int) -> float:
    """Seconds from the first byte sent to the last byte received."""
    sender.setblocking(False)
    unsent = unreceived = volume_bytes
    started_s = time.perf_counter()
    while unreceived:
        senders = [sender] if unsent else []
        readable, writable, _ = select.select([receiver], senders, [], _SILENCE_S)
        if not readable and not writable:
            raise TimeoutError(f"silent for {_SILENCE_S:g} s")
        if writable:
            unsent -= sender.send(_CHUNK[:unsent])
        if readable:
            content = receiver.recv(len(_CHUNK))
            if not content:
                raise ConnectionResetError("the connection ended")
            unreceived -= len(content)
    return time.perf_counter() - started_s
