"""The reference service as a supervised child process."""

import http.client
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from service.stack import binaries
from service.stack.errors import StackError
from service.stack.ports import LOOPBACK
from service.stack.process import Command, Process

READY_WITHIN_S = 30.0
STOP_WITHIN_S = 4.0


class PortTakenError(StackError):
    """The port that was asked for cannot be listened on."""


def listen(port: int) -> socket.socket:
    """A listening loopback socket; port 0 takes a free one."""
    try:
        listener = socket.create_server((LOOPBACK, port), backlog=2048)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise PortTakenError(
            f"port {port} on {LOOPBACK} cannot be used ({reason}). Stop what listens "
            "there, or choose another with --port (0 takes a free one)."
        ) from error
    # Accepted connections inherit it. The server is told of the socket by descriptor, takes it
    # for a Unix socket and would not set it: every answer could then wait 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def past_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that let HTTP clients call the stack directly where a proxy is set."""
    # Some programs read only one spelling, and of two that differ some ignore one.
    listed = [environ.get("no_proxy"), environ.get("NO_PROXY"), LOOPBACK, "localhost"]
    hosts = ",".join(filter(None, listed))
    return {"no_proxy": hosts, "NO_PROXY": hosts}


def app_command(python: str, folder: str, *listening: str) -> list[str]:
    """What serves the code in a folder; `listening` tells it where to, in uvicorn's own options."""
    argv = [python, "-m", "uvicorn", "service.app:create_app", "--factory", "--app-dir", folder]
    argv += [*listening, "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    # A client that pauses between requests keeps its connection.
    argv += ["--log-level", "warning", "--timeout-keep-alive", "75"]
    return [*argv, "--timeout-graceful-shutdown", "2"]


class AppServer:
    """The service behind a listening socket, which the child inherits."""

    name = "service"

    def __init__(self, listener: socket.socket, environment: Mapping[str, str], log: Path) -> None:
        self.port: int = listener.getsockname()[1]
        descriptor = listener.fileno()
        command = Command(
            app_command(sys.executable, str(binaries.PROJECT), "--fd", str(descriptor)),
            environment={**os.environ, **past_proxy(os.environ), **environment},
            fds=[descriptor],
            # It has nothing to save, and a busy event loop would not hear a gentler signal.
            orphan_signal=signal.SIGKILL,
        )
        self.process = Process(self.name, command, log)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}"

    def is_ready(self) -> bool:
        """Whether it says that the database and the bucket answer too."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
