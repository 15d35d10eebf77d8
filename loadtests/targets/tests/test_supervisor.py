"""The command that starts the reference service's stack, as a real process."""

import asyncio
from pathlib import Path

import pytest

from loadtests.targets.servers import TargetError
from loadtests.targets.supervisor import supervised


def test_a_stack_that_does_not_start_says_why(tmp_path: Path) -> None:
    """Its last line is the error; all lines are passed on."""
    said: list[str] = []

    async def run() -> None:
        async with supervised(["--size", "none"], tmp_path, said.append):
            raise AssertionError("it cannot be ready")

    with pytest.raises(TargetError, match="--size: invalid choice: 'none'") as caught:
        asyncio.run(run())
    assert said[-1] == str(caught.value)
