"""`python -m service`, which starts the reference service's stack and tells when it is ready."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from loadtests.children import child, exit_of, reading
from loadtests.targets.servers import TargetError


@asynccontextmanager
async def supervised(
    options: Sequence[str], say: Callable[[str], None]
) -> AsyncIterator[tuple[Mapping[str, Any], "asyncio.Task[str]"]]:
    """What it tells once it is ready, and how it ended, once it has; stopped at the end.

    Raises:
        TargetError: it did not become ready.
    """
    read_fd, write_fd = os.pipe()
    try:
        async with child(
            [sys.executable, "-m", "service", *options, "--ready-fd", str(write_fd)],
            os.environ,
            on_parent_death="TERM",
            stderr=asyncio.subprocess.PIPE,
            pass_fds=[write_fd],
        ) as process:
            os.close(write_fd)
            write_fd = -1
            last_words = _LastWords(say)
            assert process.stderr is not None
            listening = asyncio.create_task(last_words.listen(process.stderr))
            async with reading(read_fd) as reader:
                ready = await reader.read()
            if not ready:
                await process.wait()
                await listening
                raise TargetError(last_words.line or f"the service {exit_of(process)}")
            died = asyncio.create_task(_death(process, listening, last_words))
            try:
                yield json.loads(ready), died
            finally:
                died.cancel()
    finally:
        if write_fd >= 0:
            os.close(write_fd)


class _LastWords:
    """Passes a process's messages on and keeps the last, which tells why it died."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.line = ""

    async def listen(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            text = line.decode(errors="replace").rstrip()
            if text:
                self.line = text
                self._say(text)


async def _death(
    process: asyncio.subprocess.Process, listening: "asyncio.Task[None]", last_words: _LastWords
) -> str:
    await process.wait()
    await listening
    return last_words.line or f"the service {exit_of(process)}"
