"""Measures a plan into a run's folder: starts target, generator and suite, closes the run.

However it ends, by success, Ctrl-C, a dead service or a full disk, everything that was started is
stopped, what was recorded is kept, and the record says what is missing.
"""

import asyncio
import signal
import traceback
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from contract.errors import InputError
from contract.run.record import RunRecord, write_run
from contract.secrecy import is_secret
from loadtests.checking.first_answers import check_base, lines_about, plan_with
from loadtests.checking.secrets import SHORTEST_HEADER, secrets_of
from loadtests.closing import close
from loadtests.engines.function_pairs import measure_suite
from loadtests.engines.launch import check_port, generate
from loadtests.engines.looks import Failed, Look, LookError, Looks
from loadtests.engines.outlook import Outlook, Predict
from loadtests.engines.users_launch import generate_users
from loadtests.errors import EXIT_INTERRUPTED, EXIT_USAGE, MeasureError
from loadtests.interrupting import ENDING_SIGNALS, check_alive, until_interrupted, while_alive
from loadtests.machine.browsers import find_chromium, lacking_for_pages
from loadtests.machine.meanwhile import announced
from loadtests.opening import new_folder, new_record
from loadtests.planning.plan import Plan
from loadtests.planning.sequences import merged_headers
from loadtests.progress import Progress
from loadtests.revisions.comparable import check_comparable
from loadtests.revisions.states import RevisionError
from loadtests.revisions.target import open_plan
from loadtests.run_logs import clean_logs, keep_short
from loadtests.run_progress import RunProgress
from loadtests.targets.processes import readable_processes
from loadtests.targets.servers import TargetError
from loadtests.targets.target import Target, reach
from loadtests.telling_lines import secrets_of_environment

DYING_S = 5.0
"""So long may a service that lost a part take to notice and stop."""


@dataclass(frozen=True)
class Measured:
    """How measuring ended.

    Attributes:
        folder: the run's folder.
        exit_code: 0 complete, 4 partial or invalid, 130 interrupted.
        samples: number of requests kept.
        closed: False where the disk did not take the closed record.
        reasons: why it is not complete.
    """

    folder: Path
    exit_code: int
    samples: int
    closed: bool
    reasons: tuple[str, ...] = ()


def measure(  # noqa: PLR0913 - what a run is measured with
    plan: Plan,
    runs: Path,
    command: str,
    out: TextIO,
    *,
    redact: bool = False,
    look: Look | None = None,
    failed: Failed | None = None,
    predict: Predict | None = None,
    notes: Sequence[str] = (),
) -> Measured:
    """Measure a plan and leave a closed run behind.

    Args:
        plan: what to measure.
        runs: the folder that the run's own goes to.
        command: what a person types to measure the same again, for the record.
        out: where progress goes.
        redact: leave names of hosts, paths and the branch out of the record.
        look: says, at each look, which scenarios are decided; without it there are no looks.
        failed: says, before the suite, whether the gate is lost already; then it is skipped.
        predict: says what cannot be decided in the plan's time.
        notes: what to say first, once it is known that the plan can be measured.

    Raises:
        InputError: the plan cannot be measured, as is known before anything is started; or there
            is no place for the run. There is no folder then.
    """
    check_beforehand(plan)
    progress = Progress(out, plan.variants)
    for note in notes:
        progress.say(note)
    if predict:
        outlook = Outlook(plan, predict, progress.say)
        outlook.begin()
        progress.listeners.append(outlook.handle)
    run = RunProgress(redact=redact)
    kind = "load" if plan.workers else "gate" if plan.change else "bench"
    with announced(kind, progress.say) as presence:
        run.others = presence.others
        run.hidden += secrets_of(plan)
        return _measured(plan, runs, command, progress, run, look, failed)


def _measured(
    plan: Plan,
    runs: Path,
    command: str,
    progress: Progress,
    run: RunProgress,
    look: Look | None,
    failed: Failed | None,
) -> Measured:
    try:
        # Processes that work in a folder of their own get its path.
        folder = new_folder(runs.absolute())
        record = new_record(plan, folder, command)
        record = record.model_copy(update={"looks": look is not None})
        write_run(folder, run.publishable(record))
    except OSError as error:
        raise MeasureError(
            f"{runs}: no place for a run ({error.strerror}). Free space, or mend its permissions."
        ) from None
    try:
        record = asyncio.run(
            until_interrupted(_measure(plan, folder, record, run, progress, look, failed))
        )
    except asyncio.CancelledError:
        run.fail("interrupted", exit_code=EXIT_INTERRUPTED)
    except RevisionError as error:
        run.fail(str(error), exit_code=error.state.exit_code)
    except (InputError, TargetError, LookError, OSError) as error:
        run.fail(str(error))
    except Exception as error:  # noqa: BLE001 - a fault of ours must not lose the record either
        progress.done()
        for line in traceback.format_exc().splitlines():
            progress.say(line)
        name = type(error).__name__
        run.fail(f"this is a fault of Versus, shown above: {name}: {error}", exit_code=EXIT_USAGE)
    finally:
        progress.done()
    with _undisturbed():
        samples, closed = close(folder, record, run)
        clean_logs(folder, [*run.hidden, *secrets_of_environment()], progress.say)
    for reason in run.reasons:
        progress.say(f"{run.state}: {reason}")
    return Measured(folder, run.exit_code, samples, closed, tuple(run.reasons))


def check_beforehand(plan: Plan) -> None:
    """Find what would end the run, before there is one.

    Raises:
        InputError: the target cannot be reached, the revisions cannot be compared, or workers
            could not connect.
    """
    try:
        asyncio.run(reach(plan))
    except TargetError as error:
        raise MeasureError(str(error)) from None
    if plan.workers:
        check_port(plan.workers)
    if plan.change:
        try:
            check_comparable(plan, plan.change)
        except RevisionError as error:
            # Of others there is a page that says why.
            if error.exit_code == EXIT_USAGE:
                raise


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold signals off for the moment that closing takes."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _measure(
    plan: Plan,
    folder: Path,
    record: RunRecord,
    run: RunProgress,
    progress: Progress,
    look: Look | None,
    failed: Failed | None,
) -> RunRecord:
    chromium = _chromium(plan, progress)
    async with (
        _short_logs(folder),
        open_plan(plan, folder, progress.say, progress.wait) as target,
    ):
        progress.done()
        run.hidden += _secrets_given(target)
        # Who serves at a url is known only where the configuration says so.
        processes = readable_processes(
            plan, dict(zip(target.base_urls, target.served_by, strict=False))
        )
        run.reads_cpu = not processes.cpu_unknown
        run.reads_memory = not processes.memory_unknown
        if processes.cpu_unknown and not plan.workers:
            progress.say(f"CPU time of requests is not read: {processes.cpu_unknown}")
        record = record.model_copy(
            update={
                "processes": processes,
                "environment": {**record.environment, "target": dict(target.facts)},
                "revisions": target.revisions,
            }
        )
        if target.first_answers:
            run.first_answers = target.first_answers
            check_base(run.first_answers)
            for line in lines_about(run.first_answers):
                progress.say_once(line)
            plan = plan_with(plan, run.first_answers)
        write_run(folder, run.publishable(record))
        run.keep = lambda: write_run(folder, run.publishable(run.with_requests(record)))
        with Looks(look, folder, record, run.with_answers) if look else nullcontext() as looks:
            generating = (
                generate_users(plan, folder, target, run, progress)
                if plan.workers and plan.workers.users
                else generate(plan, folder, target, run, progress, looks)
            )
            await while_alive(target, generating)
            lost = looks and failed and run.state == "complete" and await looks.failed(failed)
        if run.state == "invalid" and target.pids:
            # Wrong answers may be the last words of a service that is just dying.
            await asyncio.wait({target.died}, timeout=DYING_S)
            check_alive(target)
        progress.done()
        if chromium and run.state == "complete":
            await _load_pages(chromium, plan, folder, target, progress)
        suite = target.suite or plan.suite
        if suite and not lost and _suite_wanted(plan, run):
            measuring = measure_suite(
                suite.distinct(),
                folder,
                target.environment,
                plan.profile.suite_s,
                plan.seed,
                progress.say,
            )
            await while_alive(target, measuring)
    return record


@asynccontextmanager
async def _short_logs(folder: Path) -> AsyncIterator[None]:
    """Keep logs short during a `with` block."""
    keeping = asyncio.create_task(keep_short(folder))
    try:
        yield
    finally:
        keeping.cancel()


def _secrets_given(target: Target) -> Iterator[str]:
    """What a target's own requests and processes got."""
    for headers in (target.headers, *target.callers.values()):
        for value in headers.values():
            yield from (value, *(word for word in value.split() if len(word) >= SHORTEST_HEADER))
    for variables in (target.environment, *target.environments):
        yield from (value for name, value in variables.items() if is_secret(name, value))


def _chromium(plan: Plan, progress: Progress) -> str | None:
    """The browser for the plan's pages; None where there are none, or none can be loaded."""
    if not (plan.pages and plan.profile.pages_s):
        return None
    if lacking := lacking_for_pages():
        progress.say(f"no page will be loaded: {lacking}")
        return None
    return find_chromium()


async def _load_pages(
    chromium: str, plan: Plan, folder: Path, target: Target, progress: Progress
) -> None:
    # Most runs load no page and need no browser's driver.
    from loadtests.engines.page_rounds import Visits, measure_pages  # noqa: PLC0415

    visits = Visits(
        pages=plan.pages,
        variants=plan.variants,
        base_urls=target.base_urls,
        headers=merged_headers(target.headers, plan.headers),
        timeout_s=plan.target.timeout_s,
        body_bytes_max=plan.target.body_mib_max << 20,
    )
    await while_alive(
        target,
        measure_pages(chromium, visits, folder, plan.profile.pages_s, plan.seed, progress.say),
    )


def _suite_wanted(plan: Plan, run: RunProgress) -> bool:
    return not plan.workers and plan.profile.suite_s > 0 and run.state == "complete"
