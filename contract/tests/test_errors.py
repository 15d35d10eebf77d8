"""Errors that a person can correct carry the exit code of the command that they end."""

from contract.errors import InputError, RecordError


def test_an_error_of_input_ends_with_the_usage_code() -> None:
    """Without a code of its own, an error ends a command with 2."""
    assert 2 == InputError("x").exit_code == RecordError("x").exit_code


def test_a_subclass_has_an_exit_code_of_its_own() -> None:
    """A caller reads the code from the error, whatever its class."""

    class BrokenError(InputError):
        exit_code = 4

    assert 4 == BrokenError("x").exit_code
