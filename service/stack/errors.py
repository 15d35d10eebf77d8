"""The error of the embedded stack."""


class StackError(Exception):
    """The embedded stack failed; the message is one line: what happened, where, what to do."""
