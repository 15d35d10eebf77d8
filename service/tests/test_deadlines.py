import asyncio
import time

import pytest
from starlette.types import Receive, Scope, Send

from service.deadlines import DEADLINE_S, DeadlineMiddleware, current_deadline, set_deadline


def test_all_waits_of_a_block_share_one_deadline() -> None:
    """The second wait has only what the first one left, however many tasks wait."""

    async def wait(seconds: float) -> None:
        async with current_deadline().limit():
            await asyncio.sleep(seconds)

    async def run() -> float:
        started_s = time.monotonic()
        with set_deadline(0.3):
            await wait(0.2)
            with pytest.raises(TimeoutError):
                await asyncio.gather(wait(0.2), wait(60))
            with pytest.raises(TimeoutError):
                await wait(60)
        return time.monotonic() - started_s

    assert 0.3 <= asyncio.run(run()) < 5


def test_the_deadline_runs_from_the_first_wait() -> None:
    """The time before it, in which a client may send its body, does not count."""

    async def run() -> None:
        with set_deadline(0.2):
            await asyncio.sleep(0.3)
            async with current_deadline().limit():
                await asyncio.sleep(0)

    asyncio.run(run())


def test_a_wait_before_the_body_counts() -> None:
    """The time in between, in which a client sends its body, does not."""

    async def run() -> float:
        with set_deadline(0.5):
            async with current_deadline().limit_before_body():
                await asyncio.sleep(0.4)
            await asyncio.sleep(0.6)
            started_s = time.monotonic()
            with pytest.raises(TimeoutError):
                async with current_deadline().limit():
                    await asyncio.sleep(60)
        return time.monotonic() - started_s

    assert asyncio.run(run()) < 0.4


def test_each_request_has_its_own_deadline() -> None:
    """The middleware sets the configured one; without it, the default applies."""
    seen = []

    async def app(_: Scope, __: Receive, ___: Send) -> None:
        seen.append(current_deadline())

    async def nothing(*_: object) -> dict[str, str]:
        return {}

    async def run() -> None:
        for _ in range(2):
            await DeadlineMiddleware(app, 1.5)({"type": "http"}, nothing, nothing)  # type: ignore[arg-type]

    asyncio.run(run())

    assert [1.5, 1.5] == [deadline.within_s for deadline in seen]
    assert seen[0] is not seen[1]
    assert DEADLINE_S == current_deadline().within_s
