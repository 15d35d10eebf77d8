"""Processes that this one starts and that must not outlive it."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import psutil

STOP_WITHIN_S = 10.0
POLL_S = 0.05

# What a guard runs: its input ends when the process that holds the other end is no more.
_GUARD = 'read -r _; kill -s TERM -- "-$1"; sleep 2; kill -s KILL -- "-$1"'


def dying_with_parent(command: Sequence[str], signal_name: str) -> list[str]:
    """The command, arranged so that the kernel ends it when this process is killed.

    The request is lost if this process dies before it is made, hence the look at the parent
    afterwards. Where setpriv is missing (outside Linux) the command is returned as it is.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return list(command)
    still_ours = ["sh", "-c", 'test "$PPID" = "$0" && exec "$@"', str(os.getpid())]
    return [setpriv, "--pdeathsig", signal_name, *still_ours, *command]


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end, and end it if it does not."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _stop_group(process: asyncio.subprocess.Process) -> None:
    """Ask a process and all that it has started to end, and end those that do not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        deadline_s = time.monotonic() + STOP_WITHIN_S
        # Nobody tells of the end of a process that is not our own child.
        while _group_lives(process.pid) and time.monotonic() < deadline_s:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
    await process.wait()


def _group_lives(group: int) -> bool:
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


@asynccontextmanager
async def _guarded(group: int) -> AsyncIterator[None]:
    """Have a process group ended when this process is killed and cannot do it any more.

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
async def child(  # noqa: PLR0913 - what a process can be started with
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    on_parent_death: str,
    stderr: int | None = None,
    log: Path | None = None,
    pass_fds: Sequence[int] = (),
    cwd: str | None = None,
    group: bool = False,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command for the length of a `with`, in a session of its own.

    A terminal's Ctrl-C reaches only this process, which then stops its children in order.
    Output goes to `log`, or nowhere. With `group`, whatever the command starts ends with it.
    """
    with (log or Path(os.devnull)).open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *dying_with_parent(command, on_parent_death),
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
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
            await asyncio.shield(_stop_group(process) if group else _stop(process))


LINE_LENGTH_MAX = 2**24
"""asyncio's own limit is 64 KiB, less than progress on hundreds of scenarios or workers takes."""


@asynccontextmanager
async def reading(read_fd: int) -> AsyncIterator[asyncio.StreamReader]:
    """Read a pipe's end for the length of a `with`, then close it."""
    reader = asyncio.StreamReader(limit=LINE_LENGTH_MAX)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_fd, "rb", buffering=0)
    )
    try:
        yield reader
    finally:
        transport.close()


def exit_of(process: asyncio.subprocess.Process) -> str:
    """How a process ended, in words."""
    code = process.returncode
    if code is None:
        return "is running"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"exited with {code}"
