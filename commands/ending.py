"""How a command ends: an error of a person becomes one line, and no error looks like a verdict."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from contract.errors import InputError
from contract.exit_codes import INTERRUPTED, USAGE
from contract.lines import log_line

MESSAGE_LENGTH_MAX = 2000


@contextmanager
def ending_at_once(before: Callable[[], None]) -> Iterator[None]:
    """Within it, Ctrl-C ends the process with 130, because nothing is started or written yet.

    A KeyboardInterrupt that is raised while a module is imported may be swallowed there.

    Args:
        before: does what must still be done, such as printing a document.
    """

    def end(_number: int, _frame: object) -> None:
        # Whatever is only half loaded at this moment, the process ends.
        with suppress(Exception):
            before()
            sys.stdout.flush()
        os._exit(INTERRUPTED)

    # A shell's background job ignores it, and goes on doing so.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def say(line: str) -> None:
    """Print a line that is no answer: progress, a warning, an error."""
    sys.stderr.write(f"{log_line(line)}\n")


def say_command(line: str) -> None:
    """Print a line that a build's log obeys, whose texts are harmless already."""
    sys.stderr.write(f"{line}\n")


def one_line(text: str) -> str:
    """A message as one line, without what controls a terminal, at most so long."""
    line = log_line(text)
    return line if len(line) <= MESSAGE_LENGTH_MAX else f"{line[: MESSAGE_LENGTH_MAX - 1]}…"


def _ignore(_error: str) -> None:
    pass


def exit_code_of(work: Callable[[], int], failed: Callable[[str], None] = _ignore) -> int:
    """Do the work; a person's error becomes one line, a fault of Versus a traceback and 2.

    Python would end with 1 after a traceback, which means "regression".

    Args:
        work: returns the exit code.
        failed: also takes an error.
    """
    try:
        return work()
    except InputError as error:
        line = one_line(str(error))
        say(f"versus: {line}")
        failed(line)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no verdict
        for line in traceback.format_exc().splitlines():
            say(line)
        say("versus: this is a fault of Versus, shown above; nothing was judged")
        failed(f"a fault of Versus: {type(error).__name__}: {error}")
        return USAGE
