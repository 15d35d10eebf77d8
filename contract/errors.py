"""Errors that a person can correct: one line that says what, where and what to do."""


class InputError(Exception):
    """A file, an option or a folder cannot be used; the message is one line for its owner.

    Attributes:
        exit_code: of the command that this error ends; 2 unless a subclass says otherwise.
    """

    exit_code: int = 2


class ConfigError(InputError):
    """The configuration cannot be used."""


class RecordError(InputError):
    """A run's folder cannot be read or written."""


class ReportError(InputError):
    """A report cannot be made from what was given."""
