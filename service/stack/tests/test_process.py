import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from service.stack import StackError
from service.stack.process import Command, Process, interrupts_deferred

PROJECT = Path(__file__).parents[3]
FOREVER = "import time\nwhile True: time.sleep(1)"


def run(tmp_path: Path, program: str) -> Process:
    return Process("probe", Command([sys.executable, "-c", program]), tmp_path / "probe.log")


def test_exit_is_explained_with_the_last_line(tmp_path: Path) -> None:
    """The error for a process that exits early has its exit code, last log line and log."""
    process = run(tmp_path, "print('the disk is gone', flush=True); raise SystemExit(3)")

    with pytest.raises(StackError) as caught:
        process.await_ready(lambda: False, 20)

    expected = (
        f"probe (pid {process.pid}) died: exit code 3. Last log line: 'the disk is gone'. "
        f"Log: {tmp_path / 'probe.log'}"
    )
    assert expected == str(caught.value)


def test_signal_is_named(tmp_path: Path) -> None:
    """If a signal ended the process, the error has the signal's name."""
    process = run(tmp_path, FOREVER)
    os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(StackError, match=r"killed by SIGKILL\. It logged nothing"):
        process.await_ready(lambda: False, 20)


def test_waiting_ends_at_the_deadline(tmp_path: Path) -> None:
    """Waiting for a process that never becomes ready ends after the given time."""
    process = run(tmp_path, FOREVER)

    with pytest.raises(StackError, match=r"is not ready after 0\.1 s"):
        process.await_ready(lambda: False, 0.1)

    process.stop(10)
    assert not process.is_alive()


def test_process_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    """A process that ignores the stop signal is killed."""
    ignore = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    ignore += "print('started', flush=True)\n"
    process = run(tmp_path, ignore + FOREVER)
    process.await_ready(lambda: "started" in process.log.read_text(), 20)

    process.stop(0.1)

    assert "killed by SIGKILL" in process.explain_exit()


def test_child_dies_with_its_killed_parent(tmp_path: Path) -> None:
    """A child does not outlive a supervisor that was killed with SIGKILL."""
    supervisor = (
        "import sys, time; from pathlib import Path; from service.stack.process import *\n"
        f"child = Process('probe', Command([sys.executable, '-c', {FOREVER!r}]), Path('log'))\n"
        f"print(child.pid, flush=True)\n{FOREVER}"
    )
    command = [sys.executable, "-c", supervisor]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, env=environment) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))

        parent.kill()

    gone, _ = psutil.wait_procs([child], timeout=5)
    assert [child] == gone


def test_child_of_a_dead_parent_does_not_begin(tmp_path: Path) -> None:
    """A child whose parent died before the kernel watched it never runs the program."""
    argv = Command(["touch", tmp_path / "began"]).supervised()
    stranger = ["1" if argument == str(os.getpid()) else argument for argument in argv]

    subprocess.run(stranger, check=False)

    assert not (tmp_path / "began").exists()


def test_spawning_from_a_thread_is_refused(tmp_path: Path) -> None:
    """A child that a thread starts would die with the thread, so it is refused."""
    caught: list[str] = []

    def spawn() -> None:
        try:
            run(tmp_path, FOREVER)
        except StackError as error:
            caught.append(str(error))

    thread = threading.Thread(target=spawn)
    thread.start()
    thread.join()

    expected = (
        "probe was started from a thread and would die with it. Start it from the main thread."
    )
    assert [expected] == caught


def test_interrupts_wait_for_the_end_of_the_block() -> None:
    """A signal that arrives inside the block is delivered after it."""
    steps: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: steps.append("signal"))
    try:
        with interrupts_deferred():
            os.kill(os.getpid(), signal.SIGTERM)
            steps.append("end of block")
    finally:
        signal.signal(signal.SIGTERM, before)

    assert ["end of block", "signal"] == steps


def test_interrupted_stop_is_finished_first(tmp_path: Path) -> None:
    """An interrupt while a process is being stopped is delivered after the process has ended."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    program = (
        "import os, signal, time\n"
        "def stop(*_):\n"
        f"    os.kill({os.getpid()}, signal.SIGTERM)\n"
        "    time.sleep(0.3)\n"
        "    raise SystemExit\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        f"print('ready', flush=True)\n{FOREVER}"
    )
    process = run(tmp_path, program)
    process.await_ready(lambda: "ready" in process.log.read_text(), 20)
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            process.stop(10)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert not process.is_alive()
