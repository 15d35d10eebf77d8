"""`make suite`: any pytest-benchmark suite in two variants, without a service around it."""

import asyncio
import secrets
import signal
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from loadtests.engines.function_pairs import measure_suite
from loadtests.errors import EXIT_INTERRUPTED, EXIT_INVALID, EXIT_OK, MeasureError
from loadtests.planning.suite import Suite, SuiteError, SuiteVariant
from loadtests.revisions.states import RevisionError
from loadtests.revisions.suites import open_suite, resolve_suite


def measure_alone(
    path: Path, variants: Sequence[SuiteVariant], runs: Path, seconds: float, seed: int, out: TextIO
) -> tuple[Path, int]:
    """Measure a suite into a folder of its own.

    Returns: the folder, and 0; 4 where a process failed, 130 where somebody interrupted. What was
    measured until then is kept.

    Raises:
        SuiteError: there is nothing to measure, or nothing to compare.
        MeasureError: there is no place for it.
        RevisionError: there are no two such revisions, or one lacks the suite.
    """
    suite = Suite(str(path), tuple(variants))

    def say(line: str) -> None:
        out.write(f"{line}\n")
        out.flush()

    change = None
    if any(one.revision for one in variants):
        change = resolve_suite(suite, say)
    elif not path.exists():
        raise SuiteError(f"{path}: no such suite. Name a file or folder of pytest-benchmark tests.")
    elif len(suite.distinct().variants) < len(suite.variants):
        raise SuiteError(
            "the variants do not differ. Tell them apart by A=NAME=VALUE and B=NAME=VALUE, "
            "env:NAME=VALUE, or rev:NAME."
        )
    folder = runs / f"suite-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise MeasureError(
            f"{runs}: no place for a suite ({error.strerror}). Free space, or mend its permissions."
        ) from None

    async def measure() -> None:
        opened = open_suite(suite, change, folder, say) if change else nullcontext(suite)
        async with opened as ready:
            await measure_suite(ready, folder, {}, seconds, seed, say)

    # However it is ended, what was started ends with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(measure())
    except KeyboardInterrupt:
        say("interrupted; what was measured is kept")
        return folder, EXIT_INTERRUPTED
    except (MeasureError, RevisionError, OSError) as error:
        say(f"versus: {error}")
        return folder, EXIT_INVALID
    return folder, EXIT_OK
