"""The reference service as a supervised child process."""

import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from service.limits import DRAIN_WITHIN_S, UNDO_WITHIN_S
from service.stack import binaries
from service.stack.errors import StackError
from service.stack.ports import LOOPBACK, answers_ok
from service.stack.process import Command, Process

READY_WITHIN_S = 30.0
# Longer than the service itself takes at most.
STOP_WITHIN_S = DRAIN_WITHIN_S + UNDO_WITHIN_S + 3


class PortTakenError(StackError):
    """The requested port is not available."""


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
    # Accepted connections inherit it: without it an answer could wait 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def past_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that let HTTP clients call the stack directly although a proxy is set."""
    # Some programs read only one spelling; some ignore one of two that differ.
    listed = [environ.get("no_proxy"), environ.get("NO_PROXY"), LOOPBACK, "localhost"]
    hosts = ",".join(filter(None, listed))
    return {"no_proxy": hosts, "NO_PROXY": hosts}


def app_command(python: str, folder: str, *listening: str) -> list[str]:
    """The command that serves the code in a folder; `listening`: the server's options for where."""
    return [python, f"{folder}/service/server.py", *listening]


class AppServer:
    """The service as a child process that inherits its listening socket."""

    name = "service"

    def __init__(self, listener: socket.socket, environment: Mapping[str, str], log: Path) -> None:
        self.port: int = listener.getsockname()[1]
        descriptor = listener.fileno()
        command = Command(
            app_command(sys.executable, str(binaries.PROJECT), "--fd", str(descriptor)),
            environment={**os.environ, **past_proxy(os.environ), **environment},
            fds=[descriptor],
            # It has nothing to save, and a busy event loop would not handle a gentler signal.
            orphan_signal=signal.SIGKILL,
        )
        self.process = Process(self.name, command, log)

    @property
    def url(self) -> str:
        """The service's address."""
        return f"http://{LOOPBACK}:{self.port}"

    def is_ready(self) -> bool:
        """Whether it answers, and the database and the bucket answer it."""
        return answers_ok(self.port, "/readyz", timeout_s=2)
