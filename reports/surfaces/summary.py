"""The page as Markdown, for a job's summary and for a comment on a pull request.

One file serves both: a comment holds 65,536 characters, a summary 1 MiB.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reports import units
from reports.clean import short, visible
from reports.effects.shapes import State
from reports.page.changes import CHANGE_TITLE, changes_table, is_news
from reports.page.shapes import Cell, Change, Column, Overview, Page, Table, Tone
from reports.surfaces.report import PICTURE_NAME, REPORT_NAME, Report
from reports.surfaces.text_chart import TEXT_CHART_TITLE, text_charts

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
    tail = "\n".join(_tail(page))
    command = visible(page.command).replace("```", "")
    again = f"\n<details><summary>Measure again</summary>\n\n```\n{command}\n```\n</details>\n"
    room = CHARACTERS_MAX - sum(map(len, (head, verdicts, tail, again, _LEFT_OUT)))
    folded, left_out = [], False
    for text in (_same(page.overview), _doubts(page), *(_fold(*one) for one in _folds(page))):
        if len(text) <= room:
            folded.append(text)
            room -= len(text)
        else:
            left_out = True
    text = "".join((head, "\n", verdicts, tail, *folded, _LEFT_OUT if left_out else "", again))
    return text.encode()


def placed(text: str, address: str) -> str:
    """A summary for a place where the files beside it are not: its links are whole, or no links.

    Every other line is left as it is; none of them can equal these two, because brackets in names
    are escaped.

    Args:
        text: of summary.md.
        address: where the run's files are published, with a slash at its end; empty: nowhere.
    """
    lines = text.splitlines()
    if address:
        whole = {_PICTURE: f"![First screen]({address}{PICTURE_NAME})"}
        whole[_REPORT] = f"[Report]({address}{REPORT_NAME})"
        lines = [whole.get(line, line) for line in lines]
    else:
        lines = [line for line in lines if line not in {_PICTURE, _REPORT}]
    return "\n".join((*lines, ""))


_PICTURE, _REPORT = f"![First screen]({PICTURE_NAME})", f"[Report]({REPORT_NAME})"
_LEFT_OUT = f"\nSome tables are too large for this place; all of them are in {REPORT_NAME}.\n"


def _head(page: Page) -> Iterator[str]:
    first = page.overview
    yield MARKER
    icon = next((icon for word, icon in _ICONS.items() if first.chip.text.startswith(word)), "")
    # Without budgets, the chip says less than the headline.
    headline = f"{first.chip.text}: {first.headline}" if page.gate else first.headline
    yield f"### {icon} {_escaped(headline)}".replace("  ", " ")
    yield ""
    gate = page.gate[0].partition(": ")[2].rstrip(".") if page.gate else ""
    sure = next((one.text for one in first.cards if one.title == "How sure"), "")
    commits = dict(page.about).get("commits", "")
    yield _escaped(" · ".join(part for part in (gate, commits, sure) if part))
    yield ""
    if page.state is not State.COMPLETE:
        yield from _list(page.reasons)
    yield from _list([line for line in page.gate[1:] if line.startswith(("FAIL", "ACCEPTED"))])


def _tail(page: Page) -> Iterator[str]:
    """Causes, what to do, the picture and the page."""
    yield ""
    nexts = [f"{one.title}: {one.text}" for one in page.overview.cards if one.title == "Next"]
    yield from _list([*(f"Cause: {one}" for one in page.overview.causes), *nexts])
    yield f"{_PICTURE}\n\n{_REPORT}\n"


def _doubts(page: Page) -> str:
    """Warnings and notes, folded; how many there are stands above."""
    lines = "\n".join(
        _list(
            [
                *(f"warning: {one}" for one in page.warnings),
                *(f"note: {one}" for one in page.notes),
            ]
        )
    )
    counts = [
        units.count_of(len(found), noun)
        for found, noun in ((page.warnings, "warnings"), (page.notes, "notes"))
        if found
    ]
    return _folded(", ".join(counts), lines) if counts else ""


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
    placed_tables = [_placed(table) for table in tables if table.rows]
    return _folded(title, "\n".join(placed_tables)) if placed_tables else ""


def _folded(title: str, text: str) -> str:
    return f"\n<details><summary>{_escaped(title)}</summary>\n\n{text}\n</details>\n"


def _changed(first: Overview, room: int) -> str:
    """A row for each comparison in which something changed, with a chart of characters."""
    rows = [row for row in first.changes if is_news(row)]
    table = _fitting(_marked(first, rows), text_charts(rows), room)
    more = f"\n{first.left_out} rows more in {REPORT_NAME}\n" if first.left_out else ""
    return f"{table}{more}"


def _same(first: Overview) -> str:
    """All other comparisons, folded, with the names of their scenarios."""
    rows = [row for row in first.changes if not is_news(row)]
    if not rows:
        return ""
    names = list(dict.fromkeys(short(row.scenario, 60) for row in rows))
    more = f" and {len(names) - _NAMED_MAX} more" if len(names) > _NAMED_MAX else ""
    title = f"Nothing decided as changed: {', '.join(names[:_NAMED_MAX])}{more}"
    return _folded(title, "\n".join((*_lines(_marked(first, rows), text_charts(rows)), "")))


def _marked(first: Overview, rows: Sequence[Change]) -> Table:
    """The first screen's rows, with a mark for what became slower or faster."""
    table = changes_table(first, rows, levels=True)
    at = [column.title for column in table.columns].index(CHANGE_TITLE)
    return replace(
        table,
        rows=tuple(
            tuple(
                Cell(f"{_MARKS[cell.tone]}{cell.text}") if place == at else cell
                for place, cell in enumerate(row)
            )
            for row in table.rows
        ),
    )


_MARKS: Mapping[Tone, str] = {
    "": "",
    "bad": "\N{BLACK UP-POINTING TRIANGLE} ",
    "good": "\N{BLACK DOWN-POINTING TRIANGLE} ",
    "same": "",
    "unsure": "",
}


def _fitting(table: Table, charts: Sequence[str], room: int) -> str:
    """The table's first rows, as many as have room."""
    if not table.rows:
        return ""
    head, *rows = _lines(table, charts)
    kept: list[str] = []
    for row in rows:
        room -= len(row) + 1
        if room < len(head):
            break
        kept.append(row)
    more = len(rows) - len(kept)
    rest = f"\nand {more:,} rows more in {REPORT_NAME}\n" if more else ""
    return "\n".join((head, *kept, rest))


def _placed(table: Table) -> str:
    return f"{_escaped(table.caption)}\n\n" + "\n".join((*_lines(table), ""))


def _lines(table: Table, charts: Sequence[str] = ()) -> Iterator[str]:
    """The head with its rule as one, then each row; charts are a last column of code."""
    titles = [column.title for column in table.columns]
    rules = [*map(_rule, table.columns), *["---"] * bool(charts)]
    yield f"{_row(titles, [TEXT_CHART_TITLE] if charts else [])}\n| {' | '.join(rules)} |"
    drawn = [[f"`{chart}`"] for chart in charts] or [[] for _ in table.rows]
    for row, chart in zip(table.rows, drawn, strict=True):
        yield _row([cell.text for cell in row], chart)


def _row(texts: Sequence[str], ready: Sequence[str]) -> str:
    """Cells, of which the last ones are Markdown already."""
    return f"| {' | '.join((*map(_escaped, texts), *ready))} |"


def _rule(column: Column) -> str:
    return "---:" if column.numeric else "---"


def _escaped(text: str) -> str:
    """The text, and nothing but the text, wherever Markdown is read."""
    kept = short(visible(text), _TEXT_MAX)
    kept = kept.replace("@", f"@{_BREAK}").replace("#", f"#{_BREAK}")
    plain = kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = _SPECIAL.sub(lambda found: f"\\{found[0]}", plain)
    return marked.replace("://", "&#58;//").replace("www.", "www&#46;")
