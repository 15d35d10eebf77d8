"""Child processes, with real shells: how they start, end, and what is said about it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from loadtests import children
from loadtests.children import (
    child,
    dying_with_parent,
    exit_of,
    log_line,
    reading,
    run_to_end,
)
from loadtests.telling_lines import LINE_LENGTH_MAX

ROOT = Path(__file__).parents[2]
# A shell whose own child writes its process id, and which waits for it.
FAMILY = "sleep 60 & echo $!; wait"
STUBBORN = "trap '' TERM; (trap '' TERM; while :; do sleep 0.1; done) & echo $!; wait"
KILLED_PARENT = """
import asyncio, os, sys
from pathlib import Path
from loadtests.children import child
async def main():
    log = Path(sys.argv[1])
    command = ["sh", "-c", sys.argv[2]]
    async with child(command, os.environ, on_parent_death="TERM", log=log, group=True) as process:
        print(process.pid, flush=True)
        await process.wait()
asyncio.run(main())
"""


def shell(script: str, log: Path) -> str:
    return asyncio.run(run_to_end(["sh", "-c", script], os.environ, log))


async def await_text(log: Path) -> str:
    """What a process has written, once it has."""
    async with asyncio.timeout(10):
        # A file reports nothing, so look again.
        while not (text := await asyncio.to_thread(log.read_text)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return text


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exit 0", ""),
        ("echo fine; echo wrong >&2; exit 3", "exited with 3; output: wrong; see "),
        ("kill -KILL $$", "was ended by SIGKILL; see "),
    ],
)
def test_a_failure_names_the_exit_and_the_last_line(
    tmp_path: Path, script: str, expected: str
) -> None:
    """A success is the empty text."""
    log = tmp_path / "log"

    assert f"{expected}{log if expected else ''}" == shell(script, log)


def test_a_program_that_cannot_be_started_is_an_exit_or_an_error(tmp_path: Path) -> None:
    """The wrapper that dies with its parent reports the missing program by its exit code."""
    log = tmp_path / "log"
    try:
        failure = asyncio.run(run_to_end(["/no/where"], os.environ, log))
    except FileNotFoundError:
        assert dying_with_parent(["/no/where"], "TERM") == ["/no/where"]
    else:
        assert failure.startswith("exited with 12")


@pytest.mark.parametrize(
    ("content", "hidden", "expected"),
    [
        ("", (), ""),
        ("\n \n", (), ""),
        ("one\ntwo\n\n", (), "; output: two"),
        ("by s3cret!\n", ("s3cret!",), "; output: by [removed]"),
        ("\x1b[31mred\n", (), "; output: red"),
        ("x" * 400, (), f"; output: {'x' * LINE_LENGTH_MAX}"),
        ("old\n" + "y\n" * 5000 + "last", (), "; output: last"),
    ],
)
def test_the_last_line_is_safe_to_show(
    tmp_path: Path, content: str, hidden: tuple[str, ...], expected: str
) -> None:
    """It is short and printable, and holds no secret."""
    log = tmp_path / "log"
    log.write_text(content, encoding="utf-8")

    assert expected == log_line(log, hidden)


@pytest.mark.parametrize("script", [FAMILY, STUBBORN])
def test_the_end_of_the_block_ends_the_whole_group(
    tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child's children end too, also those that ignore the request."""
    monkeypatch.setattr(children, "STOP_WITHIN_S", 0.3)
    log = tmp_path / "log"

    async def run() -> tuple[int, str]:
        async with child(
            ["sh", "-c", script], os.environ, on_parent_death="TERM", log=log
        ) as process:
            grandchild = int(await await_text(log))
            assert "is running" == exit_of(process)
        return grandchild, exit_of(process)

    grandchild, how = asyncio.run(run())

    assert f"was ended by {'SIGTERM' if script is FAMILY else 'SIGKILL'}" == how
    assert not psutil.pid_exists(grandchild) or (
        psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE
    )


def test_a_cancelled_block_still_ends_its_child(tmp_path: Path) -> None:
    """Ctrl-C cancels the task; the child is stopped before the task ends."""
    log = tmp_path / "log"
    started: list[asyncio.subprocess.Process] = []

    async def hold() -> None:
        async with child(
            ["sh", "-c", FAMILY], os.environ, on_parent_death="TERM", log=log
        ) as process:
            started.append(process)
            await process.wait()

    async def cancel() -> None:
        holding = asyncio.create_task(hold())
        await asyncio.sleep(0)
        while not started:  # noqa: ASYNC110 - the task itself reports nothing
            await asyncio.sleep(0.01)
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)

    asyncio.run(cancel())

    assert -signal.SIGTERM == started[0].returncode


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux signals children of a killed parent"
)
def test_a_killed_parent_takes_its_children_along(tmp_path: Path) -> None:
    """Neither the child nor what it has started outlives the parent."""
    log = tmp_path / "log"
    log.touch()
    parent = subprocess.Popen(
        [sys.executable, "-c", KILLED_PARENT, str(log), FAMILY],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    grandchild = int(asyncio.run(await_text(log)))
    family = [psutil.Process(one) for one in (pid, grandchild)]
    parent.kill()
    parent.communicate()
    began_s = time.monotonic()
    _, alive = psutil.wait_procs(family, timeout=10)

    assert [] == [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    assert time.monotonic() - began_s < 10


def test_long_lines_are_read_whole() -> None:
    """Progress on hundreds of scenarios is one line, longer than asyncio's own limit."""
    read_fd, write_fd = os.pipe()
    line = b"x" * 100_000 + b"\n"

    async def read() -> bytes:
        async with reading(read_fd, 2**20) as reader:
            writing = asyncio.get_running_loop().run_in_executor(None, write)
            received = await reader.readline()
            await writing
            return received

    def write() -> None:
        with os.fdopen(write_fd, "wb") as pipe:
            pipe.write(line)

    assert line == asyncio.run(read())


def test_output_can_go_elsewhere_than_to_the_log(tmp_path: Path) -> None:
    """What is secret must not be on the disk."""
    log = tmp_path / "log"
    read_fd, write_fd = os.pipe()

    async def run() -> bytes:
        async with reading(read_fd) as reader:
            command = ["sh", "-c", "echo value; echo word >&2"]
            with os.fdopen(write_fd, "wb") as writing:
                started = child(
                    command, os.environ, on_parent_death="TERM", stdout=write_fd, log=log
                )
                async with started as process:
                    writing.close()
                    await process.wait()
                    return await reader.read()

    assert b"value\n" == asyncio.run(run())
    assert "word\n" == log.read_text(encoding="utf-8")
