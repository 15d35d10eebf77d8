"""Which answer is right, and where in it a value stands: what a configuration may say of either."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from contract.config.sections import HEADER_SOURCE

_CLASS = re.compile(r"[1-9]xx")
_COOKIE_SOURCE = re.compile(r"cookie:[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
EXPRESSION = "regex:"
"""Begins a source that is a regular expression."""


def _status(status: Any) -> Any:
    stated = status if isinstance(status, list | tuple) else [status]
    if not stated or len(stated) > 100 or not all(map(_is_status, stated)):
        raise ValueError('a status from 100 to 999, a class such as "2xx", or a list is expected')
    return status


def _is_status(stated: Any) -> bool:
    if isinstance(stated, str):
        return _CLASS.fullmatch(stated) is not None
    return type(stated) is int and 100 <= stated <= 999


_ONE_STATUS: list[dict[str, Any]] = [
    {"type": "integer", "minimum": 100, "maximum": 999},
    {"type": "string", "pattern": f"^{_CLASS.pattern}$"},
]
_STATUSES = {"type": "array", "minItems": 1, "maxItems": 100, "items": {"anyOf": _ONE_STATUS}}
Status = Annotated[
    Any,
    AfterValidator(_status),
    Field(json_schema_extra={"anyOf": [*_ONE_STATUS, _STATUSES]}),
]


def statuses(stated: int | str | Sequence[int | str]) -> frozenset[int]:
    """Every status that a checked `status` allows."""
    right: set[int] = set()
    for one in [stated] if isinstance(stated, int | str) else stated:
        first = int(one[0]) * 100 if isinstance(one, str) else one
        right.update(range(first, first + 100) if isinstance(one, str) else (first,))
    return frozenset(right)


def shown_statuses(right: frozenset[int]) -> str:
    """Statuses for people: `200`, `200 or 204`, `2xx`."""
    classes = [
        first for first in range(100, 1000, 100) if right.issuperset(range(first, first + 100))
    ]
    whole = {status for first in classes for status in range(first, first + 100)}
    return " or ".join(
        [f"{first // 100}xx" for first in classes] + [str(one) for one in sorted(right - whole)]
    )


def check_pointer(pointer: str) -> str:
    """Make sure that a text is a JSON Pointer.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(r"(/([^~/]|~[01])*)*", pointer):
        raise ValueError("a JSON Pointer is expected, such as /items/0/id")
    return pointer


def _source(source: str) -> str:
    if source.startswith(EXPRESSION):
        return _expression(source)
    if HEADER_SOURCE.fullmatch(source) or _COOKIE_SOURCE.fullmatch(source):
        return source
    try:
        return check_pointer(source)
    except ValueError as error:
        raise ValueError(f"{error}, or header:Location, cookie:name, regex:id=([0-9]+)") from None


def _expression(source: str) -> str:
    groups = count_groups(source.removeprefix(EXPRESSION))
    if groups != 1:
        raise ValueError(f"one group is expected, such as regex:id=([0-9]+), and {groups} stand")
    return source


def count_groups(pattern: str | bytes) -> int:
    """How many groups an expression has.

    Raises:
        ValueError: it is none.
    """
    try:
        return re.compile(pattern).groups
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error}") from None


TakeSource = Annotated[str, AfterValidator(_source)]
