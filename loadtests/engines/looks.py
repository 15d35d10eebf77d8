"""Looks: pauses of the paired design in which a callback says which scenarios are decided.

The generator waits meanwhile, because there are few cores: what compares the samples so far must
not run while a request is measured.
"""

import asyncio
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Self, TypeVar

from contract.run.reading import read_run
from contract.run.record import RunRecord
from loadtests.engines.events import Event, encode

Look = Callable[[RunRecord, Any], Collection[str]]
"""Given a run's record and its samples so far (an Arrow table, columns as in `samples_schema`), the
names of the scenarios that may stop."""

Failed = Callable[[RunRecord, Any], bool]
"""Given the same, whether the gate is lost already."""

_Verdict = TypeVar("_Verdict")


class LookError(Exception):
    """A callback failed; the message says why."""


class Looks:
    """The callback, and the runner's end of the pipe that carries decisions."""

    def __init__(
        self,
        look: Look,
        folder: Path,
        record: RunRecord,
        so_far: Callable[[RunRecord], RunRecord] = lambda record: record,
    ) -> None:
        """Take who looks, and at what.

        Args:
            look: the callback.
            folder: of the run.
            record: as planned.
            so_far: adds what measuring has found meanwhile.
        """
        self._so_far = so_far
        self._look = look
        self._folder = folder
        # An unfinished run is read as a partial one.
        self._record = record.model_copy(
            update={"state": "partial", "reasons": ("measuring is under way",)}
        )
        self.read_fd, self._write_fd = os.pipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.read_fd)
        os.close(self._write_fd)

    async def decided(self) -> tuple[str, ...]:
        """Which scenarios may stop; the event loop stays free meanwhile.

        A cancelled look is waited for when the loop closes, after the children have ended.

        Raises:
            LookError: the callback failed.
        """
        return tuple(await self._call(self._look))

    async def failed(self, failed: Failed) -> bool:
        """Whether the gate is lost already.

        Raises:
            LookError: the callback failed.
        """
        return await self._call(failed)

    async def _call(self, callback: Callable[[RunRecord, Any], _Verdict]) -> _Verdict:
        def call() -> _Verdict:
            return callback(self._so_far(self._record), read_run(self._folder).samples)

        try:
            return await asyncio.to_thread(call)
        except Exception as error:
            raise LookError(f"looking failed: {type(error).__name__}: {error}") from error

    def answer(self, decision: Event) -> None:
        """Let the generator go on."""
        # Far less than a pipe holds, and this process keeps the other end open too, so that
        # neither a slow nor a dead generator holds it up.
        os.write(self._write_fd, encode(decision))
