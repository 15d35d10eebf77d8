"""Derives a regular expression for `ignore` from two answers that should be equal.

A proposal is made only if it makes both bodies equal. It is built from plain names and fixed
patterns; nothing else of an answer is in it.
"""

import re
from collections.abc import Sequence
from typing import Any

from loadtests.checking.places import Places
from loadtests.planning.expressions import Ignored

BODY_BYTES_MAX = 2**20
"""Longer bodies are not searched again and again."""

_KEYS_MAX = 4
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
_KNOWN = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?",
    r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    r"\b\d{10,19}(\.\d+)?\b",
    r"\b[0-9a-f]{16,128}\b",
)
"""Times, dates of HTTP, UUIDs, seconds or more since 1970, digests."""


def propose_ignore(first: bytes, second: bytes, stated: str | None, places: Places) -> str:
    """An expression that matches what differs, beside what is ignored already.

    Args:
        first: an answer of a variant.
        second: another answer of it.
        stated: the scenario's own `ignore`.
        places: where the two differ.

    Returns: empty where none can be derived safely.
    """
    if max(len(first), len(second)) > BODY_BYTES_MAX or not places.count or "'" in (stated or ""):
        return ""
    for candidate in (*_of_keys(first, places), *_KNOWN):
        whole = f"{stated}|{candidate}" if stated else candidate
        ignored = Ignored(whole)
        if ignored.removed_from(first) == ignored.removed_from(second):
            return whole
    return ""


def _of_keys(body: bytes, places: Places) -> Sequence[str]:
    """One expression for all keys whose values differ, if these are few and plain."""
    if not places.counted_all:
        return ()
    kinds: dict[str, str] = {}
    for pointer, left, right in places.pointers:
        key = pointer[-1] if pointer else ""
        value = _value_pattern(left, right)
        if not _KEY.fullmatch(key) or not value or kinds.setdefault(key, value) != value:
            return ()
    if not 0 < len(kinds) <= _KEYS_MAX:
        return ()
    return ("|".join(f'"{re.escape(key)}"{_colon(body, key)}{kinds[key]}' for key in kinds),)


def _value_pattern(left: Any, right: Any) -> str:
    if isinstance(left, str) and isinstance(right, str):
        return r'"([^"\\]|\\.)*"' if '"' in left + right or "\\" in left + right else '"[^"]*"'
    numbers = all(
        isinstance(side, int | float) and not isinstance(side, bool) for side in (left, right)
    )
    return "[-+.0-9eE]+" if numbers else ""


def _colon(body: bytes, key: str) -> str:
    """The colon as this service writes it."""
    name = f'"{key}"'.encode()
    for colon in (": ", ":"):
        if name + colon.encode() in body and name + colon.encode() + b" " not in body:
            return colon
    return r"\s*:\s*"
