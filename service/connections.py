"""Pools of connections to what the service depends on, each with a limited queue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from service.limits import CONNECTIONS_MAX

QUEUE_MAX = CONNECTIONS_MAX
"""The most requests that wait for one pool; further ones fail at once."""
_CONNECT_S = 2
_KEEPALIVE_S = 300


class QueueFullError(httpx.PoolTimeout):
    """As many requests wait already as may."""


class Slots:
    """At most `running_max` blocks at the same moment; others wait, at most `waiting_max`."""

    def __init__(self, running_max: int, waiting_max: int = QUEUE_MAX) -> None:
        self._free = asyncio.Semaphore(running_max)
        self._waiting = 0
        self._waiting_max = waiting_max

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Wait for a slot, and keep it during the block.

        Raises:
            QueueFullError: too many wait already.
        """
        if self._free.locked() and self._waiting >= self._waiting_max:
            raise QueueFullError(f"{self._waiting} requests wait for a connection already")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


class PooledClient(httpx.AsyncClient):
    """A client of one dependency, whose callers take a slot for each request.

    It has no timeout but for connecting: the deadline of each request limits all.
    """

    def __init__(
        self,
        connections_max: int,
        transport_class: type[httpx.AsyncHTTPTransport] = httpx.AsyncHTTPTransport,
        **options: Any,
    ) -> None:
        limits = httpx.Limits(
            max_connections=connections_max,
            max_keepalive_connections=connections_max,
            keepalive_expiry=_KEEPALIVE_S,
        )
        self.slots = Slots(connections_max)
        verify = options.pop("verify", True)
        super().__init__(
            # No retries: they would make failures look like slow answers.
            transport=transport_class(limits=limits, retries=0, verify=verify),
            timeout=httpx.Timeout(None, connect=_CONNECT_S),
            trust_env=False,
            **options,
        )
