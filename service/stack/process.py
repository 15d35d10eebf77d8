"""One supervised child process: start it, wait until it is ready, stop it, explain its exit.

A child runs in its own session, so that a terminal's Ctrl-C reaches only its supervisor. On Linux
the kernel signals it when the supervisor dies for any reason. The kernel watches the *thread* that
started the child, so children are started from the main thread only.
"""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.stack.errors import StackError

POLL_S = 0.02
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# If the parent dies before the child has asked for the signal, the child must not start.
_START_ONLY_UNDER_PARENT = 'test "$PPID" = "$0" && exec "$@"'


@dataclass(frozen=True)
class Command:
    """How to run a program under supervision.

    Attributes:
        argv: program and arguments.
        prefix: a command that replaces itself with the program, so that the pid stays the same.
        uid: user and group to switch to; None keeps ours.
        environment: the whole environment; None inherits ours.
        cwd: the folder to run in; None keeps ours.
        fds: open descriptors that the child inherits.
        stop_signal: requests a clean stop.
        orphan_signal: sent by the kernel when the supervisor dies.
    """

    argv: Sequence[str | Path]
    prefix: Sequence[str] = ()
    uid: int | None = None
    environment: Mapping[str, str] | None = None
    cwd: Path | None = None
    fds: Sequence[int] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM

    def supervised(self) -> list[str]:
        """The argument list, extended so that the kernel signals the child when we die."""
        setpriv = shutil.which("setpriv")
        guard: list[str] = []
        if setpriv is not None:
            guard = [setpriv, "--pdeathsig", self.orphan_signal.name.removeprefix("SIG")]
            guard += ["/bin/sh", "-c", _START_ONLY_UNDER_PARENT, str(os.getpid())]
        # After the prefix, because switching the user would clear the request.
        return [*self.prefix, *guard, *map(str, self.argv)]


class Process:
    """A running child and its log file.

    Create it and register it to be stopped inside one `interrupts_deferred()` block: an exception
    in between would leave a child that nothing stops.
    """

    def __init__(self, name: str, command: Command, log: Path) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise StackError(
                f"{name} was started from a thread and would die with it. Start it from the main "
                "thread."
            )
        self.name = name
        self.log = log
        self._stop_signal = command.stop_signal
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command.supervised(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=command.environment,
                cwd=command.cwd,
                user=command.uid,
                group=command.uid,
                extra_groups=None if command.uid is None else [],
                pass_fds=command.fds,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._popen.pid

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._popen.poll() is None

    def await_ready(self, is_ready: Callable[[], bool], within_s: float) -> None:
        """Poll until `is_ready`.

        Raises:
            StackError: the process died, or was not ready in time.
        """
        deadline_s = time.monotonic() + within_s
        while not is_ready():
            if not self.is_alive():
                raise StackError(self.explain_exit())
            if time.monotonic() > deadline_s:
                raise StackError(
                    f"{self.name} (pid {self.pid}) is not ready after {within_s:g} s. "
                    f"{self._last_line()} Is the machine overloaded? Try again."
                )
            time.sleep(POLL_S)

    def request_stop(self) -> None:
        """Send the stop signal and return at once."""
        if self.is_alive():
            self._popen.send_signal(self._stop_signal)

    def stop(self, within_s: float) -> None:
        """Request a stop and wait; after `within_s` kill the whole process group."""
        # An interrupted wait would leave the child running.
        with interrupts_deferred():
            self.request_stop()
            try:
                self._popen.wait(within_s)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self._popen.wait()

    def explain_exit(self) -> str:
        """Which process ended, how, its last log line and where its log is."""
        code = self._popen.poll()
        reason = f"exit code {code}"
        if code is not None and code < 0:
            reason = f"killed by {signal.Signals(-code).name}"
        return f"{self.name} (pid {self.pid}) died: {reason}. {self._last_line()}"

    def _last_line(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        quoted = f"Last log line: {last[:300]!r}." if last else "It logged nothing."
        return f"{quoted} Log: {self.log}"


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Deliver SIGINT, SIGTERM and SIGHUP after the block instead of during it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[int] = []
    before = {number: signal.getsignal(number) for number in _STOP_SIGNALS}
    for number in _STOP_SIGNALS:
        signal.signal(number, lambda received, _frame: pending.append(received))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if pending:
            signal.raise_signal(pending[0])
