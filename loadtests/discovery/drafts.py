"""Scenarios to write, as an API's description, a browser's recording or an access log has them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from contract.config.naming import NAME_MAX, name_of
from loadtests.planning.templates import gaps_of

ACTIVE_MAX = 12
"""Scenarios that are measured at once; each more one takes measuring time from the others."""

ROWS_FOLDER = "versus-rows"


@dataclass(frozen=True)
class Step:
    """One request.

    Attributes:
        request: method and path; `{row.x}` is a row's value, `${X}` one of the environment.
        body: a text, or a table or array that is sent as JSON; None where none is sent.
        events: how the events of its answer are written; empty where it is no stream.
        status: of a right answer.
    """

    request: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    status: int = 200
    events: str = ""

    @property
    def literal(self) -> tuple[str, ...]:
        """What looks like a gap in the body, and is none."""
        if self.body is None:
            return ()
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return tuple(dict.fromkeys(gaps_of(text)))


@dataclass(frozen=True)
class Table:
    """Rows of values, for a file of their own.

    Attributes:
        columns: their names.
        values: one text for each column; no row at all where a person must write the file.
    """

    columns: tuple[str, ...]
    values: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Range:
    """Whole numbers, in the column `n`."""

    first: int
    last: int


@dataclass(frozen=True)
class Draft:
    """A scenario to write.

    Attributes:
        steps: several make a sequence.
        source: the file that says so.
        name: empty where the one that follows from the request is right.
        weight: None for the usual one.
        reason: why it is written as a comment, as a sentence; empty if it is none.
        hint: what to know of it, as a sentence that is written above it.
    """

    steps: tuple[Step, ...]
    source: str
    name: str = ""
    rows: Table | Range | None = None
    weight: float | None = None
    reason: str = ""
    hint: str = ""

    @property
    def request(self) -> str:
        """The first request."""
        return self.steps[0].request

    @property
    def full_name(self) -> str:
        """The name, stated or not; `row` is no part of it."""
        return self.name or name_of(self.request.replace("{row.", "{"))

    @property
    def rows_file(self) -> str:
        """The file of its rows; empty if it has none."""
        return f"{ROWS_FOLDER}/{self.full_name}.csv" if isinstance(self.rows, Table) else ""


SAME_BODY = "The same body is sent again and again: write {unique} into a value that must differ."


def arranged(drafts: Iterable[Draft]) -> tuple[Draft, ...]:
    """Drafts with names that differ, of which at most twelve are no comments; those come first."""
    names: set[str] = set()
    ready: list[Draft] = []
    for draft in sorted(drafts, key=lambda one: bool(one.reason)):
        name = _free_name(draft.full_name, names)
        # Beside each other on some file systems.
        names.add(name.lower())
        stated = "" if name == name_of(draft.request) else name
        active = sum(not one.reason for one in ready)
        reason = draft.reason or (
            f"More than {ACTIVE_MAX} scenarios take long." if active >= ACTIVE_MAX else ""
        )
        ready.append(replace(draft, name=stated, reason=reason))
    return tuple(ready)


def variable_name(name: str) -> str:
    """The variable of the environment for a value of this name, such as X_API_KEY."""
    plain = "".join(one if one.isascii() and one.isalnum() else "_" for one in name)[:50].upper()
    return plain if plain[:1].isalpha() else f"V{plain}"


def column_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names for columns, made of letters, digits and _, that differ."""
    taken: set[str] = set()
    ready = []
    for name in names:
        plain = "".join(one if one.isascii() and one.isalnum() else "_" for one in name)[:50]
        plain = plain if plain[:1].isalpha() else f"v{plain}"
        free = _free_name(plain, taken)
        taken.add(free.lower())
        ready.append(free)
    return tuple(ready)


def _free_name(name: str, names: set[str]) -> str:
    number, free = 1, name
    while free.lower() in names:
        number += 1
        free = f"{name[: NAME_MAX - 5]}_{number}"
    return free
