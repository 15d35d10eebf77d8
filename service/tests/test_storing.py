import asyncio

import pytest

from service.flags import Upload
from service.problems import Problem
from service.storing import for_each

STRATEGIES = pytest.mark.parametrize("strategy", Upload)


@STRATEGIES
def test_outcomes_keep_their_order(strategy: Upload) -> None:
    """The outcomes are in the order of the items, whichever ends first."""

    async def later_first(number: int) -> int:
        for _ in range(20 - number):
            await asyncio.sleep(0)
        return number

    assert list(range(20)) == asyncio.run(for_each(range(20), later_first, strategy, 8))


@STRATEGIES
def test_a_client_s_mistake_concerns_one_item(strategy: Upload) -> None:
    """After a problem below 500 the other items are processed."""
    refused = Problem(415, "no")

    async def all_but_one(number: int) -> int:
        if number == 1:
            raise refused
        return number

    assert [0, refused, 2, 3] == asyncio.run(for_each(range(4), all_but_one, strategy, 2))


@STRATEGIES
def test_nothing_begins_after_a_failure_of_the_store(strategy: Upload) -> None:
    """Items that had not begun have the same problem."""
    down = Problem(503, "down")
    asked = []

    async def third_fails(number: int) -> int:
        asked.append(number)
        await asyncio.sleep(0)
        if number == 2:
            raise down
        return number

    outcomes = asyncio.run(for_each(range(9), third_fails, strategy, 3))

    assert [0, 1, *[down] * 7] == outcomes
    assert [0, 1, 2] == asked


@STRATEGIES
def test_an_error_waits_for_running_work(strategy: Upload) -> None:
    """When an unexpected error is raised, no work is running."""
    under_way = set()

    async def break_down(number: int) -> None:
        under_way.add(number)
        try:
            await asyncio.sleep(0)
            if number == 1:
                raise LookupError
            await asyncio.sleep(0)
        finally:
            under_way.remove(number)

    async def run() -> None:
        with pytest.raises(LookupError):
            await for_each(range(4), break_down, strategy, 4)
        assert not under_way

    asyncio.run(run())
