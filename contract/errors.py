"""Errors in what somebody gave us: one line that says what, where and what to do; exit code 2."""


class InputError(Exception):
    """A file, an option or a folder cannot be used; the message is one line for its owner."""


class ConfigError(InputError):
    """The configuration cannot be used."""


class RecordError(InputError):
    """A run's folder cannot be read or written."""


class ReportError(InputError):
    """A report cannot be made from what was given."""
