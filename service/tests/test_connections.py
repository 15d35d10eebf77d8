import asyncio

import httpx
import pytest

from service.connections import PooledClient, QueueFullError, Slots


def test_the_queue_is_limited() -> None:
    """Two run, three wait, and the sixth fails at once; a place that is left is used again."""

    async def run() -> list[str]:
        slots, done, ended = Slots(2, waiting_max=3), asyncio.Event(), []

        async def work() -> None:
            async with slots.taken():
                await done.wait()
                ended.append("done")

        tasks = [asyncio.create_task(work()) for _ in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError, match="3 requests wait"):
            await work()
        # A place in the queue, and one of those that run.
        for task in (tasks[4], tasks[0]):
            task.cancel()
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(work()))
        await asyncio.sleep(0)
        done.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        return ended

    assert ["done"] * 4 == asyncio.run(run())


def test_no_request_is_repeated() -> None:
    """A pool has as many connections as said, and only the deadline limits an answer."""

    async def run() -> None:
        async with PooledClient(3) as client:
            assert httpx.Timeout(None, connect=2) == client.timeout
            with pytest.raises(httpx.ConnectError):
                await client.get("http://127.0.0.1:1/")

    asyncio.run(run())
