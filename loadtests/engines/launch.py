"""Runs Locust: one process, or a master and its workers, and hands on their events."""

import asyncio
import os
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from contract.run.observation import LATE
from loadtests.checking.secrets import secrets_of
from loadtests.children import (
    child,
    dying_with_parent,
    exit_of,
    own_environment,
    own_module,
    reading,
)
from loadtests.closing import GENERATOR_LOG
from loadtests.engines.channels import DECISIONS_FD, EVENTS_FD, JOB_FD
from loadtests.engines.events import (
    EVENT_BYTES_MAX,
    Event,
    LookRequested,
    NoMoreRestarts,
    RestartRequested,
    ScenariosDecided,
    ServersRestarted,
    decode,
)
from loadtests.engines.looks import Looks
from loadtests.engines.setting_up import set_up
from loadtests.errors import MeasureError
from loadtests.machine.memory import services_of
from loadtests.machine.noise import HostLog
from loadtests.planning.plan import Job, LoadWorkers, Plan
from loadtests.progress import Progress
from loadtests.run_progress import RunProgress
from loadtests.targets.target import Target

BENCH_FILE = "locustfile_bench.py"
LOAD_FILE = "locustfile_load.py"


async def generate(
    plan: Plan,
    folder: Path,
    target: Target,
    run: RunProgress,
    progress: Progress,
    looks: Looks | None,
) -> None:
    """Send everything that the plan says, and keep in `run` how it went.

    Raises:
        MeasureError: the generator could not go on.
    """
    job = new_job(plan, folder, target, looks=looks is not None)
    job = await set_up(plan, job, target.environments)
    run.hidden += job.secrets
    log = folder / GENERATOR_LOG
    workers = plan.workers
    port = _free_port(workers) if workers and workers.distributed else 0
    job_read, job_write = os.pipe()
    events_read, events_write = os.pipe()
    pass_fds = [job_read, events_write]
    environment = _environment(folder)
    environment |= {JOB_FD: str(job_read), EVENTS_FD: str(events_write)}
    if looks:
        environment[DECISIONS_FD] = str(looks.read_fd)
        pass_fds.append(looks.read_fd)
    async with AsyncExitStack() as children:
        process = await children.enter_async_context(
            child(
                [*_locust(LOAD_FILE if workers else BENCH_FILE), *_master_options(plan, port)],
                environment,
                on_parent_death="KILL",
                log=log,
                cwd=str(folder),
                pass_fds=pass_fds,
            )
        )
        os.close(job_read)
        os.close(events_write)
        pids = {"generator": process.pid}
        host = workers.bind_host if workers else ""
        for number in range(workers.local_workers if workers else 0):
            worker = await children.enter_async_context(
                child(
                    [*_worker(host, port), "--loglevel", "WARNING"],
                    _environment(folder),
                    on_parent_death="KILL",
                    log=log,
                    cwd=str(folder),
                )
            )
            pids[f"worker_{number + 1}"] = worker.pid
        if workers and workers.remote:
            progress.say(
                f"waiting for {workers.remote} worker{'' if workers.remote == 1 else 's'}: on each "
                f"machine run `versus worker --master <this machine>:{port}`"
            )
        services = services_of(plan.variants, target.served_by) if run.reads_memory else {}
        run.host = HostLog({**pids, **target.pids}, services)
        job = replace(
            job,
            pids=target.served_by if run.reads_cpu else (),
        )
        await asyncio.to_thread(send_job, job_write, TypeAdapter(Job).dump_json(job))
        async with reading(events_read, EVENT_BYTES_MAX) as reader:
            while line := await reader.readline():
                if not line.endswith(b"\n"):
                    break  # The generator died while it wrote; how it ended is said below.
                event = decode(line)
                if looks and isinstance(event, LookRequested | RestartRequested):
                    looks.answer(await _decide(event, looks, run, target, plan, job))
                run.handle(event)
                progress.handle(event)
        await process.wait()
    _check_end(plan, run, f"the generator {exit_of(process)}; see {log}")


def run_worker(host: str, port: int) -> int:
    """Work for a master on another machine until it is done; the exit code."""
    command = [*_worker(host, port), "--loglevel", "INFO"]
    # Whoever ends this process means the one that sends.
    with tempfile.TemporaryDirectory() as empty:
        return subprocess.call(
            dying_with_parent(command, "TERM"), env=_environment(Path(empty)), cwd=empty
        )


def _worker(host: str, port: int) -> list[str]:
    return [*_locust(LOAD_FILE), "--worker", "--master-host", host, "--master-port", str(port)]


def _locust(file: str) -> list[str]:
    locustfile = str(Path(__file__).with_name(file))
    return own_module("locust", "-f", locustfile, "--headless", "--only-summary")


def _master_options(plan: Plan, port: int) -> Sequence[str]:
    workers = plan.workers
    options = ["--loglevel", "WARNING", "--exit-code-on-error", "0"]
    if workers is None or not workers.distributed:
        return [*options, "--users", "1"]
    # One user on each worker.
    options += ["--users", str(workers.count), "--spawn-rate", str(workers.count), "--master"]
    options += ["--master-bind-host", workers.bind_host, "--master-bind-port", str(port)]
    return [*options, "--expect-workers", str(workers.count)]


def _environment(folder: Path) -> dict[str, str]:
    # Settings of a person's own Locust are not for this one: variables, and files that Locust looks
    # for in the home and in the current folder, for which the run's folder stands in.
    own = own_environment(HOME=str(folder))
    return {name: value for name, value in own.items() if not name.startswith("LOCUST_")}


def check_port(workers: LoadWorkers) -> None:
    """Check that this machine can listen for workers where it shall.

    Raises:
        MeasureError: it cannot.
    """
    if workers.distributed:
        _free_port(workers)


def _free_port(workers: LoadWorkers) -> int:
    """The port to listen at; where it is taken, Locust says so in its log only."""
    try:
        family = socket.getaddrinfo(workers.bind_host, workers.port, type=socket.SOCK_STREAM)[0][0]
        with socket.create_server((workers.bind_host, workers.port), family=family) as listening:
            return int(listening.getsockname()[1])
    except OSError as error:
        raise MeasureError(
            f"cannot listen for workers at {workers.bind_host}, port {workers.port} "
            f"({error.strerror or error}). Choose another --bind or --port."
        ) from None


def send_job(write_fd: int, job: bytes) -> None:
    """Write a job to the generator, and close its pipe."""
    # Where the generator has died, its exit code is reported.
    with suppress(BrokenPipeError), os.fdopen(write_fd, "wb") as pipe:
        pipe.write(job)


def new_job(plan: Plan, folder: Path, target: Target, *, looks: bool) -> Job:
    """What the generator gets: the plan, and where and how its target answers."""
    headers = {**target.headers, **plan.headers}
    callers = [value for table in target.callers.values() for value in table.values()]
    return Job(
        run_folder=str(folder),
        base_urls=target.base_urls,
        headers=headers,
        seed=plan.seed,
        variants=plan.variants,
        scenarios=plan.scenarios,
        profile=plan.profile,
        load=plan.load,
        # Workers do not need what a server was started with.
        target=plan.target.model_copy(update={"environment": {}}),
        looks=looks,
        restarts=bool(plan.restarts),
        workers=plan.workers.count if plan.workers else 1,
        callers=target.callers,
        tls=plan.tls,
        # Nor what nobody may see: under load, answers are not looked through.
        secrets=() if plan.workers else secrets_of(plan, [*headers.values(), *callers]),
    )


async def _decide(
    request: LookRequested | RestartRequested,
    looks: Looks,
    run: RunProgress,
    target: Target,
    plan: Plan,
    job: Job,
) -> Event:
    """Take a look, or restart the servers, while the generator waits."""
    assert run.host is not None
    decided = await looks.decided()
    if isinstance(request, LookRequested):
        run.host.looked()
        return ScenariosDecided(names=decided)
    assert target.restarted is not None
    run.starts, run.hash_seeds = target.restarted.starts, target.restarted.hash_seeds
    if len(decided) == len(plan.scenarios):
        return NoMoreRestarts(ended="decided")
    if request.pairs >= plan.restarts[-1]:
        return NoMoreRestarts(ended="rounds")
    started = await target.restarted.start()
    pids = {variant.server.name: variant.process.pid for variant in started}
    serving = tuple(pids.values())
    services = services_of(plan.variants, serving) if run.reads_memory else {}
    run.host.looked({**run.host.pids, **pids}, services)
    base_urls = tuple(one.base_url for one in started)
    environments = [one.environment for one in started]
    given = job.given
    if plan.setup:
        anew = await set_up(plan, replace(job, base_urls=base_urls), environments)
        given = anew.given
        run.hidden += anew.secrets
    return ServersRestarted(
        base_urls=base_urls,
        given=given,
        pids=serving if run.reads_cpu else (),
    )


def _check_end(plan: Plan, run: RunProgress, otherwise: str) -> None:
    """Compare how the generator ended with the plan."""
    ends = {run.ended.get(scenario.name, "") for scenario in plan.scenarios}
    if "errors" in ends:
        is_late = LATE in run.last_error
        advice = (
            "Find out what keeps the service from answering, or raise target.timeout_s"
            if is_late
            else "Look at the service's log, or at `status` in the scenario"
        )
        run.fail(
            f"stopped because of wrong answers; the last: {run.last_error}. {advice}.", "invalid"
        )
    elif "" in ends and not run.reasons:
        raise MeasureError(otherwise)
