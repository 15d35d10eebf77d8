"""`python -m service`, which starts the reference service's stack and says when it is ready."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from loadtests.children import child, exit_of, own_environment, own_module, reading
from loadtests.targets.servers import TargetError


@asynccontextmanager
async def supervised(
    options: Sequence[str], folder: Path, say: Callable[[str], None]
) -> AsyncIterator[tuple[Mapping[str, Any], "asyncio.Task[str]"]]:
    """The stack during a `with` block.

    Args:
        options: of the command.
        folder: where it keeps `.versus/`.
        say: takes each line that the stack prints.

    Yields: what the stack reports when it is ready, and a task that is done when it has ended by
        itself; its value says how.

    Raises:
        TargetError: it did not become ready.
    """
    read_fd, write_fd = os.pipe()
    try:
        async with child(
            own_module("service", *options, "--ready-fd", str(write_fd)),
            own_environment(),
            on_parent_death="TERM",
            stderr=asyncio.subprocess.PIPE,
            cwd=str(folder),
            pass_fds=[write_fd],
        ) as process:
            os.close(write_fd)
            write_fd = -1
            died = asyncio.create_task(_await_exit(process, say))
            async with reading(read_fd) as reader:
                ready = await reader.read()
            if not ready:
                raise TargetError(await died)
            try:
                yield json.loads(ready), died
            finally:
                died.cancel()
    finally:
        if write_fd >= 0:
            os.close(write_fd)


async def _await_exit(process: asyncio.subprocess.Process, say: Callable[[str], None]) -> str:
    """Pass lines on until the process ends; the last one, which says why it ended."""
    last = ""
    assert process.stderr is not None
    while line := await process.stderr.readline():
        text = line.decode(errors="replace").rstrip()
        if text:
            last = text
            say(text)
    await process.wait()
    return last or f"the service {exit_of(process)}"
