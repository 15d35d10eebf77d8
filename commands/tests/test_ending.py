"""How a command ends: one line for a person's error, and no error looks like a verdict."""

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
