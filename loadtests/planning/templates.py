"""Texts with gaps: ${NAME} is filled from the environment while planning, {name} while measuring.

{name} stands for what an earlier request of a sequence takes; {row.column}, {round}, {random} and
{unique} for what is drawn before the scenario is sent.

What fills a gap is data: it is escaped for where it stands, and never looked through for gaps.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import quote

from contract.config.complaints import nearest
from contract.config.sections import HEADER_VALUE
from contract.errors import ConfigError

PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""Where a value of the environment is filled in."""

_GAP = re.compile(r"(?<!\$)\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_.-]+)?)\}")

ROW = "row."
"""What the name of a gap for a row's value begins with; the column follows."""

ROUND, RANDOM, UNIQUE = "round", "random", "unique"

DRAWN = re.compile(rf"(?<!\$)\{{(row\.[A-Za-z0-9_.-]{{1,64}}|{ROUND}|{RANDOM}|{UNIQUE})\}}")
"""A gap that a draw fills."""

_OF_ROWS = re.compile(r"(?<!\$)\{row\.([^{}]*)\}")

Template = tuple[str, ...]
"""A text in parts: the second, fourth, ... are names of values that draws or answers give."""

Escape = Callable[[str], str]


def in_path(value: str) -> str:
    """A value as it may stand in a path or query."""
    return quote(value, safe="")


def in_json(value: str) -> str:
    """A value as it may stand within a JSON text's quotes."""
    return json.dumps(value)[1:-1]


def as_it_is(value: str) -> str:
    """A value where nothing needs to be escaped."""
    return value


def filled_in(
    where: str, text: str, environment: Mapping[str, str], escape: Escape = as_it_is
) -> str:
    """The text with the environment's values in it.

    Raises:
        ConfigError: naming a variable that is not set or holds no text, never a value.
    """

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environment:
            raise ConfigError(f"{where}: environment variable {name} is not set.")
        if not _is_text(environment[name]):
            raise ConfigError(f"{where}: environment variable {name} is no text in UTF-8.")
        return escape(environment[name])

    if not _is_text(text):
        raise ConfigError(f"{where}: holds half of a surrogate pair, which cannot be sent.")
    return PLACEHOLDER.sub(value_of, text)


def _is_text(text: str) -> bool:
    """Whether it can be sent; the environment's bytes that are no UTF-8 arrive as halves."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def filled_header(where: str, value: str, environment: Mapping[str, str]) -> str:
    """A header's value with the environment's in it.

    Raises:
        ConfigError: a variable is not set, or holds what no header may.
    """
    filled = filled_in(where, value, environment)
    if not HEADER_VALUE.fullmatch(filled):
        raise ConfigError(f"{where}: the environment's value is no header's value.")
    return filled


def filled_headers(
    where: str, headers: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """A table of headers, each as `filled_header`."""
    return {
        name: filled_header(f"{where}.{name}", value, environment)
        for name, value in headers.items()
    }


def template(text: str, names: Collection[str], fill: Escape) -> Template:
    """Cut a text at the gaps of these names; `fill` does the rest of the text, part by part."""
    if not names:
        return (fill(text),)
    parts = re.split(rf"(?<!\$)\{{({'|'.join(map(re.escape, names))})\}}", text)
    return tuple(part if index % 2 else fill(part) for index, part in enumerate(parts))


def joined(parts: Template, taken: Mapping[str, str], escape: Escape) -> str:
    """The text with its gaps filled."""
    return "".join(escape(taken[part]) if index % 2 else part for index, part in enumerate(parts))


def drawn_in(text: str) -> list[str]:
    """The names of a text's gaps that a draw fills, in their order."""
    names: list[str] = DRAWN.findall(text)
    return names


def rows_in(text: str) -> list[str]:
    """The columns that a text's gaps name, also those that no gap can."""
    columns: list[str] = _OF_ROWS.findall(text)
    return columns


def gaps_of(text: str) -> list[str]:
    """The names of a text's gaps, in their order."""
    names: list[str] = _GAP.findall(text)
    return names


def check_gaps(
    where: str,
    text: str,
    names: Collection[str],
    literal: Collection[str] | None = None,
    *,
    drawn_only: bool = False,
) -> None:
    """Make sure that every gap of a text can be filled.

    Args:
        where: the text stands, for complaints.
        text: that is sent or looked for.
        names: that are known then.
        literal: what is no gap; None where everything must be one.
        drawn_only: whether no value of an answer can stand there.

    Raises:
        ConfigError: naming the first that cannot, and the nearest name that could.
    """
    for name in gaps_of(text):
        if name in names or name in (literal or ()):
            continue
        givers = "`take` in [[setup]], `before` or a sequence gives names."
        if drawn_only:
            givers = "{row.column}, {round}, {random} and {unique} are filled in, and no others."
        known = nearest(name, names) if names and not drawn_only else givers
        hint = _nearest_gap(name, names) or known
        if DRAWN.fullmatch(f"{{{name}}}"):
            hint = "[[setup]] draws nothing."
        if literal is not None:
            hint += f' Text that is no gap is named: literal = ["{name}"].'
        fault = "nothing fills" if drawn_only else "no earlier request takes"
        raise ConfigError(f"{where}: {fault} {{{name}}}; {hint}")


def _nearest_gap(name: str, names: Collection[str]) -> str:
    """The nearest name that stands for something; empty where none is near."""
    prefix, dot, column = name.partition(".")
    if dot and nearest(prefix, [ROW[:-1]]).startswith("did"):
        return f"did you mean {ROW + column!r}?"
    hint = nearest(name, {*names, ROUND, RANDOM, UNIQUE})
    return hint if hint.startswith("did") else ""
