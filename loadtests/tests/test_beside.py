"""Work beside the loop: its result, its error, and that nobody is held up by it."""

import asyncio
import subprocess
import sys
import threading

import pytest

from loadtests.beside import beside
from loadtests.children import ROOT


def test_the_loop_gets_the_result_and_goes_on_meanwhile() -> None:
    """The work waits for something that only the loop can do."""

    async def main() -> str:
        ready = threading.Event()

        def work() -> str:
            assert ready.wait(10)
            return "done"

        task = asyncio.ensure_future(beside(work))
        await asyncio.sleep(0)
        ready.set()
        return await task

    assert "done" == asyncio.run(main())


def test_an_error_is_raised_where_it_is_waited_for() -> None:
    """As it is."""

    def fail() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        asyncio.run(beside(fail))


def test_work_that_never_ends_holds_up_nobody() -> None:
    """A program that stops waiting ends, without a word of the thread."""
    text = """
import asyncio, time
from loadtests.beside import beside
async def main():
    try:
        await asyncio.wait_for(beside(lambda: time.sleep(600)), 0.1)
    except TimeoutError:
        print("over")
asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", text],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert ("over\n", "") == (ended.stdout, ended.stderr)
