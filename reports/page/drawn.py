"""What a scenario's requests were made of, in words: one request, or rows of data."""

from collections.abc import Iterator, Sequence

from contract.check import CheckedAnswer
from reports import units
from reports.clean import short
from reports.effects.shapes import SubjectComparison

_CHECKED_MAX = 3
_NAME_LENGTH_MAX = 22


def checked_rows(answers: Sequence[CheckedAnswer]) -> Iterator[str]:
    """Which row a check sent for each scenario, the same in all variants; the first few."""
    rows = {answer.scenario: answer.row for answer in answers if answer.row}
    for scenario, row in [*rows.items()][:_CHECKED_MAX]:
        yield f"{short(scenario, _NAME_LENGTH_MAX)}: {short(row, 160)}"
    if (more := len(rows) - _CHECKED_MAX) > 0:
        yield f"and {units.count_of(more, 'more scenarios')} with rows; --json shows all"


def rows_in_words(scenario: SubjectComparison) -> str:
    """How many rows there are, and how often each was drawn; empty without rows."""
    drawn = scenario.drawn
    if drawn is None or not drawn.rows:
        return ""
    used = "all of them" if drawn.used == drawn.rows else f"{drawn.used:,} of them"
    if drawn.used == 1:
        used = "one row"
    each = _times(drawn.most)
    if drawn.least < drawn.most:
        each = f"{drawn.least:,} to {drawn.most:,} times"
    return (
        f"{units.count_of(drawn.rows, 'rows')}, drawn {_times(drawn.times)}: {used}, "
        f"{'' if drawn.used == 1 else 'each '}{each}."
    )


def drawn_in_words(scenario: SubjectComparison) -> str:
    """The same, or that every request was the same one; empty where neither is known."""
    drawn = scenario.drawn
    if drawn is not None and drawn.fixed and drawn.times > 1:
        return f"One request, sent {_times(drawn.times)} to each variant, so caches may be warm."
    return rows_in_words(scenario)


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")
