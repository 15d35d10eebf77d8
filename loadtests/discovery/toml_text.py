"""Values and scenarios as lines of a versus.toml."""

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from contract.secrecy import is_secret
from loadtests.discovery.drafts import Draft, Range, Step, Table
from loadtests.planning.templates import drawn_in, rows_in

BODY_LENGTH_MAX = 2_000
_DEPTH_MAX = 20
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_INTEGER_MAX = 2**63 - 1


def toml_text(text: str) -> str:
    """A TOML string; its escapes are JSON's, but for those that ensure_ascii would add."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08X}" for one in quoted)


def toml_value(value: Any, depth: int = 0) -> str:
    """A value of JSON in one line of TOML.

    Raises:
        ValueError: TOML does not know it, such as null.
    """
    if depth > _DEPTH_MAX:
        raise ValueError("too deep")
    match value:
        case bool():
            return str(value).lower()
        case str() if not _SURROGATE.search(value):
            return toml_text(value)
        case int() if abs(value) <= _INTEGER_MAX:
            return str(value)
        case float() if math.isfinite(value):
            return repr(value)
        case list():
            return f"[{', '.join(toml_value(one, depth + 1) for one in value)}]"
        case dict():
            pairs = (f"{_key(key)} = {toml_value(one, depth + 1)}" for key, one in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
    raise ValueError("no value of TOML")


def is_copyable(body: Any) -> bool:
    """Whether a JSON body is small, known to TOML, without secrets and without variables."""
    try:
        text = toml_value(body)
    except ValueError:
        return False
    return len(text) <= BODY_LENGTH_MAX and not is_filled(text) and not _holds_secret(body)


def is_filled(text: str) -> bool:
    """Whether something would be filled into a text that shall be sent as it stands."""
    return "${" in text or bool(drawn_in(text) or rows_in(text))


def _holds_secret(value: Any, name: str = "") -> bool:
    if isinstance(value, dict):
        return any(_holds_secret(one, key) for key, one in value.items())
    if isinstance(value, list):
        return any(_holds_secret(one, name) for one in value)
    return isinstance(value, str) and is_secret(name, value)


def scenario_lines(drafts: Sequence[Draft]) -> list[str]:
    """Scenarios, each with an empty line before it; those with a reason as comments."""
    lines: list[str] = []
    for draft in drafts:
        above = [f"# {text}" for text in (draft.reason, draft.hint) if text]
        mark = "# " if draft.reason else ""
        lines += ["", *above, *(f"{mark}{line}" for line in _lines(draft))]
    return lines


def table_text(table: Table) -> str:
    """The file of a scenario's rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.values)
    return text.getvalue()


def _lines(draft: Draft) -> Iterator[str]:
    yield "[[scenarios]]"
    if draft.name:
        yield f"name = {toml_text(draft.name)}"
    if len(draft.steps) == 1:
        yield from (f"{key} = {value}" for key, value in _pairs(draft.steps[0]))
    else:
        yield "sequence = ["
        for step in draft.steps:
            yield f"  {{ {', '.join(f'{key} = {value}' for key, value in _pairs(step))} }},"
        yield "]"
    match draft.rows:
        case Table():
            yield f"rows = {toml_text(draft.rows_file)}"
        case Range(first=first, last=last):
            yield f"rows = {{ from = {first}, to = {last} }}"
    if draft.weight is not None:
        yield f"weight = {draft.weight:g}"


def _pairs(step: Step) -> Iterator[tuple[str, str]]:
    yield "request", toml_text(step.request)
    if step.headers:
        yield "headers", toml_value(dict(step.headers))
    if step.body is not None:
        yield "body", toml_value(step.body)
    if step.literal:
        yield "literal", toml_value(list(step.literal))
    if step.events:
        yield "events", toml_text(step.events)
    if step.status != 200:
        yield "status", str(step.status)


def _key(key: str) -> str:
    plain = key.isascii() and key.replace("-", "_").isidentifier()
    return key if plain else toml_value(key)
