"""What the stack says when it cannot do what was asked."""


class StackError(Exception):
    """One clear sentence about the embedded stack: what happened, where, and what to do."""
