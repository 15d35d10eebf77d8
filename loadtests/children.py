"""Child processes: started, stopped with what they started, and their ends explained.

A child runs in a session of its own, so that a terminal's Ctrl-C reaches only this process, which
then stops its children in order. When this process is killed, the kernel (on Linux) signals each
child, and a guard ends the child's whole process group.
"""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import psutil

from loadtests.telling_lines import telling_line

ROOT = Path(__file__).parents[1]
"""The folder of our rooms."""

STOP_WITHIN_S = 10.0
POLL_S = 0.05

# The guard's input ends when the process that holds the other end of the pipe has died.
_GUARD = 'read -r _; kill -s TERM -- "-$1"; sleep 2; kill -s KILL -- "-$1"'


def dying_with_parent(command: Sequence[str], signal_name: str) -> list[str]:
    """The command, wrapped so that the kernel signals it when this process dies.

    The request is lost if this process dies before it is made, so the wrapper checks its parent
    afterwards. Without setpriv (outside Linux) the command is returned unchanged.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return list(command)
    check_parent = ["sh", "-c", 'test "$PPID" = "$0" && exec "$@"', str(os.getpid())]
    return [setpriv, "--pdeathsig", signal_name, *check_parent, *command]


def own_module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module in our Python; its environment is `own_environment`."""
    # -P: a module of the current folder, which is a person's, must not be taken for ours.
    return [sys.executable, "-P", "-m", name, *arguments]


def own_environment(**more: str) -> dict[str, str]:
    """The environment of a process that runs our code, and never a person's modules."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


@asynccontextmanager
async def child(  # noqa: PLR0913 - what a process can be started with
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    on_parent_death: str,
    stdout: int | None = None,
    stderr: int | None = None,
    log: Path | None = None,
    pass_fds: Sequence[int] = (),
    cwd: str | None = None,
    group: bool = False,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command during a `with` block; at its end, stop the whole process group.

    Args:
        command: program and arguments.
        environment: the whole environment.
        on_parent_death: the signal that the kernel sends when this process dies: `TERM`, `KILL`.
        stdout: as for subprocess; by default it goes to the log.
        stderr: likewise.
        log: takes the output; without it, output is discarded.
        pass_fds: open descriptors that the child keeps.
        cwd: where it runs.
        group: whether this process's death also ends what the command has started.
    """
    with (log or Path(os.devnull)).open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *dying_with_parent(command, on_parent_death),
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output if stdout is None else stdout,
            stderr=output if stderr is None else stderr,
            pass_fds=tuple(pass_fds),
            cwd=cwd,
            start_new_session=True,
        )
    async with AsyncExitStack() as guarding:
        try:
            if group:
                await guarding.enter_async_context(_guarded(process.pid))
            yield process
        finally:
            await asyncio.shield(_stop_group(process))


async def run_to_end(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    cwd: str | None = None,
) -> str:
    """Run a command until it exits.

    Args:
        command: program and arguments.
        environment: the whole environment.
        log: takes its output.
        cwd: where it runs.

    Returns: how it failed, as `explain_exit` says it; empty if it exited with 0.

    Raises:
        OSError: it cannot be started.
    """
    async with child(
        command, environment, on_parent_death="TERM", log=log, cwd=cwd, group=True
    ) as process:
        await process.wait()
    return explain_exit(process, log) if process.returncode else ""


def explain_exit(
    process: asyncio.subprocess.Process, log: Path, hidden: Sequence[str] = (), since: int = 0
) -> str:
    """How a process ended, the line of its log that says why, and where the rest is."""
    return f"{exit_of(process)}{log_line(log, hidden, since)}; see {log}"


def exit_of(process: asyncio.subprocess.Process) -> str:
    """How a process ended, in words."""
    code = process.returncode
    if code is None:
        return "is running"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"exited with {code}"


def log_line(log: Path, hidden: Sequence[str] = (), since: int = 0) -> str:
    """What a process's log says, `; output: ...`, safe to show; empty where it says nothing.

    Args:
        log: of the process; it may hold anything.
        hidden: values that must not be shown.
        since: bytes at its beginning that are of earlier processes.
    """
    line = telling_line(log, hidden, since)
    return f"; output: {line}" if line else ""


async def _stop_group(process: asyncio.subprocess.Process) -> None:
    """Ask a process and all that it has started to end; kill those that do not in time."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        deadline_s = time.monotonic() + STOP_WITHIN_S
        pause_s = POLL_S / 8
        # The kernel reports only the end of our own child, not that of its children: so poll.
        while _group_lives(process.pid) and time.monotonic() < deadline_s:
            await asyncio.sleep(pause_s)
            pause_s = min(POLL_S, 2 * pause_s)
    await process.wait()


async def stop_marked(variable: str, value: str) -> None:
    """End processes that left their group, by a variable that they have inherited.

    Args:
        variable: that only what is meant was started with.
        value: of it, unique.
    """
    marked = f"{variable}={value}".encode()
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = [process for process in psutil.process_iter() if _has(process.pid, marked)]
        for process in left:
            with suppress(psutil.Error):
                process.send_signal(number)
        if not left:
            return
        await asyncio.to_thread(psutil.wait_procs, left, STOP_WITHIN_S)


def _has(pid: int, marked: bytes) -> bool:
    """Whether a process was started with a variable; other people's are not known."""
    with suppress(OSError):
        return marked in Path("/proc", str(pid), "environ").read_bytes().split(b"\0")
    return False


def _group_lives(group: int) -> bool:
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


@asynccontextmanager
async def _guarded(group: int) -> AsyncIterator[None]:
    """End a process group when this process is killed and cannot do it itself.

    The kernel's signal on a parent's death reaches only the process that was started, not those
    that it has started itself.
    """
    read_fd, write_fd = os.pipe()
    try:
        guard = await asyncio.create_subprocess_exec(
            *("sh", "-c", _GUARD, "sh", str(group)),
            stdin=read_fd,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield
        finally:
            guard.kill()
            await asyncio.shield(guard.wait())
    finally:
        os.close(read_fd)
        os.close(write_fd)


@asynccontextmanager
async def reading(read_fd: int, line_bytes_max: int = 2**16) -> AsyncIterator[asyncio.StreamReader]:
    """Read a pipe's end during a `with` block, then close it; `readline` refuses longer lines."""
    reader = asyncio.StreamReader(limit=line_bytes_max)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_fd, "rb", buffering=0)
    )
    try:
        yield reader
    finally:
        transport.close()
