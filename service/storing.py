"""Work on many objects of the store, one function per strategy.

Each object costs a wait for the network. Whether the waits follow each other or overlap is the
published optimization of bulk uploads. Every strategy returns the same outcomes, in order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from service.flags import Upload
from service.problems import Problem
from service.telemetry import current_cost, stage

_ItemT = TypeVar("_ItemT")
_OutcomeT = TypeVar("_OutcomeT")


async def for_each(
    items: Sequence[_ItemT],
    work: Callable[[_ItemT], Awaitable[_OutcomeT]],
    strategy: Upload,
    workers: int,
) -> list[_OutcomeT | Problem]:
    """The outcome of each item, in order: what `work` returned, or the problem it raised.

    After a failure of the store (status 500 or above), no further work begins: the remaining items
    have the same problem. Any other error is raised once all work has ended. In parallel, at most
    `workers` items are in progress at the same moment.
    """
    failure: Problem | None = None

    async def attempt(item: _ItemT) -> _OutcomeT | Problem:
        nonlocal failure
        if failure is not None:
            return failure
        try:
            return await work(item)
        except Problem as problem:
            if problem.status >= 500:
                failure = problem
            return problem

    current_cost().store_strategy = strategy.value
    with stage("store"):
        return await _STRATEGIES[strategy](items, attempt, workers)


async def _sequential(
    items: Sequence[Any], work: Callable[[Any], Awaitable[Any]], _: int
) -> list[Any]:
    return [await work(item) for item in items]


async def _parallel(
    items: Sequence[Any], work: Callable[[Any], Awaitable[Any]], workers: int
) -> list[Any]:
    free = asyncio.Semaphore(workers)

    async def bounded(item: Any) -> Any:
        async with free:
            return await work(item)

    tasks = [asyncio.ensure_future(bounded(item)) for item in items]
    # Without this, the first error would leave the other tasks running.
    await asyncio.gather(*tasks, return_exceptions=True)
    return [task.result() for task in tasks]


_STRATEGIES = {Upload.SEQUENTIAL: _sequential, Upload.PARALLEL: _parallel}
