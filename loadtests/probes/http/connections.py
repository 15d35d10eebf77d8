"""Connections to the services under test: opened, kept, and looked at before they are used again.

A request is never sent twice. Only a connection that was found closed before a byte of the request
had left is replaced by a new one, and that is counted.
"""

import socket
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from loadtests.planning.authorities import NO_FILES, TlsFiles
from loadtests.planning.urls import UNIX
from loadtests.probes.http.tls import client_context

if TYPE_CHECKING:
    import ssl

_PORTS = {"http": 80, "https": 443}
_QUEUE_RETRY_S = 0.001


@dataclass(frozen=True)
class Origin:
    """Where requests go.

    Attributes:
        host: a name or an address, without the brackets of an IPv6 address.
        field: as the Host header tells it.
        name: that a certificate must be for.
        path: of a socket in the file system, which has neither host nor port.
    """

    tls: bool
    host: str
    port: int
    field: str
    name: str = ""
    path: str = ""

    @classmethod
    def of(cls, url: str, own_host: str = "") -> Self:
        """The origin of an address that planning has checked.

        Args:
            url: http, https or of a socket.
            own_host: for the Host header and certificates, instead of the address's.
        """
        if url.startswith(UNIX):
            return cls(False, "", 0, own_host or "localhost", path=url.removeprefix(UNIX))
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        shown = f"[{host}]" if ":" in host else host
        usual = _PORTS[parts.scheme]
        port = parts.port or usual
        field = own_host or (shown if port == usual else f"{shown}:{port}")
        return cls(parts.scheme == "https", host, port, field, own_host.partition(":")[0] or host)

    @property
    def shown(self) -> str:
        """Scheme and host, as the addresses that a service gives begin."""
        return f"http{'s' if self.tls else ''}://{self.field}"


@dataclass
class Connection:
    """One connection, while one request has it for itself.

    Attributes:
        opened, replaced: how many were opened for this request, and how many of those because
            those that were kept had been closed.
    """

    socket: socket.socket
    opened: int = 0
    replaced: int = 0


class Connections:
    """The connections of one client; each is kept for later requests to the same origin."""

    def __init__(self, at_once_max: int | None = None, files: TlsFiles = NO_FILES) -> None:
        """Without connections.

        Args:
            at_once_max: how many requests may have one at a time; the next one waits.
            files: what TLS trusts and shows.
        """
        self._files = files
        self._kept: defaultdict[Origin, list[socket.socket]] = defaultdict(list)
        self._tls: ssl.SSLContext | None = None
        self._slots = threading.BoundedSemaphore(at_once_max) if at_once_max else None

    def take(self, origin: Origin, deadline_s: float) -> Connection:
        """A connection that is open as far as anybody can know, until `time.perf_counter` says so.

        Raises:
            OSError: none can be opened.
        """
        if self._slots and not self._slots.acquire(timeout=left_until(deadline_s)):
            raise TimeoutError
        try:
            replaced = 0
            kept = self._kept[origin]
            while kept:
                connection = kept.pop()
                # Neither its end nor a byte that nobody asked for.
                if not has_come(connection):
                    return Connection(connection)
                connection.close()
                replaced = 1
            return Connection(self._opened(origin, deadline_s), opened=1, replaced=replaced)
        except BaseException:
            self._free()
            raise

    def replace(self, origin: Origin, connection: Connection, deadline_s: float) -> None:
        """Open a connection anew that turned out to be closed before anything was sent.

        Raises:
            OSError: none can be opened.
        """
        connection.socket.close()
        connection.socket = self._opened(origin, deadline_s)
        connection.opened = connection.replaced = 1

    def give_back(self, origin: Origin, connection: Connection, *, keep: bool) -> None:
        """Keep a connection for the next request, or close it."""
        if keep:
            self._kept[origin].append(connection.socket)
        else:
            connection.socket.close()
        self._free()

    def _free(self) -> None:
        if self._slots:
            self._slots.release()

    def close(self) -> None:
        """Close those that are kept."""
        for kept in self._kept.values():
            while kept:
                kept.pop().close()

    def _opened(self, origin: Origin, deadline_s: float) -> socket.socket:
        if origin.path:
            return _opened_unix(origin.path, deadline_s)
        address = (origin.host, origin.port)
        connection = socket.create_connection(address, timeout=left_until(deadline_s))
        try:
            # A request leaves in one piece; none may wait for the acknowledgement of the last.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not origin.tls:
                return connection
            if self._tls is None:
                self._tls = client_context(self._files)
            return self._tls.wrap_socket(
                connection, server_hostname=origin.name, suppress_ragged_eofs=False
            )
        except BaseException:
            connection.close()
            raise


def _opened_unix(path: str, deadline_s: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        while True:
            connection.settimeout(left_until(deadline_s))
            try:
                connection.connect(path)
            except BlockingIOError:
                # The service's queue is full. Unlike TCP, the system does not wait for a place.
                time.sleep(_QUEUE_RETRY_S)
            else:
                return connection
    except BaseException:
        connection.close()
        raise


def left_until(deadline_s: float) -> float:
    """The seconds until a time of `time.perf_counter`.

    Raises:
        TimeoutError: none are left.
    """
    left_s = deadline_s - time.perf_counter()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def has_come(connection: socket.socket) -> bool:
    """Whether bytes, or the connection's end, wait to be read."""
    connection.settimeout(0)
    try:
        # Not by its own method, which under TLS takes no flags.
        socket.socket.recv(connection, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
