"""What is wrong with a configuration, in one line: where, what stands there, what is expected."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError

_UNKNOWN_KEY = {"extra_forbidden", "unexpected_keyword_argument"}
_MISSING = {"missing", "missing_argument"}
_EXPECTED: dict[str, str] = {}
_WORDS = {
    **dict.fromkeys(("dict_type", "model_type", "dataclass_type"), "a table is expected"),
    **dict.fromkeys(("tuple_type", "list_type"), "a list is expected"),
    "too_short": "at least {min_length} is needed",
    "too_long": "at most {max_length} are possible",
    "string_too_short": "it must not be empty",
}
_MAY_BE_SECRET = {"headers", "query", "environment", "body", "json", "text", "url"}

_WITH_QUERY = {"request", "path", "ready"}
"""What follows a ? in them may be secret."""


def expects(pattern: str, words: str) -> str:
    """State in words what a pattern means, for complaints; returns the pattern."""
    _EXPECTED[pattern] = words
    return pattern


def nearest(name: str, valid: Collection[str]) -> str:
    """The end of a complaint about an unknown name: the nearest valid one, or all of them."""
    near = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"valid: {', '.join(sorted(valid))}." if valid else "there is none."


def keys_of(section: type[Any]) -> list[str]:
    """The keys that a section of the file may hold."""
    return [field.alias or name for name, field in _fields(section).items()]


def complaint(error: ValidationError, root: type[Any], content: Any) -> str:
    """The most telling of a configuration's faults.

    Args:
        error: what pydantic found.
        root: the schema of the whole.
        content: that was parsed.
    """
    # An unknown key explains a missing one better than the other way round.
    first = min(error.errors(), key=lambda fault: fault["type"] not in _UNKNOWN_KEY)
    location, kind = first["loc"], first["type"]
    if kind in _UNKNOWN_KEY:
        key, section = str(location[-1]), _section_at(root, location[:-1])
        where = place(content, location[:-1])
        return f"unknown key {key!r}{where and f' in {where}'}; {nearest(key, keys_of(section))}"
    if kind in _MISSING:
        where = place(content, location[:-1])
        return f"{where or 'the file'}: key {str(location[-1])!r} is missing."
    sentence = _sentence(first)
    if not location:
        return sentence
    found = first["input"]
    if kind == "tuple_type" and isinstance(found, Mapping):
        where = place(content, location)
        return f"{where}: a list of tables is expected; write [[{where}]] above each."
    hidden = isinstance(found, Mapping) or not _MAY_BE_SECRET.isdisjoint(location)
    if isinstance(found, str) and location[-1] in _WITH_QUERY:
        found = found.partition("?")[0]
    if sentence.endswith("?"):  # It names what stands there.
        return f"{place(content, location)}: {sentence}"
    shown = "" if hidden else f"; found {found!r:.80}"
    return f"{place(content, location)}: {sentence.rstrip('.')}{shown}."


def place(content: Any, location: Sequence[int | str]) -> str:
    """Where something stands, by names where there are any: `scenarios 'cart', sequence 2`."""
    text, separator = "", ""
    for step in location:
        entries, content = content, _inside(content, step)
        if isinstance(step, int):
            text, separator = f"{text} {_title(entries, content, step)}", ", "
        elif step != "[key]":
            shown = step[:80] if step.isprintable() else f"{step!r:.80}"
            text, separator = f"{text}{separator}{shown}", "."
    return text


def _title(entries: Any, entry: Any, index: int) -> str:
    """An entry of a list: its name where no other one has it, else its number."""
    name = _name_of(entry)
    alone = isinstance(name, str) and [name] == [
        other for other in map(_name_of, entries) if other == name
    ]
    return repr(name) if alone else f"number {index + 1}"


def _name_of(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return None
    return entry.get("name", entry.get("id")) or limit_name(entry) or None


def limit_name(entry: Mapping[str, Any]) -> str:
    """A name for a budget or an accepted regression, which have none: `things, after, ttfb_s`."""
    subject = next((entry[key] for key in ("page", "function", "scenario") if entry.get(key)), None)
    parts = (subject, entry.get("variant"), entry.get("metric"))
    return ", ".join(f"{part:.80}" for part in parts if part and isinstance(part, str))


def _inside(content: Any, step: int | str) -> Any:
    if isinstance(content, Mapping):
        return content.get(step)
    if isinstance(content, list | tuple) and isinstance(step, int) and step < len(content):
        return content[step]
    return None


def _sentence(fault: Any) -> str:
    if fault["type"] == "string_pattern_mismatch":
        pattern = fault["ctx"]["pattern"]
        if pattern in _EXPECTED:
            return f"{_EXPECTED[pattern]} is expected"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    if fault["type"] in _WORDS:
        return _WORDS[fault["type"]].format(**fault.get("ctx", {}))
    text = str(fault["msg"])
    return text[:1].lower() + text[1:]


def _fields(section: type[Any]) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = section.__pydantic_fields__
    return fields


def _section_at(root: type[Any], location: Iterable[int | str]) -> type[Any]:
    section = root
    for step in location:
        # Other steps are numbers in a list or names in a table, whose members are alike.
        field = _fields(section).get(str(step))
        if field is not None:
            inner = _section_in(field.annotation)
            if inner is None:
                break
            section = inner
    return section


def _section_in(annotation: Any) -> type[Any] | None:
    if isinstance(annotation, type) and hasattr(annotation, "__pydantic_fields__"):
        return annotation
    for part in get_args(annotation):
        if (inner := _section_in(part)) is not None:
            return inner
    return None
