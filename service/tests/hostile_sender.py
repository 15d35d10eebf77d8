"""Sends hostile requests at a steady rate, as a program of its own, and judges the answers.

`python -m service.tests.hostile_sender`, with the order as JSON on stdin, prints one JSON object.
"""

import asyncio
import contextlib
import json
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from service.tests.hostile_requests import LEAVE_AFTER_S, Hostile, World, hostile_request

PER_S = 50
LATE_S = 1.0
"""What a busy machine may add to a deadline."""
_SILENT_S = 1.0
_CONNECTED_WITHIN_S = 5.0


@dataclass(frozen=True)
class Order:
    """What to send where."""

    port: int
    seed: int
    count: int
    world: World


@dataclass(frozen=True)
class Outcome:
    """What followed one request.

    Attributes:
        statuses: of all answers on its connection.
        seconds: from the last byte sent to the last byte received.
        wrong: what is wrong with it; empty if nothing is.
    """

    number: int
    kind: str
    statuses: tuple[int, ...]
    seconds: float
    wrong: str


@dataclass
class _Answers:
    """Statuses and bodies of the answers in some bytes, and the fault in them."""

    statuses: list[int]
    fault: str = ""


def _describes(kind: bytes, body: bytes, status: int) -> bool:
    """Whether a body is a page, or a problem document of this status."""
    if kind.startswith(b"text/html"):
        return True
    return kind == b"application/problem+json" and json.loads(body)["status"] == status


def parse_answers(received: bytes, bodyless: bool) -> _Answers:
    """Read complete answers one after the other; errors must be problem documents or pages."""
    found = _Answers([])
    left = received
    while left:
        head, end, left = left.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        if not end or not first.startswith(b"HTTP/1.1 "):
            found.fault = f"no answer: {(head + end)[:80]!r}"
            return found
        status = int(first.split()[1])
        if status == 100:
            continue
        fields = dict(line.lower().split(b": ", 1) for line in lines)
        has_body = not bodyless and status not in {204, 304}
        length = int(fields.get(b"content-length", b"-1")) if has_body else 0
        if not 0 <= length <= len(left):
            found.fault = f"{status} with {len(left)} bytes of {length}"
            return found
        body, left = left[:length], left[length:]
        found.statuses.append(status)
        kind = fields.get(b"content-type", b"")
        if status >= 400 and has_body and not _describes(kind, body, status):
            found.fault = f"{status} is no problem document"
        if status in {429, 503} and not fields.get(b"retry-after", b"").isdigit():
            found.fault = f"{status} without Retry-After"
    return found


class _Exchange:
    """What one connection sends and receives.

    Attributes:
        received: all bytes.
        sent_s, received_s: the moments of the last byte of each direction.
    """

    def __init__(self, client: socket.socket, request: Hostile) -> None:
        self._client = client
        self._request = request
        self.received = bytearray()
        self.sent_s = self.received_s = time.monotonic()

    async def run(self) -> bool:
        """Send and receive; whether the service ended the connection.

        An answer need not end it: after one, a second of silence is the end, too.
        """
        sending = asyncio.create_task(self._send())
        reading = asyncio.create_task(self._read())
        try:
            while not reading.done():
                await asyncio.wait({reading}, timeout=0.1)
                if time.monotonic() - max(self.sent_s, self.received_s) > self._patience_s():
                    break
            return reading.done()
        finally:
            for task in (sending, reading):
                task.cancel()
            await asyncio.gather(sending, reading, return_exceptions=True)

    def _patience_s(self) -> float:
        if self._request.leaves:
            return LEAVE_AFTER_S
        return _SILENT_S if self.received else self._request.within_s + LATE_S

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        # The service may refuse a request, and close, before all of it is sent.
        with contextlib.suppress(ConnectionError):
            for at, piece in enumerate(self._request.pieces):
                if at:
                    await asyncio.sleep(self._request.pause_s)
                await loop.sock_sendall(self._client, piece)
                self.sent_s = time.monotonic()

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while part := await loop.sock_recv(self._client, 1 << 20):
                self.received += part
                self.received_s = time.monotonic()


async def send(port: int, number: int, request: Hostile) -> Outcome:
    """Send one request on a connection of its own, and judge what follows."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setblocking(False)
        try:
            async with asyncio.timeout(_CONNECTED_WITHIN_S):
                await loop.sock_connect(client, ("127.0.0.1", port))
        except (OSError, TimeoutError) as error:
            return Outcome(number, request.kind, (), 0.0, f"no connection: {error!r}")
        exchange = _Exchange(client, request)
        ended = await exchange.run()
    seconds = max(exchange.received_s - exchange.sent_s, 0.0)
    found = parse_answers(bytes(exchange.received), request.pieces[0].startswith(b"HEAD "))
    wrong = ""
    if unexpected := [status for status in found.statuses if status not in request.right]:
        wrong = f"{unexpected}, where {request.right} are right"
    elif not request.leaves:
        if found.fault:
            wrong = found.fault
        elif not found.statuses:
            wrong = "closed without an answer" if ended else "no answer in time"
        elif seconds > request.within_s + LATE_S:
            wrong = f"answered after {seconds:.1f} s"
    return Outcome(number, request.kind, tuple(found.statuses), seconds, wrong)


async def send_at_rate(order: Order) -> list[Outcome]:
    """Send each request when it is due, however long others take."""
    started_s = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        sent = []
        for number in range(order.count):
            request = hostile_request(order.seed, number, order.world)
            await asyncio.sleep(started_s + number / PER_S - time.monotonic())
            sent.append(tasks.create_task(send(order.port, number, request)))
    return [task.result() for task in sent]


def summary_of(outcomes: list[Outcome], lasted_s: float) -> dict[str, Any]:
    """Counts by status and by kind, the longest answer, and all that is wrong."""
    statuses = Counter(status for outcome in outcomes for status in outcome.statuses)
    return {
        "sent": len(outcomes),
        "lasted_s": lasted_s,
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
        "kinds": dict(Counter(outcome.kind for outcome in outcomes)),
        "seconds_max": max(
            (one.seconds for one in outcomes if one.kind != "unfinished"), default=0
        ),
        "wrong": [
            f"{outcome.kind}, number {outcome.number}: {outcome.wrong}"
            for outcome in outcomes
            if outcome.wrong
        ],
    }


def main() -> None:
    """Read the order, carry it out, print the summary."""
    fields = json.load(sys.stdin)
    order = Order(**(fields | {"world": World(**fields["world"])}))
    started_s = time.monotonic()
    outcomes = asyncio.run(send_at_rate(order))
    json.dump(summary_of(outcomes, time.monotonic() - started_s), sys.stdout)


if __name__ == "__main__":
    main()
