"""Does a configuration's set-up in each variant; what it takes goes into the job, never to disk.

It is done by the process that starts the servers, once for each start and variant, so all workers
of a load send the same values.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from loadtests.beside import beside
from loadtests.checking.secrets import forms_of, secrets_of, with_given
from loadtests.children import child, explain_exit, reading, stop_marked
from loadtests.planning.disclosure import blanked
from loadtests.planning.plan import Job, Plan
from loadtests.planning.setups import Given, SetupStep
from loadtests.probes.http.body import UnfitError, parse_json, take
from loadtests.probes.http.connections import Origin
from loadtests.probes.http.exchange import Exchange
from loadtests.targets.servers import TargetError
from loadtests.telling_lines import last_lines

OUTPUT_BYTES_MAX = 2**20
"""Of a command; more than any values are."""

LOG = "setup.log"
"""Takes what commands write to their standard error."""

MARK = "VERSUS_SETUP"
"""The variable by which all that one command starts is known."""

LOG_LINES_MAX = 8
"""So much of a log is shown with a step that failed."""


class SetupError(TargetError):
    """A step of the set-up failed, so nothing can be measured.

    Attributes:
        log: the last lines that the command, or the service that was asked, has written; safe to
            show.
    """

    log: tuple[str, ...] = ()


async def set_up(plan: Plan, job: Job, environments: Sequence[Mapping[str, str]] = ()) -> Job:
    """Do the set-up in each variant, one after the other; the job with what it gives.

    Args:
        plan: states the set-up.
        job: where the variants answer.
        environments: variables of each variant's server, for commands; empty where none is known.

    Raises:
        SetupError: a step failed; one line that says which, where and why.
    """
    if not plan.setup:
        return job
    exchange = Exchange(replace(job, scenarios=(), given=()))
    given: list[Given] = []
    try:
        for variant, environment in enumerate(environments or [{}] * len(job.variants)):
            # One service may write of the values of all variants.
            earlier = with_given(job, tuple(given)).secrets
            given.append(
                await _set_up_variant(plan, job, exchange, variant, dict(environment), earlier)
            )
    finally:
        exchange.close()
    return with_given(job, tuple(given))


async def _set_up_variant(
    plan: Plan,
    job: Job,
    exchange: Exchange,
    variant: int,
    environment: Mapping[str, str],
    earlier: Sequence[str],
) -> Given:
    taken: dict[str, str] = {}
    try:
        return await _take_steps(plan, job, exchange, variant, environment, taken, earlier)
    finally:
        # Its commands may have written of values that no file of a run may hold.
        hidden = _hidden(plan, environment, taken)
        await asyncio.to_thread(_blank, Path(job.run_folder) / LOG, hidden)


def _hidden(plan: Plan, environment: Mapping[str, str], taken: Mapping[str, str]) -> list[str]:
    """Values that nobody may see."""
    stated = [*plan.headers.values(), *environment.values()]
    return [*secrets_of(plan, stated), *(form for one in taken.values() for form in forms_of(one))]


def _blank(log: Path, hidden: Sequence[str]) -> None:
    if log.exists():
        text = log.read_text(encoding="utf-8", errors="replace")
        log.write_text(blanked(text, hidden), encoding="utf-8")


async def _take_steps(
    plan: Plan,
    job: Job,
    exchange: Exchange,
    variant: int,
    environment: Mapping[str, str],
    taken: dict[str, str],
    earlier: Sequence[str],
) -> Given:
    """Do one step after the other; what they give goes into `taken`."""
    timeout_s = job.target.timeout_s
    deadline_s = time.monotonic() + timeout_s
    for step in plan.setup:
        where = _where(job, step, variant)
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise SetupError(
                f"{where}: all steps together may take {timeout_s:g} s, and that is over. Leave "
                "some out, or raise target.timeout_s."
            )
        log = _log_of(step, Path(job.run_folder), job.variants[variant])
        log_start = _size_bytes(log) if step.command else 0
        try:
            if step.request is not None:
                answer = await beside(partial(exchange.send_alone, step.request, variant, taken))
                if answer.error:
                    raise SetupError(  # noqa: TRY301 - as what a command's step raises
                        f"{where}: {answer.error}. Correct this step, or look at the service's log."
                    )
            else:
                await _run(plan, job, step, variant, left_s, environment, taken)
        except SetupError as error:
            cookies = Given(cookies=exchange.cookies(variant))
            hidden = [
                *_hidden(plan, environment, taken),
                *earlier,
                *with_given(job, (cookies,)).secrets,
            ]
            if log.exists():
                error.log = tuple(last_lines(log, LOG_LINES_MAX, hidden, log_start))
            raise
    return Given(taken, exchange.cookies(variant))


def _where(job: Job, step: SetupStep, variant: int) -> str:
    return f"[[setup]] {step.title} failed in {job.variants[variant]}"


def _log_of(step: SetupStep, folder: Path, variant: str) -> Path:
    """What the command of a step writes, or else the service that is asked."""
    if step.command:
        return folder / LOG
    own = folder / f"service_{variant}.log"
    return own if own.exists() else folder / "service.log"


async def _run(
    plan: Plan,
    job: Job,
    step: SetupStep,
    variant: int,
    left_s: float,
    environment: Mapping[str, str],
    taken: dict[str, str],
) -> None:
    """Run a step's command; what it gives goes into `taken`."""
    where = _where(job, step, variant)
    hidden = _hidden(plan, environment, taken)
    mark = secrets.token_hex(8)
    variables = {
        **os.environ,
        **environment,
        "VERSUS_URL": job.base_urls[variant],
        "VERSUS_VARIANT": job.variants[variant],
        MARK: mark,
    }
    log = Path(job.run_folder) / LOG
    try:
        output = await _output(plan, log, step, where, left_s, variables, hidden)
    finally:
        # What it starts in a session of its own must not live on.
        await asyncio.shield(stop_marked(MARK, mark))
    origin = Origin.of(job.base_urls[variant], job.target.host or "").shown
    _take(step, output, taken, where, origin)


def _take(step: SetupStep, output: bytes, taken: dict[str, str], where: str, origin: str) -> None:
    """Put what a command's output gives into `taken`."""
    try:
        reads_json = any(one.in_json for one in step.takes)
        document = parse_json(output) if reads_json else None
        for one in step.takes:
            taken[one.name] = take(one, document, (), output.rstrip(b"\r\n"), origin)
    except UnfitError as error:
        raise SetupError(f"{where}: {error}. Correct the command, or its `take`.") from None


async def _output(
    plan: Plan,
    log: Path,
    step: SetupStep,
    where: str,
    left_s: float,
    variables: Mapping[str, str],
    hidden: Sequence[str],
) -> bytes:
    """What a command prints, once it has ended well."""
    log_start = _size_bytes(log)
    read_fd, write_fd = os.pipe()
    try:
        async with asyncio.timeout(left_s), reading(read_fd) as reader:
            with os.fdopen(write_fd, "wb") as writing:
                started = child(
                    step.command,
                    variables,
                    on_parent_death="KILL",
                    stdout=writing.fileno(),
                    log=log,
                    cwd=str(plan.folder),
                    group=True,
                )
                async with started as process:
                    writing.close()  # So that the output ends with the command.
                    output = await _read(reader)
                    if output is not None:
                        await process.wait()
    except TimeoutError:
        raise SetupError(
            f"{where}: it did not end within {left_s:.3g} s. Find out what it waits for, or raise "
            "target.timeout_s."
        ) from None
    except OSError as error:
        why = error.strerror or error
        raise SetupError(f"{where}: it cannot be started ({why}). Correct the command.") from None
    if output is None:
        raise SetupError(
            f"{where}: it prints more than {OUTPUT_BYTES_MAX >> 20} MiB. Print values alone."
        )
    if process.returncode:
        raise SetupError(f"{where}: it {explain_exit(process, log, hidden, log_start)}")
    return output


def _size_bytes(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


async def _read(stream: asyncio.StreamReader) -> bytes | None:
    """All of it; None where it is too long."""
    output = b""
    while piece := await stream.read(2**16):
        output += piece
        if len(output) > OUTPUT_BYTES_MAX:
            return None
    return output
