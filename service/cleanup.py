"""Work after an answer: removing what a failed request left, without making its caller wait."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import Context

from service.deadlines import set_deadline
from service.limits import UNDO_WITHIN_S
from service.logs import log
from service.problems import Problem

TASKS_MAX = 100
"""The most requests after which is cleaned up at the same moment."""


class Cleanup:
    """Runs clean-ups, each within a deadline of its own; what one leaves is logged.

    What failed for a request may go on failing, so a clean-up never retries, and while too many
    run, further ones are logged only.

    Attributes:
        within_s: the deadline of each, in seconds.
    """

    def __init__(self, within_s: float) -> None:
        self.within_s = within_s
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, work: Callable[[], Awaitable[None]], leftover: str) -> None:
        """Start a clean-up and return at once; `leftover` names what stays if it fails."""
        if len(self._running) >= TASKS_MAX:
            log.warning("not cleaned up", leftover=leftover, cause="too many clean-ups run")
            return
        # Without the request's context: its deadline is over, and its cost is reported.
        task = asyncio.get_running_loop().create_task(self._run(work, leftover), context=Context())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Wait for those that run, at most until their deadline or as a service that stops may."""
        if self._running:
            await asyncio.wait(self._running, timeout=min(self.within_s, UNDO_WITHIN_S))

    async def _run(self, work: Callable[[], Awaitable[None]], leftover: str) -> None:
        try:
            with set_deadline(self.within_s):
                await work()
        except Problem as problem:
            log.warning("not cleaned up", leftover=leftover, cause=problem.cause)


@asynccontextmanager
async def open_cleanup(within_s: float) -> AsyncIterator[Cleanup]:
    """Clean-ups for the length of a `with`, which waits for them at its end."""
    cleanup = Cleanup(within_s)
    try:
        yield cleanup
    finally:
        await cleanup.finish()
