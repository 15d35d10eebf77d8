import asyncio
import json
import time

import pytest

from service.cleanup import TASKS_MAX, Cleanup, open_cleanup
from service.deadlines import current_deadline, set_deadline
from service.problems import Problem


async def wait() -> None:
    async with current_deadline().limit():
        await asyncio.sleep(60)


def test_nobody_waits_for_a_clean_up() -> None:
    """It begins after the caller's deadline, with one of its own, and is awaited at the end."""
    left = []

    async def remove() -> None:
        async with current_deadline().limit():
            await asyncio.sleep(0.05)
        left.append("removed")

    async def run() -> list[str]:
        async with open_cleanup(5) as cleanup:
            with set_deadline(0):
                cleanup.begin(remove, "object x")
            return left.copy()

    assert [] == asyncio.run(run())
    assert ["removed"] == left


def test_what_stays_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """A clean-up that fails names what it left."""

    async def fail() -> None:
        raise Problem(503, "down", cause="no answer")

    async def run() -> None:
        async with open_cleanup(5) as cleanup:
            cleanup.begin(fail, "object x")

    asyncio.run(run())

    line = json.loads(capsys.readouterr().err)
    assert ("object x", "no answer") == (line["leftover"], line["cause"])


def test_the_number_of_clean_ups_is_limited(capsys: pytest.CaptureFixture[str]) -> None:
    """While the most run, a further one is logged only, and the end does not wait for ever."""

    async def run() -> None:
        cleanup = Cleanup(60)
        for number in range(TASKS_MAX + 1):
            cleanup.begin(wait, f"object {number}")
        cleanup.within_s = 0.1
        await cleanup.finish()

    started_s = time.monotonic()
    asyncio.run(run())

    assert time.monotonic() - started_s < 5
    [line] = map(json.loads, capsys.readouterr().err.splitlines())
    assert f"object {TASKS_MAX}" == line["leftover"]
