"""Doing something with many objects of the store, one function per strategy.

Each object is a wait for the network; whether the waits follow each other or run together is the
published optimization of bulk uploads. Every strategy gives the same outcomes, in order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from service.flags import Upload
from service.problems import Problem
from service.telemetry import current_cost, stage

_ItemT = TypeVar("_ItemT")
_DoneT = TypeVar("_DoneT")


async def for_each(
    items: Sequence[_ItemT],
    work: Callable[[_ItemT], Awaitable[_DoneT]],
    strategy: Upload,
    workers: int,
) -> list[_DoneT | Problem]:
    """What came of each item, in order: what `work` gave, or the problem that it raised.

    Once the store has failed, nothing more is asked of it: what had not begun by then has the same
    problem. Any other error is raised, when nothing is under way any more.

    Where they are in parallel, at most `workers` items are under way at the same moment.
    """
    failure: Problem | None = None

    async def one(item: _ItemT) -> _DoneT | Problem:
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
        if strategy is Upload.SEQUENTIAL:
            return [await one(item) for item in items]
        return await _parallel(items, one, workers)


async def _parallel(
    items: Sequence[_ItemT], work: Callable[[_ItemT], Awaitable[_DoneT]], workers: int
) -> list[_DoneT]:
    free = asyncio.Semaphore(workers)

    async def bounded(item: _ItemT) -> _DoneT:
        async with free:
            return await work(item)

    tasks = [asyncio.ensure_future(bounded(item)) for item in items]
    # Else the first error would leave the others under way behind our back.
    await asyncio.gather(*tasks, return_exceptions=True)
    return [task.result() for task in tasks]
