"""`versus suite`: any pytest-benchmark suite in two variants, without a service around it."""

import asyncio
import secrets
import shutil
import signal
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from contract.lines import log_line
from contract.run.micro import MICRO_NAME
from loadtests.engines.function_pairs import measure_suite
from loadtests.errors import EXIT_INTERRUPTED, EXIT_INVALID, EXIT_OK, MeasureError
from loadtests.planning.suite import ChoiceError, Suite, SuiteError, SuiteVariant
from loadtests.revisions.states import RevisionError
from loadtests.revisions.suites import open_suite, resolve_suite


def measure_alone(
    path: Path, variants: Sequence[SuiteVariant], runs: Path, seconds: float, seed: int, out: TextIO
) -> tuple[Path, int]:
    """Measure a suite in two variants into its own folder.

    Args:
        path: a file or folder of pytest-benchmark tests.
        variants: the baseline first.
        runs: the folder of all runs.
        seconds: for all of it, about.
        seed: of the order of processes.
        out: takes lines of progress.

    Returns: the folder, and the exit code: 0, 4 if a process failed, 130 if it was interrupted.
    What was measured until then is kept.

    Raises:
        SuiteError: the suite is missing, or the variants do not differ.
        ChoiceError: a variant's parameters choose no test.
        MeasureError: its folder cannot be made.
        RevisionError: there are no two such revisions, or one lacks the suite.
    """
    suite = Suite(str(path), tuple(variants))

    def say(line: str) -> None:
        out.write(f"{log_line(line)}\n")
        out.flush()

    change = None
    if any(variant.revision for variant in variants):
        change = resolve_suite(suite, say)
    elif not path.exists():
        raise SuiteError(f"{path}: no such suite. Name a file or folder of pytest-benchmark tests.")
    elif len(suite.distinct().variants) < len(suite.variants):
        raise SuiteError(
            "the variants do not differ. Tell them apart by --before NAME=VALUE and --after "
            "NAME=VALUE, env:NAME=VALUE, or rev:NAME."
        )
    folder = _new_folder(runs)

    async def measure() -> None:
        opened = open_suite(suite, change, folder, say) if change else nullcontext(suite)
        async with opened as ready:
            await measure_suite(ready, folder, {}, seconds, seed, say)

    # SIGTERM ends it as Ctrl-C does, so that what was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(measure())
    except KeyboardInterrupt:
        say("interrupted; what was measured is kept")
        return folder, EXIT_INTERRUPTED
    except ChoiceError:
        # Nothing was measured, and the message says all that the log does.
        if not (folder / MICRO_NAME).exists():
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):  # Others' runs are there.
                runs.rmdir()
        raise
    except (MeasureError, RevisionError, OSError) as error:
        say(f"versus: {error}")
        return folder, EXIT_INVALID
    return folder, EXIT_OK


def _new_folder(runs: Path) -> Path:
    folder = runs / f"suite-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise MeasureError(
            f"{runs}: cannot hold a suite's folder ({error.strerror}). Free space, or correct its "
            "permissions."
        ) from None
    return folder
