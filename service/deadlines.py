"""How long a request may wait for others: database, object store and keys share one deadline."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

DEADLINE_S = 5.0


class Deadline:
    """The end of all waiting of one request; it runs from the first wait after the body was read.

    So the time in which a client sends its body does not count. It is a total: an answer that
    arrives byte by byte ends with it, which no timeout of single reads would do.

    Attributes:
        within_s: seconds from the first wait to the end of the last.
    """

    def __init__(self, within_s: float) -> None:
        self.within_s = within_s
        self._left_s = within_s
        self._ends_s: float | None = None

    @asynccontextmanager
    async def limit_before_body(self) -> AsyncIterator[None]:
        """A wait before the body is read: it counts, but does not let the deadline run on."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        try:
            async with asyncio.timeout(self._left_s):
                yield
        finally:
            self._left_s -= loop.time() - started_s

    def limit(self) -> asyncio.Timeout:
        """A block that raises TimeoutError at the deadline, whatever it waits for."""
        if self._ends_s is None:
            self._ends_s = asyncio.get_running_loop().time() + self._left_s
        return asyncio.timeout_at(self._ends_s)


_deadline: ContextVar[Deadline] = ContextVar("deadline")


def current_deadline() -> Deadline:
    """The deadline of the current request; outside of a request a new one."""
    return _deadline.get(None) or Deadline(DEADLINE_S)


@contextmanager
def set_deadline(within_s: float) -> Iterator[None]:
    """All waits of the block end within these seconds."""
    token = _deadline.set(Deadline(within_s))
    try:
        yield
    finally:
        _deadline.reset(token)


class DeadlineMiddleware:
    """Gives each request its deadline."""

    def __init__(self, app: ASGIApp, within_s: float) -> None:
        self._app = app
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        with set_deadline(self._within_s):
            await self._app(scope, receive, send)
