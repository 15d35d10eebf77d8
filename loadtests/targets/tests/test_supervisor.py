"""The command that starts the reference service's stack, as a real process."""

import asyncio

import pytest

from loadtests.targets.servers import TargetError
from loadtests.targets.supervisor import supervised


def test_a_stack_that_does_not_start_says_why() -> None:
    """Its last line is the error; all lines are passed on."""
    said: list[str] = []

    async def run() -> None:
        async with supervised(["--size", "none"], said.append):
            raise AssertionError("it cannot be ready")

    with pytest.raises(TargetError, match="argument --size: invalid choice: 'none'") as caught:
        asyncio.run(run())
    assert said[-1] == str(caught.value)
