"""Many reasons of one kind in one line: what 1,000 requests have in common is one thing to read."""

from collections.abc import Iterable

from reports.effects.reasons import Name, Reason
from reports.page.reasons import in_words

ALONE_MAX = 3
"""So many of one kind have a line each."""


def grouped_in_words(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """One line for each reason, or for all of one kind where there are many subjects.

    The first of them stands for the others, whose numbers may differ: comparison.json has all.
    """
    reasons = tuple(reasons)
    subjects: dict[Name, dict[str, None]] = {}
    for one in reasons:
        # What is about the whole run has no subject to count.
        if one.subject:
            subjects.setdefault(one.name, {})[one.subject] = None
    many = {name: list(named) for name, named in subjects.items() if len(named) > ALONE_MAX}
    lines = []
    for one in reasons:
        if not one.subject or one.name not in many:
            lines.append(in_words(one))
        elif named := many[one.name]:
            lines.append(f"{in_words(one)} {_others(named)}")
            # The others are in this line.
            many[one.name] = []
    return tuple(lines)


def _others(subjects: list[str]) -> str:
    """All but the first, of which few are named."""
    named = ", ".join(subjects[1:ALONE_MAX])
    return f"(likewise {named} and {len(subjects) - ALONE_MAX:,} more)"
