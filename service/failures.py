"""Failures of what the service depends on, and what they mean for its own callers."""

from email.utils import parsedate_to_datetime

from service.problems import Problem

RETRY_AFTER_S = "1"


class DependencyError(Problem):
    """A dependency did not answer, or answered with a failure."""

    def __init__(self, status: int, detail: str, cause: str, retry_after: str | None) -> None:
        headers = {"Retry-After": _checked(retry_after)} if status == 503 else {}
        super().__init__(status, detail, headers=headers, cause=cause)


def status_of(answered: int) -> int:
    """The service's own status for a failure that a dependency or its gateway answered.

    503 where waiting helps: the dependency is overloaded (429) or fails itself (5xx). 502 for all
    else, because only the service's operator can mend it: wrong keys, redirects, missing buckets.
    """
    return 503 if answered == 429 or answered >= 500 else 502


def _checked(retry_after: str | None) -> str:
    """A dependency's own `Retry-After` if it is one: seconds, or a date; else a second."""
    if retry_after is None:
        return RETRY_AFTER_S
    text = retry_after.strip()
    # PostgREST says 0 before its first attempt to reconnect; callers would return too soon.
    if text.isascii() and text.isdigit() and len(text) < 7 and int(text):
        return text
    try:
        parsedate_to_datetime(text)
    except ValueError:
        return RETRY_AFTER_S
    return text
