"""The page as Markdown, for a job's summary and for a comment on a pull request.

One file serves both: a comment holds 65,536 characters, a summary 1 MiB.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from reports.clean import short, visible
from reports.effects.shapes import State
from reports.page.shapes import (
    Cell,
    Change,
    Column,
    Overview,
    Page,
    Table,
    Tone,
    numbers,
    words,
)
from reports.surfaces.report import Report

MARKER = "<!-- versus:report -->"
"""The first line; the first line of a comment also has the artifact's name."""

CHARACTERS_MAX = 60_000
_TEXT_MAX = 600
_NAMED_MAX = 10

_ICONS = {
    "PASS": "\N{WHITE HEAVY CHECK MARK}",
    "FAIL": "\N{CROSS MARK}",
    "INCONCLUSIVE": "\N{BLACK QUESTION MARK ORNAMENT}",
    "INVALID": "\N{NO ENTRY}",
    "PARTIAL": "\N{NO ENTRY}",
}
# What Markdown could take for more than text; links and mentions of people are broken up below.
_SPECIAL = re.compile(r"[\\`*_\[\]|~$]")
# Entities and backslashes are gone before GitHub looks for people and issues; this stays.
_BREAK = "\N{ZERO WIDTH SPACE}"


def write(report: Report) -> bytes:
    """The content of summary.md: the page's first screen, and its tables folded, if they fit."""
    page = report.page
    head = "\n".join(_head(page))
    verdicts = _changed(page.overview, CHARACTERS_MAX // 2)
    tail = f"\n```\n{visible(page.command).replace('```', '')}\n```\n"
    room = CHARACTERS_MAX - len(head) - len(verdicts) - len(tail) - len(_LEFT_OUT)
    folded, left_out = [], False
    for title, tables in _folds(page):
        text = _fold(title, tables)
        if len(text) <= room:
            folded.append(text)
            room -= len(text)
        else:
            left_out = True
    text = "".join((head, "\n", verdicts, *folded, _LEFT_OUT if left_out else "", tail))
    return text.encode()


_LEFT_OUT = "\nSome tables are too large for this place; all of them are in report.html.\n"


def _head(page: Page) -> Iterator[str]:
    yield MARKER
    first = page.gate[0] if page.gate else f"{page.overview.headline}."
    icon = next((icon for word, icon in _ICONS.items() if first.startswith(word)), "")
    yield f"### {icon} {_escaped(first)}".replace("  ", " ")
    yield ""
    if page.gate:
        yield f"**{_escaped(page.overview.headline)}.**\n"
    if page.state is not State.COMPLETE:
        yield from _list(page.reasons)
    yield from _list(page.gate[1:])
    yield from _list([f"{one.title}: {one.text}" for one in page.overview.cards[-2:]])
    yield from _list([f"warning: {warning}" for warning in page.warnings])
    yield from _list([f"note: {note}" for note in page.notes])


def _list(lines: Sequence[str]) -> Iterator[str]:
    shown = [f"- {_escaped(line)}" for line in lines[:_NAMED_MAX]]
    if len(lines) > _NAMED_MAX:
        shown.append(f"- and {len(lines) - _NAMED_MAX} more in report.html")
    if shown:
        yield "\n".join((*shown, ""))


def _folds(page: Page) -> Iterator[tuple[str, tuple[Table, ...]]]:
    yield "All verdicts", (page.verdicts,)
    yield "Budgets", (page.budgets,)
    if page.load:
        yield page.load.title, (page.load.capacity, page.load.throughput)
    yield "Alone and together", (page.interactions,)
    yield "Claims", (page.claims,)
    for section in page.sections:
        yield section.title, (section.times, section.stages, section.counters)
    if page.pages:
        yield "Pages in a browser", (page.pages.verdicts, page.pages.delivery)
        for one in page.pages.pages:
            yield f"Page {one.title}", (one.times, one.counters)
    if page.functions:
        yield (
            "Functions by themselves",
            (page.functions.verdicts, page.functions.growths, page.functions.levels),
        )
    yield "Errors and delivery", (page.delivery,)


def _fold(title: str, tables: Sequence[Table]) -> str:
    placed = [_placed(table) for table in tables if table.rows]
    if not placed:
        return ""
    return (
        f"\n<details><summary>{_escaped(title)}</summary>\n\n"
        + "\n".join(placed)
        + "\n</details>\n"
    )


def _changed(first: Overview, room: int) -> str:
    """A row for each comparison in which something changed; the others by name."""
    changed = [row for row in first.changes if _is_news(row)]
    same = dict.fromkeys(row.scenario for row in first.changes if not _is_news(row))
    table = Table(
        id="changes",
        caption="",
        columns=(
            *words("scenario", "variant"),
            *numbers("before", "after"),
            *words("change [interval]", *first.titles),
        ),
        rows=tuple(
            (
                *map(Cell, (row.scenario, row.variant, row.before, row.after)),
                Cell(f"{_MARKS[row.change.tone]}{row.change.text} {row.interval}".rstrip()),
                *row.others,
            )
            for row in changed
        ),
    )
    names = ", ".join(short(name, 60) for name in list(same)[:_NAMED_MAX])
    more = f" and {len(same) - _NAMED_MAX} more" if len(same) > _NAMED_MAX else ""
    rest = f"\nNothing decided as changed: {_escaped(names)}{more}\n" if same else ""
    if first.left_out:
        rest += f"\n{first.left_out} rows more in report.html\n"
    return f"{_fitting(table, room)}{rest}"


_MARKS: Mapping[Tone, str] = {
    "": "",
    "bad": "\N{BLACK UP-POINTING TRIANGLE} ",
    "good": "\N{BLACK DOWN-POINTING TRIANGLE} ",
    "same": "",
    "unsure": "",
}


def _is_news(row: Change) -> bool:
    """Whether anything of a row is decided as changed."""
    return any(cell.tone in {"bad", "good"} for cell in (row.change, *row.others))


def _fitting(table: Table, room: int) -> str:
    """The table's first rows, as many as have room."""
    if not table.rows:
        return ""
    head, *rows = _lines(table)
    kept: list[str] = []
    for row in rows:
        room -= len(row) + 1
        if room < len(head):
            break
        kept.append(row)
    more = len(rows) - len(kept)
    rest = f"\nand {more:,} rows more in report.html\n" if more else ""
    return "\n".join((head, *kept, rest))


def _placed(table: Table) -> str:
    return f"{_escaped(table.caption)}\n\n" + "\n".join((*_lines(table), ""))


def _lines(table: Table) -> Iterator[str]:
    """The head with its rule as one, then each row."""
    titles = _row([column.title for column in table.columns])
    yield f"{titles}\n| {' | '.join(map(_rule, table.columns))} |"
    for row in table.rows:
        yield _row([cell.text for cell in row])


def _row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(_escaped(text) for text in texts)} |"


def _rule(column: Column) -> str:
    return "---:" if column.numeric else "---"


def _escaped(text: str) -> str:
    """The text, and nothing but the text, wherever Markdown is read."""
    kept = short(visible(text), _TEXT_MAX)
    kept = kept.replace("@", f"@{_BREAK}").replace("#", f"#{_BREAK}")
    plain = kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = _SPECIAL.sub(lambda found: f"\\{found[0]}", plain)
    return marked.replace("://", "&#58;//").replace("www.", "www&#46;")
