"""The first screen's rows as a table, for terminal and Markdown alike."""

from collections.abc import Sequence
from itertools import pairwise

from reports.page.shapes import Cell, Change, Overview, Table, numbers, words

CHANGE_TITLE = "change [interval]"


def changes_table(first: Overview, rows: Sequence[Change], *, levels: bool) -> Table:
    """Before, after and change of each row; a scenario is named once, above its variants.

    Args:
        first: of which these are rows.
        rows: the ones to show.
        levels: whether an interval has its confidence behind it, where that is not 99 % jointly.
    """
    several = len({row.variant for row in first.changes}) > 1
    named = [True, *(one.scenario != other.scenario for one, other in pairwise(rows))]
    return Table(
        id="changes",
        caption="",
        columns=(
            *words("scenario", *["variant"] * several),
            *numbers("before", "after"),
            *words(CHANGE_TITLE, *first.titles),
        ),
        rows=tuple(
            (
                Cell(row.scenario if is_named else ""),
                *[Cell(row.variant)] * several,
                Cell(row.before),
                Cell(row.after),
                _change(row, levels=levels),
                *row.others,
            )
            for row, is_named in zip(rows, named, strict=False)
        ),
    )


def _change(row: Change, *, levels: bool) -> Cell:
    bracket = row.interval
    if not levels:
        bracket = bracket.partition("]")[0] + "]" * ("]" in bracket)
    return Cell(f"{row.change.text} {bracket}".rstrip(), row.change.tone)


def is_news(row: Change) -> bool:
    """Whether anything of a row is decided as changed."""
    return any(cell.tone in {"bad", "good"} for cell in (row.change, *row.others))
