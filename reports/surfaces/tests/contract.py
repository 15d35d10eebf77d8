"""What must be true of every surface, whatever a run holds: each file is read by a parser."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from markdown_it import MarkdownIt
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from pydantic import BaseModel

from reports.surfaces.report import Report

NAME = "harmlessname"
"""Stands in a report for what `renamed` replaces."""

NAMES = {
    "long": "long" * 1_500,
    "control": "a\x00\x07\x1b[31m\x7f\x9fb",
    "markup": "</script></style></svg></details>--><img src=x onerror=alert(1)>&amp;<!--",
    "right to left": "a\u202eb\u2066c\u200fd",
    "lines": "a\nb\r\n::error::c\u2028##[error]d",
    "Markdown": "a | b || `c` *d* _e_ [f](http://g.example) www.h.example @i #1 <b>",
    "quotes": "\"a\" 'b' \\ ''' ,; \"\"",
    "templates": "${a} {{b}} {% c %} $(d) %s {0}",
    "formula": "=1+1",
    "no characters": "a\ufffe\uffffb",
}
"""Names that a run may hold; half surrogates are refused wherever a run is read."""

# What a terminal or a viewer would obey instead of showing it; a line feed is allowed.
_OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x80-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


def renamed(report: Report, name: str) -> Report:
    """The report with another name in every place that holds `NAME`."""
    found = _renamed(report, name)
    assert isinstance(found, Report)
    return found


def _renamed(value: Any, name: str) -> Any:
    if type(value) is str:
        return value.replace(NAME, name)
    if isinstance(value, tuple):
        return tuple(_renamed(part, name) for part in value)
    if isinstance(value, dict):
        return {_renamed(key, name): _renamed(part, name) for key, part in value.items()}
    if isinstance(value, BaseModel):
        parts = {key: _renamed(getattr(value, key), name) for key in type(value).model_fields}
        return value.model_copy(update=parts)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{one.name: _renamed(getattr(value, one.name), name) for one in fields(value)}
        )
    return value


def check_surface(file_name: str, write: Callable[[Report], bytes], report: Report) -> Counter[str]:
    """Write a file and read it back.

    Args:
        file_name: whose ending says how it is read.
        write: of the surface.
        report: any.

    Returns: how many parts of each kind it has. Names change none of them.
    """
    text = write(report).decode()
    assert not _OBEYED.search(text), repr(_OBEYED.findall(text)[:3])
    return Counter(_READERS[Path(file_name).suffix](text))


def _json(text: str) -> Iterator[str]:
    return _json_parts(json.loads(text, parse_constant=_refuse))


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def _json_parts(value: object) -> Iterator[str]:
    yield type(value).__name__
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from _json_parts(part)


def _xml(text: str) -> Iterator[str]:
    # Our own file.
    return (element.tag for element in ET.fromstring(text.encode()).iter())  # noqa: S314


def _csv(text: str) -> Iterator[str]:
    head, *rows = csv.reader(io.StringIO(text))
    for row in rows:
        assert len(head) == len(row)
        assert not any(cell[:1] and cell[0] in "=+@\t" for cell in row)
        yield row[head.index("metric")]


def _openmetrics(text: str) -> Iterator[str]:
    assert text.endswith("# EOF\n")
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        yield from (sample.name for sample in family.samples)


def _markdown(text: str) -> Iterator[str]:
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert set(re.findall(r"<([a-z][a-z0-9]*)", html)) <= _MARKDOWN_TAGS
    assert not re.search(r"@[a-z]|(?<!&)#\d|https?://(?!\u200b)", text.split("```", maxsplit=1)[0])
    # Our own links, to the files beside it.
    linked = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert ["first-screen.svg", "report.html"] == linked
    yield from ()


_MARKDOWN_TAGS = {
    *("h3", "p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("details", "summary", "pre", "code", "img", "a"),
}


def _html(text: str) -> Iterator[str]:
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        assert {element.partition("}")[2] for element in _xml(drawing)} <= _SVG_TAGS
    reader = _Tags()
    reader.feed(re.sub(r"<svg.*?</svg>", "<svg></svg>", text, flags=re.DOTALL))
    reader.close()
    assert [] == reader.open
    return iter(reader.tags)


_SVG_TAGS = {
    *("svg", "title", "desc", "g", "path", "text", "tspan", "defs", "use", "clipPath", "rect"),
    *("pattern", "image"),
}
_VOID = {"meta", "br"}


class _Tags(HTMLParser):
    """All tags of a page, each of which is closed where it was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in {"href", "src"} or (value or "").startswith(("#", "data:"))

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()


_READERS = {
    ".json": _json,
    ".xml": _xml,
    ".svg": _xml,
    ".csv": _csv,
    ".txt": _openmetrics,
    ".md": _markdown,
    ".html": _html,
}
