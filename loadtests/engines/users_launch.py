"""Starts what runs a person's Locust file, hands on its events, and bounds what its code may do."""

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from pydantic import TypeAdapter

from contract.errors import ConfigError
from loadtests.checking.secrets import secrets_of
from loadtests.children import child, exit_of, log_line, own_environment, own_module, reading
from loadtests.closing import GENERATOR_LOG
from loadtests.engines.channels import EVENTS_FD, JOB_FD
from loadtests.engines.events import EVENT_BYTES_MAX, decode
from loadtests.engines.launch import new_job, send_job
from loadtests.engines.setting_up import set_up
from loadtests.errors import MeasureError
from loadtests.machine.memory import services_of
from loadtests.machine.noise import HostLog
from loadtests.planning.plan import Plan
from loadtests.planning.sequences import merged_headers
from loadtests.planning.users import LocustUsers, UsersJob
from loadtests.progress import Progress
from loadtests.run_progress import RunProgress
from loadtests.targets.target import Target

LOADED_WITHIN_S = 30.0
"""So long may a file's code take while it is imported."""

GRACE_S = 10.0
"""So much later than its users must have ended may a step's end come."""

FILE_BYTES_MAX = 2**24


def checked_users(
    file: Path,
    count: int,
    tags: Sequence[str] = (),
    classes: Sequence[str] = (),
    *,
    within_s: float = LOADED_WITHIN_S,
) -> LocustUsers:
    """The users of a Locust file, after it was loaded once in a process of its own.

    Raises:
        ConfigError: it cannot be used; one line.
    """
    content = _content(file)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_look_into(file.absolute(), Path(folder), tags, classes, within_s))
    if found.get("refused"):
        raise ConfigError(f"{file}: {found['refused']}.")
    return LocustUsers(
        file=str(file.absolute()),
        cwd=str(Path.cwd()),
        count=count,
        tags=tuple(tags),
        classes=tuple(classes),
        hosts_ignored=tuple(found["hosts_ignored"]),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _content(file: Path) -> bytes:
    if file.suffix != ".py":
        raise ConfigError(f"{file}: is no Locust file, which ends in .py.")
    try:
        if file.is_file() and file.stat().st_size <= FILE_BYTES_MAX:
            return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}).") from None
    raise ConfigError(
        f"{file}: no such file. Name a Locust file: --locustfile path/to/locustfile.py."
        if not file.exists()
        else f"{file}: is no file of at most 16 MiB."
    )


async def _look_into(
    file: Path, folder: Path, tags: Sequence[str], classes: Sequence[str], within_s: float
) -> dict[str, list[str]]:
    place, log = folder / "found.json", folder / "log"
    stated = json.dumps({"file": str(file), "classes": list(classes), "tags": list(tags)})
    command = own_module("loadtests.engines.user_file", str(place), stated)
    async with child(command, _environment(), on_parent_death="KILL", log=log) as process:
        try:
            await asyncio.wait_for(process.wait(), within_s)
        except TimeoutError:
            raise ConfigError(
                f"{file}: was not loaded within {within_s:g} s. Take out of the file what runs for "
                "long outside of its tasks."
            ) from None
    if not place.exists():
        raise ConfigError(
            f"{file}: its process {exit_of(process)} while the file was loaded{log_line(log)}."
        )
    found: dict[str, list[str]] = json.loads(place.read_text(encoding="utf-8"))
    return found


def _environment(**more: str) -> dict[str, str]:
    # How many users, which and where to is Versus's to say.
    own = own_environment(**more)
    return {name: value for name, value in own.items() if not name.startswith("LOCUST_")}


async def generate_users(
    plan: Plan, folder: Path, target: Target, run: RunProgress, progress: Progress
) -> None:
    """Let the users of the plan's Locust file send, and keep in `run` how it went.

    Raises:
        MeasureError: they could not go on.
    """
    assert plan.workers
    assert plan.workers.users
    users, log = plan.workers.users, folder / GENERATOR_LOG
    given = await set_up(plan, new_job(plan, folder, target, looks=False), target.environments)
    run.hidden += given.secrets
    job_read, job_write = os.pipe()
    events_read, events_write = os.pipe()
    async with AsyncExitStack() as children:
        process = await children.enter_async_context(
            child(
                own_module("loadtests.engines.locust_users"),
                _environment(**{JOB_FD: str(job_read), EVENTS_FD: str(events_write)}),
                on_parent_death="KILL",
                log=log,
                cwd=users.cwd,
                pass_fds=[job_read, events_write],
                group=True,
            )
        )
        os.close(job_read)
        os.close(events_write)
        services = services_of(plan.variants, target.served_by) if run.reads_memory else {}
        run.host = HostLog({"generator": process.pid, **target.pids}, services)
        job = _job(plan, users, folder, target)
        await asyncio.to_thread(send_job, job_write, TypeAdapter(UsersJob).dump_json(job))
        async with reading(events_read, EVENT_BYTES_MAX) as reader:
            while line := await _next_line(reader, plan, users):
                if not line.endswith(b"\n"):
                    break  # It died while it wrote; how it ended is said below.
                event = decode(line)
                run.handle(event)
                progress.handle(event)
        await process.wait()
    if "errors" in run.ended.values():
        run.fail(
            f"stopped because every request failed; the last: {run.last_error}. Look at the "
            "service's log, or at what the Locust file counts as a failure.",
            "invalid",
        )
    elif "rounds" not in run.ended.values():
        raise MeasureError(f"{users.name}: its process {exit_of(process)} early; see {log}")


async def _next_line(reader: asyncio.StreamReader, plan: Plan, users: LocustUsers) -> bytes:
    """The next event, or nothing at the end; a file's endless loop would send none for ever."""
    longest_s = plan.profile.sub_block_s + plan.target.timeout_s + GRACE_S
    try:
        async with asyncio.timeout(longest_s):
            return await reader.readline()
    except TimeoutError:
        raise MeasureError(
            f"{users.name}: no sub-block ended within {longest_s:g} s. A task, or code beside the "
            "tasks, holds up all users: an endless loop, or a wait that is none of gevent's."
        ) from None


def _job(plan: Plan, users: LocustUsers, folder: Path, target: Target) -> UsersJob:
    common = merged_headers(target.headers, plan.headers)
    headers = tuple(merged_headers(common, own) for own in plan.users_headers)
    return UsersJob(
        run_folder=str(folder),
        base_urls=target.base_urls,
        headers=headers,
        seed=plan.seed,
        variants=plan.variants,
        profile=plan.profile,
        users=users,
        timeout_s=plan.target.timeout_s,
        body_mib_max=plan.target.body_mib_max,
        secrets=secrets_of(plan, [value for table in headers for value in table.values()]),
    )
