"""Looks: pauses of the paired design in which somebody says which scenarios are decided.

The generator asks on its progress pipe and waits for one line on the control pipe, because there
are few cores: what compares the samples so far must not run while a request is measured.
"""

import asyncio
import json
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Self, TypeVar

from contract.run.reading import read_run
from contract.run.record import RunRecord

Look = Callable[[RunRecord, Any], Collection[str]]
"""Given a run's record and its samples so far (an Arrow table, columns as in `samples_schema`), the
names of the scenarios that may stop."""

Failed = Callable[[RunRecord, Any], bool]
"""Given the same, whether the gate is lost already."""

_Told = TypeVar("_Told")


class LookError(Exception):
    """Whoever was asked could not say; the message says why."""


class Looks:
    """The runner's end of a control pipe, and whom to ask."""

    def __init__(self, look: Look, folder: Path, record: RunRecord) -> None:
        self._look = look
        self._folder = folder
        # As whoever reads an unfinished run gets it: what there is so far is a part.
        self._record = record.model_copy(
            update={"state": "partial", "reasons": ("measuring is under way",)}
        )
        self.read_fd, self._write_fd = os.pipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.read_fd)
        os.close(self._write_fd)

    async def decided(self) -> list[str]:
        """Ask which scenarios may stop, and leave the loop free meanwhile.

        A cancelled look is waited for when the loop closes, after the children have ended.

        Raises:
            LookError: asking failed.
        """
        return list(await self._asked(self._look))

    async def failed(self, failed: Failed) -> bool:
        """Ask whether the gate is lost already.

        Raises:
            LookError: asking failed.
        """
        return await self._asked(failed)

    async def _asked(self, whom: Callable[[RunRecord, Any], _Told]) -> _Told:
        def ask() -> _Told:
            return whom(self._record, read_run(self._folder).samples)

        try:
            return await asyncio.to_thread(ask)
        except Exception as error:
            raise LookError(f"looking failed: {type(error).__name__}: {error}") from error

    def answer(self, **told: object) -> None:
        """Let the generator go on."""
        # Far less than a pipe holds, and this process keeps the other end open too, so that
        # neither a slow nor a dead generator holds it up.
        os.write(self._write_fd, json.dumps(told).encode() + b"\n")
