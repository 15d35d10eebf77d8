"""Work that a signal or the end of its target ends."""

import asyncio
import os
import signal

import pytest

from loadtests.interrupting import until_interrupted, while_alive
from loadtests.targets.servers import TargetError
from loadtests.targets.target import Target


async def forever() -> None:
    await asyncio.Event().wait()


async def seven() -> int:
    return 7


def test_a_signal_cancels_the_work() -> None:
    """The first of several is enough."""

    async def work() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await forever()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(until_interrupted(work()))


def test_undisturbed_work_gives_its_result() -> None:
    """With a target or without."""

    async def work() -> int:
        died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await while_alive(Target((), {}, died), seven())

    assert 7 == asyncio.run(until_interrupted(work()))


def test_the_end_of_the_target_ends_the_work() -> None:
    """The error says how it ended."""

    async def work() -> None:
        died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        died.set_result("the service exited with 3")
        await while_alive(Target((), {}, died), forever())

    with pytest.raises(TargetError, match="the service exited with 3"):
        asyncio.run(work())
