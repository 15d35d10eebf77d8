"""What can end work early: a signal, or the end of the target."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from loadtests.targets.servers import TargetError
from loadtests.targets.target import Target

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_Result = TypeVar("_Result")


async def until_interrupted(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run the work; the first signal to end cancels it, later ones are ignored."""
    task: asyncio.Task[_Result] = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in ENDING_SIGNALS:
        # Under nohup a hang-up is ignored, and stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, _cancel_once(task))
    return await task


def _cancel_once(task: "asyncio.Task[Any]") -> Callable[[], None]:
    def cancel() -> None:
        if not task.cancelling():
            task.cancel()

    return cancel


async def while_alive(target: Target, work: Coroutine[Any, Any, _Result]) -> _Result:
    """Do the work, but end it as soon as the target has died."""
    task = asyncio.ensure_future(work)
    either: set[asyncio.Future[Any]] = {task, target.died}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        check_alive(target)
        return await task
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def check_alive(target: Target) -> None:
    """Make sure that the target has not ended by itself.

    Raises:
        TargetError: it has; the message says how.
    """
    if target.died.done():
        raise TargetError(target.died.result())
