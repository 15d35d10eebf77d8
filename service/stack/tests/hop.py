"""A relay between real sockets, for the tests of the relay."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from service.stack.relay import Link, Relay


class Hop:
    """A relay in front of one listening socket."""

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
        """Stop the relay, and close the listening socket."""
        self.relay.process.stop(5)
        self.listener.close()
