"""Runs what blocks beside the loop, without being held up by it at the end."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_Result = TypeVar("_Result")


async def beside(work: Callable[[], _Result]) -> _Result:
    """Run the work in a thread, and wait for it.

    Not by `asyncio.to_thread`, whose thread would be waited for at the end: an answer that never
    comes must not hold up whoever presses Ctrl-C.

    Raises:
        Exception: what the work raises.
    """
    done: Future[_Result] = Future()
    # From now on it cannot be cancelled, so the thread may always set what came of it.
    done.set_running_or_notify_cancel()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(done)
