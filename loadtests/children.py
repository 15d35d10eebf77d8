"""Processes that this one starts and that must not outlive it."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

STOP_WITHIN_S = 10.0


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


@asynccontextmanager
async def child(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    on_parent_death: str,
    stderr: int | None = None,
    log: Path | None = None,
    pass_fds: Sequence[int] = (),
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command for the length of a `with`, in a session of its own.

    A terminal's Ctrl-C reaches only this process, which then stops its children in order.
    Output goes to `log`, or nowhere.
    """
    with (log or Path(os.devnull)).open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *dying_with_parent(command, on_parent_death),
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output if stderr is None else stderr,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        await asyncio.shield(_stop(process))


@asynccontextmanager
async def reading(read_fd: int) -> AsyncIterator[asyncio.StreamReader]:
    """Read a pipe's end for the length of a `with`, then close it."""
    reader = asyncio.StreamReader()
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
