"""A TCP relay between the service and a dependency that can spoil what passes through it."""

import socket
import struct
import threading
from collections.abc import Callable
from enum import StrEnum
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 65_536
_DRIP_S = 0.5
_GARBAGE = bytes(range(255, 127, -1)) * 2


class Fault(StrEnum):
    """What the relay does with an answer."""

    NONE = "none"
    RESET = "reset"
    HALF = "half an answer"
    DRIP = "a byte every half second"
    GARBAGE = "garbage"
    OVERLOADED = "429"
    BROKEN = "500"


def http_answer(fault: Fault) -> bytes:
    """A gateway's answer that names the fault."""
    phrase = "Too Many Requests" if fault is Fault.OVERLOADED else "Internal Server Error"
    return (
        f"HTTP/1.1 {fault} {phrase}\r\nRetry-After: 7\r\nConnection: close\r\n"
        "Content-Type: text/html\r\nContent-Length: 4\r\n\r\noops"
    ).encode()


def postgres_answer(fault: Fault) -> bytes:
    """Postgres' own error of that kind, too many connections or internal; then it is ready."""
    code = b"53300" if fault is Fault.OVERLOADED else b"XX000"
    fields = b"SERROR\0VERROR\0C" + code + b"\0Moops\0\0"
    return b"E" + struct.pack("!I", len(fields) + 4) + fields + b"Z\0\0\0\5I"


class FaultyRelay:
    """Passes connections on to a loopback port, with the fault that is set at the moment.

    Attributes:
        port: where it listens.
        fault: concerns what arrives from now on, on open connections too.
    """

    def __init__(self, target: int, error_answer: Callable[[Fault], bytes]) -> None:
        self.fault = Fault.NONE
        self._target = target
        self._error_answer = error_answer
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._stopped = threading.Event()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stopped.set()
        # Closing alone would not wake the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in list(self._open):
            _close(one)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                _close(near)
                continue
            far.settimeout(None)
            self._open |= {near, far}
            for work in (self._forward, self._answer):
                threading.Thread(target=work, args=(near, far), daemon=True).start()

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        """What the service sends, to its dependency."""
        try:
            while content := near.recv(_CHUNK_BYTES):
                if self.fault is Fault.RESET:
                    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                if self.fault is Fault.GARBAGE:
                    self._answer_instead(near, _GARBAGE)
                    break
                if self.fault in {Fault.OVERLOADED, Fault.BROKEN}:
                    if self._error_answer is postgres_answer:
                        near.sendall(self._error_answer(self.fault))
                        continue
                    self._answer_instead(near, self._error_answer(self.fault))
                    break
                far.sendall(content)
        except OSError:
            pass
        finally:
            self._open -= {near, far}
            _close(near)
            _close(far)

    @staticmethod
    def _answer_instead(near: socket.socket, content: bytes) -> None:
        near.sendall(content)
        near.shutdown(socket.SHUT_WR)
        # Closing before all was read would reset the connection, and with it the answer.
        near.settimeout(1)
        while near.recv(_CHUNK_BYTES):
            pass

    def _answer(self, near: socket.socket, far: socket.socket) -> None:
        """What the dependency answers, to the service."""
        try:
            while content := far.recv(_CHUNK_BYTES):
                if self.fault is Fault.HALF:
                    near.sendall(content[: len(content) // 2])
                    break
                self._send(near, content)
        except OSError:
            pass
        finally:
            _close(near)
            _close(far)

    def _send(self, near: socket.socket, content: bytes) -> None:
        for position in range(len(content)):
            if self.fault is not Fault.DRIP:
                near.sendall(content[position:])
                return
            near.sendall(content[position : position + 1])
            self._stopped.wait(_DRIP_S)


def _close(one: socket.socket) -> None:
    # Without it, a thread that waits for this socket would keep the connection open.
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        one.close()
