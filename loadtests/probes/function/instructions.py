"""Counts the instructions of a suite's pure functions under Callgrind: advice, and never a verdict.

How many instructions a call takes hardly depends on the machine's mood, so one process a variant
tells what pairs of them need minutes for; and it is not how long the call takes. So whatever stands
in the way is one line, and nothing fails by it.
"""

import asyncio
import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from contract.run.instructions import (
    FunctionInstructions,
    InstructionsRecord,
    write_instructions,
)
from loadtests.course import MeasureError
from loadtests.engines.function_pairs import function_name
from loadtests.planning.suite import Suite, SuiteVariant
from loadtests.probes.function.processes import run_pytest

_MACHINE = "x86_64"
"""The plugin speaks to Valgrind in this machine's code."""


class _NotCountedError(Exception):
    """Nothing can be counted here; the message says why."""


class _Counted(BaseModel):
    """What the plugin tells of a function."""

    fullname: str
    params: dict[str, str]
    instructions: Annotated[float, Field(gt=0, allow_inf_nan=False)]


_WRITTEN = TypeAdapter(list[_Counted])


async def count_instructions(
    suite: Suite,
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    say: Callable[[str], None],
) -> None:
    """Count in all variants side by side, and write what was found, or why nothing was.

    Args:
        suite: whose `pure` tests call what is counted.
        folder: of the run; takes instructions.json and the logs.
        environment: of all processes, beside each variant's own.
        seconds: within which it must be done.
        say: takes a line of progress.
    """
    say(f"counting instructions of {', '.join(suite.pure)} (at most {seconds:.0f} s)")
    names = tuple(one.name for one in suite.variants)
    try:
        found = await _count(suite, folder, environment, seconds)
        record = InstructionsRecord(variants=names, functions=_joined(names, found))
    except (_NotCountedError, MeasureError, OSError) as error:
        say(f"instructions were not counted: {error}")
        # What a process said may name people's paths, and the record is shown to others.
        known = isinstance(error, _NotCountedError)
        reason = str(error) if known else "a process failed; its log says why."
        record = InstructionsRecord(variants=names, reason=reason)
    write_instructions(folder, record)


async def _count(
    suite: Suite, folder: Path, environment: Mapping[str, str], seconds: float
) -> list[dict[str, float]]:
    """Instructions of a call, by function, for each variant."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise _NotCountedError("valgrind is not installed.")
    if platform.machine() != _MACHINE:
        raise _NotCountedError(f"it takes {_MACHINE}, and this is {platform.machine()}.")
    with _scratch(folder) as scratch:
        counting = [
            _count_variant(valgrind, suite.pure, one, Path(scratch), environment)
            for one in suite.variants
        ]
        try:
            async with asyncio.timeout(seconds):
                # All of them, so that none is left running where one fails.
                found = await asyncio.gather(*counting, return_exceptions=True)
        except TimeoutError:
            raise _NotCountedError(f"it took longer than {seconds:.0f} s.") from None
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return [one for one in found if not isinstance(one, BaseException)]


def _scratch(folder: Path) -> TemporaryDirectory[str]:
    # Absolute: each variant runs in a place of its own.
    return TemporaryDirectory(prefix="callgrind_", dir=folder.absolute())


async def _count_variant(
    valgrind: str,
    pure: Sequence[str],
    variant: SuiteVariant,
    scratch: Path,
    environment: Mapping[str, str],
) -> dict[str, float]:
    """Instructions of a call, by function."""
    prefix = scratch / variant.name
    under = [valgrind, "-q", "--tool=callgrind", "--vgdb=no", "--instr-atstart=no"]
    under.append(f"--callgrind-out-file={str(prefix).replace('%', '%%')}")
    options = ["-p", "versus_instructions", f"--versus-instructions={prefix}", "-q"]
    # Another seed would order sets and dictionaries, and what they cost, in another way.
    fixed = {**environment, "PYTHONHASHSEED": "0"}
    log = scratch.parent / f"instructions_{variant.name}.log"
    await run_pytest(variant, pure, [*options, "--benchmark-disable"], fixed, log, under)
    written = prefix.with_suffix(".json")
    try:
        counted = _WRITTEN.validate_json(await asyncio.to_thread(written.read_bytes))
    except ValidationError as error:
        raise MeasureError(f"{variant.name} told no counts ({error.errors()[0]['msg']}).") from None
    return {function_name(one.fullname, one.params): one.instructions for one in counted}


def _joined(
    names: Sequence[str], found: Sequence[Mapping[str, float]]
) -> tuple[FunctionInstructions, ...]:
    functions = dict.fromkeys(name for one in found for name in one)
    return tuple(
        FunctionInstructions(
            name=function,
            by_variant={
                name: one[function]
                for name, one in zip(names, found, strict=True)
                if function in one
            },
        )
        for function in functions
    )
