"""Measures a plan into a run's folder: starts target, generator and suite, closes the run.

However it ends, by success, Ctrl-C, a dead service or a full disk, everything that was started is
stopped, what was recorded is kept, and the record says what is missing.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pyarrow.compute as pc
from pydantic import TypeAdapter

from loadtests.children import child, exit_of, reading
from loadtests.host import closing_facts, now_utc
from loadtests.looks import Look, LookError, Looks
from loadtests.noise import HostLog
from loadtests.opening import new_folder, new_record
from loadtests.plan import Job, Plan
from loadtests.progress import Progress
from loadtests.redaction import redacted, strip_suite
from loadtests.servers import TargetError
from loadtests.target import Target, open_target
from reports.record import (
    HOST_NAME,
    MICRO_NAME,
    SAMPLES_NAME,
    RunRecord,
    RunState,
    close_samples,
    describe_file,
    read_run,
    write_host,
    write_run,
)

EXIT_OK = 0
EXIT_INVALID = 4
EXIT_INTERRUPTED = 130

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

DYING_S = 5.0
"""So long may a service that lost a part take to notice and stop."""

_GENERATOR_LOG = "generator.log"
_SUITE_LOG = "suite.log"


class MeasureError(Exception):
    """Measuring ended early; the message says why and what to do."""


@dataclass(frozen=True)
class Measured:
    """How measuring ended.

    Attributes:
        folder: the run's folder.
        exit_code: 0 complete, 4 partial or invalid, 130 interrupted.
        samples: number of requests kept.
        closed: False where the disk did not take the closed record.
    """

    folder: Path
    exit_code: int
    samples: int
    closed: bool


@dataclass
class _Course:
    """What happens during a run, as far as its record needs it."""

    redact: bool = False
    state: RunState = "complete"
    reasons: list[str] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    last_error: str = ""
    host: HostLog | None = None
    exit_code: int = EXIT_OK

    def shown(self, record: RunRecord) -> RunRecord:
        """The record as it may be written."""
        return redacted(record) if self.redact else record

    def fail(self, reason: str, state: RunState = "partial", exit_code: int = EXIT_INVALID) -> None:
        self.state, self.exit_code = state, exit_code
        self.reasons.append(reason)


def measure(
    plan: Plan,
    root: Path,
    runs: Path,
    command: str,
    out: TextIO,
    *,
    redact: bool = False,
    look: Look | None = None,
) -> Measured:
    """Measure a plan and leave a closed run behind.

    Args:
        plan: what to measure.
        root: the project's folder.
        runs: the folder that the run's own goes to.
        command: what a person types to measure the same again, for the record.
        out: where progress goes.
        redact: leave names of hosts, paths and the branch out of the record.
        look: says, at each look, which scenarios are decided; without it there are no looks.

    Raises:
        MeasureError: there is no place for the run.
    """
    progress = Progress(out, plan.variants)
    course = _Course(redact=redact)
    try:
        folder = new_folder(runs)
        record = new_record(plan, folder.name, command, root)
        write_run(folder, course.shown(record))
    except OSError as error:
        raise MeasureError(
            f"{runs}: no place for a run ({error.strerror}). Free space, or mend its permissions."
        ) from None
    try:
        record = asyncio.run(
            _until_interrupted(_measure(plan, folder, record, course, progress, look))
        )
    except asyncio.CancelledError:
        course.fail("interrupted", exit_code=EXIT_INTERRUPTED)
    except (MeasureError, TargetError, LookError, OSError) as error:
        course.fail(str(error))
    except Exception as error:  # noqa: BLE001 - a mistake of ours must not lose the record either
        course.fail(f"Versus failed: {type(error).__name__}: {error}")
    finally:
        progress.done()
    with _undisturbed():
        samples, closed = _close(folder, record, course)
    for reason in course.reasons:
        progress.say(f"{course.state}: {reason}")
    return Measured(folder, course.exit_code, samples, closed)


async def _until_interrupted(work: Any) -> RunRecord:
    """Run the work; the first signal to end cancels it, later ones hurry nothing."""
    task: asyncio.Task[RunRecord] = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in ENDING_SIGNALS:
        # Under nohup a hang-up is ignored, and stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, _cancel_once(task))
    return await task


def _cancel_once(task: "asyncio.Task[RunRecord]") -> Callable[[], None]:
    def cancel() -> None:
        if not task.cancelling():
            task.cancel()

    return cancel


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
    course: _Course,
    progress: Progress,
    look: Look | None,
) -> RunRecord:
    async with open_target(plan, folder, progress.say) as target:
        record = record.model_copy(
            update={"environment": {**record.environment, "target": dict(target.facts)}}
        )
        write_run(folder, course.shown(record))
        with Looks(look, folder, record) if look else nullcontext() as looks:
            await _while_alive(target, _generate(plan, folder, target, course, progress, looks))
        if course.state == "invalid" and target.pids:
            # Wrong answers may be the last words of a service that is just dying.
            await asyncio.wait({target.died}, timeout=DYING_S)
            _check_alive(target)
        progress.done()
        if plan.target.suite and plan.profile.suite_s > 0 and course.state == "complete":
            await _while_alive(target, _run_suite(plan, folder, target, progress))
    return record


async def _while_alive(target: Target, work: Any) -> None:
    """Do the work, but end it as soon as the target has died."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task, target.died}, return_when=asyncio.FIRST_COMPLETED)
        _check_alive(target)
        await task
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _check_alive(target: Target) -> None:
    if target.died.done():
        raise TargetError(target.died.result())


async def _generate(
    plan: Plan,
    folder: Path,
    target: Target,
    course: _Course,
    progress: Progress,
    looks: Looks | None,
) -> None:
    job_read, job_write = os.pipe()
    progress_read, progress_write = os.pipe()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")
    }
    environment |= {"VERSUS_JOB_FD": str(job_read), "VERSUS_PROGRESS_FD": str(progress_write)}
    pass_fds = [job_read, progress_write]
    if looks:
        environment["VERSUS_CONTROL_FD"] = str(looks.read_fd)
        pass_fds.append(looks.read_fd)
    command = [sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py"))]
    options = ["--headless", "--users", "1", "--only-summary", "--exit-code-on-error", "0"]
    log = folder / _GENERATOR_LOG
    async with child(
        [*command, *options, "--loglevel", "WARNING"],
        environment,
        on_parent_death="KILL",
        log=log,
        pass_fds=pass_fds,
    ) as process:
        os.close(job_read)
        os.close(progress_write)
        course.host = HostLog({"generator": process.pid, **target.pids})
        await asyncio.to_thread(
            _send, job_write, _job(plan, folder, target, looks=looks is not None)
        )
        async with reading(progress_read) as reader:
            while line := await reader.readline():
                message = json.loads(line)
                if looks and "look" in message:
                    await _take_look(looks, course)
                else:
                    _take(message, course, progress)
        await process.wait()
    _check_end(plan, course, f"the generator {exit_of(process)}; see {log}")


def _send(write_fd: int, job: Job) -> None:
    with os.fdopen(write_fd, "wb") as pipe:
        pipe.write(TypeAdapter(Job).dump_json(job))


def _job(plan: Plan, folder: Path, target: Target, *, looks: bool) -> Job:
    return Job(
        run_folder=str(folder),
        base_urls=target.base_urls,
        headers={**target.headers, **plan.headers},
        seed=plan.seed,
        variants=plan.variants,
        scenarios=plan.scenarios,
        profile=plan.profile,
        load=plan.load,
        target=plan.target,
        looks=looks,
    )


async def _take_look(looks: Looks, course: _Course) -> None:
    """Answer a look, while the generator waits."""
    assert course.host is not None
    decided = await looks.decided()
    course.host.looked()
    looks.answer(decided)


def _take(message: Mapping[str, Any], course: _Course, progress: Progress) -> None:
    if "failed" in message:
        raise MeasureError(f"{message['failed']}, then measure again.")
    if "boundary" in message:
        assert course.host is not None
        course.host.reached(message["boundary"])
        return
    course.ended = message["ended"]
    course.last_error = message["last_error"]
    progress.measuring(message["scenario"], message["left_s"], message["errors"], message["ratios"])


def _check_end(plan: Plan, course: _Course, otherwise: str) -> None:
    """Hold how the generator ended against the plan."""
    ends = {course.ended.get(scenario.name, "") for scenario in plan.scenarios}
    if "errors" in ends:
        course.fail(
            f"stopped after wrong answers in a row; the last: {course.last_error}. "
            "Look at the service's log, or at `status` in the scenario.",
            "invalid",
        )
    elif "" in ends:
        raise MeasureError(otherwise)


async def _run_suite(plan: Plan, folder: Path, target: Target, progress: Progress) -> None:
    progress.say(f"running the suite {plan.target.suite} ({plan.profile.suite_s:.0f} s)")
    suite = str(plan.target.suite)
    options = ["-q", "--benchmark-only", f"--benchmark-json={folder / MICRO_NAME}"]
    environment = {
        **os.environ,
        **target.environment,
        "VERSUS_SUITE_S": str(plan.profile.suite_s),
    }
    log = folder / _SUITE_LOG
    async with child(
        [sys.executable, "-m", "pytest", suite, *options],
        environment,
        on_parent_death="TERM",
        log=log,
    ) as process:
        await process.wait()
    if process.returncode != 0:
        raise MeasureError(f"the suite {suite} {exit_of(process)}; see {log}")


def _close(folder: Path, record: RunRecord, course: _Course) -> tuple[int, bool]:
    """Write what there is; where even that fails, say so and leave the stream as it is.

    Returns: the number of samples kept, and whether the record could be closed.
    """
    try:
        table = close_samples(folder, record)
        if course.host and course.host.rows:
            write_host(folder, course.host.rows)
        rounds = _complete_rounds(table, len(record.variants))
        strip_suite(folder / MICRO_NAME, redact=course.redact)
        written = [name for name in (MICRO_NAME, HOST_NAME) if (folder / name).exists()]
        closed = record.model_copy(
            update={
                "state": course.state,
                "reasons": tuple(course.reasons),
                "finished_at": now_utc(),
                "environment": {**record.environment, "after_measuring": closing_facts()},
                "noise": course.host.total() if course.host else {},
                "scenarios": tuple(
                    one.model_copy(
                        update={
                            "rounds": rounds.get(one.name, 0),
                            "ended": course.ended.get(one.name, "") or "interrupted",
                        }
                    )
                    for one in record.scenarios
                ),
                "files": {name: describe_file(folder / name) for name in (SAMPLES_NAME, *written)},
            }
        )
        write_run(folder, course.shown(closed))
        if course.redact and course.state == "complete":
            # Logs hold the host's name, and after a run without trouble nobody needs them.
            for name in (_GENERATOR_LOG, _SUITE_LOG):
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        course.fail(
            f"{folder}: cannot close the run ({error.strerror or error}); its samples so far stay "
            "readable. Free space, then measure again."
        )
        return int(read_run(folder).samples.num_rows), False
    return int(table.num_rows), True


def _complete_rounds(table: Any, n_variants: int) -> dict[str, int]:
    """Measured rounds in which every variant gave a right answer, by scenario."""
    right = table.filter(pc.and_(pc.invert(table["warmup"]), pc.equal(table["error"], "")))
    sizes = right.group_by(["scenario", "round"]).aggregate([("latency_s", "count")])
    complete = sizes.filter(pc.equal(sizes["latency_s_count"], n_variants))
    counts = complete.group_by(["scenario"]).aggregate([("round", "count")])
    return dict(zip(counts["scenario"].to_pylist(), counts["round_count"].to_pylist(), strict=True))
