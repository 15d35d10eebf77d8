"""How a command ends: one line for a person's error, and no error looks like a verdict."""

import subprocess
import sys
from pathlib import Path

import pytest

from commands.ending import MESSAGE_LENGTH_MAX, exit_code_of, one_line
from contract.errors import InputError


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InputError("file.toml: wrong"), 2, "versus: file.toml: wrong\n"),
        (KeyboardInterrupt(), 130, ""),
        (ZeroDivisionError("x"), 2, "this is a fault of Versus, shown above; nothing was judged\n"),
    ],
)
def test_no_error_looks_like_a_verdict(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python ends with 1 after an error, which means "regression"."""

    def fail() -> int:
        raise error

    assert code == exit_code_of(fail)
    assert capsys.readouterr().err.endswith(message)


def test_a_message_is_one_line_whatever_is_in_it() -> None:
    """Names of files and of options may hold line breaks and escape sequences, and be long."""
    assert "a b?[31mc" == one_line("a\nb\x1b[31mc")
    assert MESSAGE_LENGTH_MAX == len(one_line("x" * 9999))


def test_within_nothing_an_interrupt_ends_at_once() -> None:
    """What must still be done is done, and nothing behind it."""
    script = (
        "import os, signal, sys\n"
        "from commands.ending import ending_at_once\n"
        "with ending_at_once(lambda: print('document')):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('went on')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (130, "document\n", "") == (ended.returncode, ended.stdout, ended.stderr)
