"""One supervised child process: spawn, wait until ready, stop, explain its end.

A child runs in a session of its own, so that a terminal's Ctrl-C reaches only its supervisor. On
Linux the kernel signals it when the supervisor dies, however that happens. By kernel rule that
means the *thread* that spawned it, so children are spawned from the main thread only.
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
# The parent may die before the child has asked to be told; then the child must not begin.
_BEGIN_ONLY_UNDER_PARENT = 'test "$PPID" = "$0" && exec "$@"'


@dataclass(frozen=True)
class Command:
    """How to run a program under supervision.

    Attributes:
        argv: program and arguments.
        prefix: wraps the program and ends by executing it, so that the pid stays the same.
        uid: user and group to become, None to stay.
        environment: the whole environment, None to inherit.
        fds: open descriptors that the child keeps.
        stop_signal: asks for a clean stop.
        orphan_signal: what the kernel sends when the supervisor dies.
    """

    argv: Sequence[str | Path]
    prefix: Sequence[str] = ()
    uid: int | None = None
    environment: Mapping[str, str] | None = None
    fds: Sequence[int] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM

    def supervised(self) -> list[str]:
        """The argument list, with the kernel told to signal the child when we die."""
        setpriv = shutil.which("setpriv")
        guard: list[str] = []
        if setpriv is not None:
            guard = [setpriv, "--pdeathsig", self.orphan_signal.name.removeprefix("SIG")]
            guard += ["/bin/sh", "-c", _BEGIN_ONLY_UNDER_PARENT, str(os.getpid())]
        # After the prefix: changing user would clear the request.
        return [*self.prefix, *guard, *map(str, self.argv)]


class Process:
    """A running child and its log file.

    Make one, and put it where it will be stopped, inside one `interrupts_deferred()` block: an
    exception in between would leave a child that nobody knows.
    """

    def __init__(self, name: str, command: Command, log: Path) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise StackError(f"{name}: start it from the main thread; it would die with this one.")
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

    def alive(self) -> bool:
        """Whether it runs."""
        return self._popen.poll() is None

    def await_ready(self, is_ready: Callable[[], bool], within_s: float) -> None:
        """Poll until `is_ready`; StackError when the process dies or time runs out first."""
        deadline_s = time.monotonic() + within_s
        while not is_ready():
            if not self.alive():
                raise StackError(self.explain_exit())
            if time.monotonic() > deadline_s:
                raise StackError(
                    f"{self.name} (pid {self.pid}) is not ready after {within_s:g} s. "
                    f"{self._last_words()} Is the machine overloaded? Try again."
                )
            time.sleep(POLL_S)

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once."""
        if self.alive():
            self._popen.send_signal(self._stop_signal)

    def stop(self, within_s: float) -> None:
        """Ask it to stop, wait, and kill its whole process group when it does not."""
        # An interrupted wait would leave the child behind, with its stop half done.
        with interrupts_deferred():
            self.ask_to_stop()
            try:
                self._popen.wait(within_s)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self._popen.wait()

    def explain_exit(self) -> str:
        """Which process ended, how, its last words and where the rest of its log is."""
        code = self._popen.poll()
        how = f"exit code {code}"
        if code is not None and code < 0:
            how = f"killed by {signal.Signals(-code).name}"
        return f"{self.name} (pid {self.pid}) died: {how}. {self._last_words()}"

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        said = f"Last log line: {last[:300]!r}." if last else "It logged nothing."
        return f"{said} Log: {self.log}"


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Deliver SIGINT, SIGTERM and SIGHUP after the block instead of inside it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[int] = []
    before = {number: signal.getsignal(number) for number in _STOP_SIGNALS}
    for number in _STOP_SIGNALS:
        signal.signal(number, lambda got, _frame: pending.append(got))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if pending:
            signal.raise_signal(pending[0])
