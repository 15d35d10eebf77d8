"""Gives each key, option and term that a table explains an anchor, and the search an entry."""

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

# What stands in these columns of a table is explained by its row: words of code, or a term.
CODE_COLUMNS = {
    "command",
    "flag",
    "gap",
    "input",
    "key",
    "make",
    "metric",
    "option",
    "output",
    "target",
    "variable",
}
TERM_COLUMN = "term"

HEADING = re.compile(r"^#+ (.+)$")
BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
CODE = re.compile(r"`[^`]+`")


@dataclass(frozen=True)
class Name:
    """A key, an option or a term that a row of a table explains.

    Attributes:
        section: the heading above the table.
        anchor: where the row is, on its page.
        text: the name.
        meaning: the cells after it.
    """

    section: str
    anchor: str
    text: str
    meaning: str


def slug(text: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")


def plain(text: str) -> str:
    """Text without marks."""
    return (
        re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("`", "").replace("\\|", "|").strip()
    )


def with_anchors(text: str, names: list[Name]) -> str:
    """A page's text, without blocks of code, with an anchor for each name; `names` gets them."""
    section, columns, lines = "", [""], [""]
    for line in text.split("\n"):
        cells = BETWEEN_CELLS.split(line)
        if heading := HEADING.match(line):
            section = heading[1]
        if line.startswith("|") and lines[-1].startswith("|"):
            for at, column in enumerate(columns):
                for word in words(cells[at], column):
                    name = name_of(section, word, cells[at + 1 :], names)
                    names.append(name)
                    link = f"[{word}](#{name.anchor}){{ #{name.anchor} }}"
                    cells[at] = cells[at].replace(word, link)
        else:
            columns = [cell.strip() for cell in cells]
        lines.append("|".join(cells))
    return "\n".join(lines[1:])


def words(cell: str, column: str) -> list[str]:
    """The names in one cell, as they are written."""
    if column == TERM_COLUMN and cell.strip("- "):
        return [cell.strip()]
    return list(dict.fromkeys(CODE.findall(cell))) if column in CODE_COLUMNS else []


def name_of(section: str, word: str, after: list[str], names: list[Name]) -> Name:
    """A name with an anchor that no other one of the page has."""
    anchor = f"{slug(section)}.{slug(word)}"
    while any(anchor == other.anchor for other in names):
        anchor += "_"
    meaning = ": ".join(filter(None, map(plain, after)))
    return Name(section, anchor, plain(word), meaning)


def search_item(page: Path, path: list[str], name: Name) -> dict[str, Any]:
    """What the search of zensical keeps of a name, as it keeps it of a section."""
    return {
        "location": f"{page.as_posix()}#{name.anchor}",
        "level": 3,
        "title": f"<code>{escape(name.text)}</code>",
        "text": escape(name.meaning),
        "path": [*path, escape(plain(name.section))],
        "tags": [],
    }
