"""Where two bodies differ: by JSON Pointer, else by line or byte.

Both bodies are a stranger's: what is shown is bounded and printable, and what may be a secret is
not shown.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from contract.run.answers import DifferentPlace
from contract.secrecy import REMOVED, is_secret
from loadtests.planning.disclosure import SHORTEST_SECRET, blanked, printable
from loadtests.planning.expressions import Ignored
from loadtests.planning.pointers import Noise, Pointer, shown_pointer
from loadtests.probes.http.body import UnfitError
from loadtests.probes.http.documents import blank_noise, parse_document

PLACES_MAX = 3
COUNT_MAX = 1000
"""Counting stops here: a person reads the first few."""

VALUE_LENGTH_MAX = 30
POINTER_LENGTH_MAX = 48
_PIECE_BYTES = 2**16
_BEFORE_BYTES = 80
_LOOKED_AT = 200  # Characters of a value or pointer, which may have millions.
# Long, without a space, of letters and digits: nobody reads it, and it may be a token.
_OPAQUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/=_.~-]{24,}")
_HARMLESS = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d[T ][0-9:.]+(Z|[+-][0-9:]+)?",
    re.IGNORECASE,
)


class _Nothing:
    """Stands for what one of two documents does not have."""


NOTHING, NO_ITEM = _Nothing(), _Nothing()
"""Where a table lacks a key, and where an array has ended."""


@dataclass(frozen=True)
class Places:
    """The places at which two bodies differ.

    Attributes:
        shown: the first few.
        pointers: with both values, of at most `COUNT_MAX`; empty where a body is no JSON.
        gained: whether the second body has all that the first one says, and fields more.
    """

    shown: tuple[DifferentPlace, ...]
    count: int
    counted_all: bool
    pointers: tuple[tuple[Pointer, Any, Any], ...] = ()
    gained: bool = False


def find_places(
    first: bytes,
    second: bytes,
    ignored: Ignored | None,
    secrets: Sequence[str],
    leave_out: frozenset[Pointer] = frozenset(),
    noise: Sequence[Noise] = (),
) -> Places:
    """Where two bodies differ once what `ignored` matches has been left out.

    Args:
        first: a decoded body, perhaps cut.
        second: the other one.
        ignored: as the scenario states it.
        secrets: values that must not be shown.
        leave_out: places that differ from answer to answer anyway.
        noise: the same as patterns.

    Returns: no place where nothing but these differs.
    """
    left, right = _document(first, ignored), _document(second, ignored)
    if left is not None and right is not None:
        for document in (left[0], right[0]):
            blank_noise(document, noise)
        pairs = [entry for entry in first_pairs(left[0], right[0]) if entry[0] not in leave_out]
        if not pairs:
            return Places((), 0, counted_all=True)
        return Places(
            tuple(_shown_pair(*entry, secrets=secrets) for entry in _most_telling(pairs)),
            len(pairs),
            counted_all=len(pairs) < COUNT_MAX,
            pointers=tuple(pairs),
            gained=all(before is NOTHING for _, before, _ in walk(left[0], right[0])),
        )
    kept = [ignored.removed_from(body) if ignored else body for body in (first, second)]
    if kept[0] == kept[1]:
        return Places((), 0, counted_all=True)
    return Places((_first_difference(kept[0], kept[1], secrets),), 1, counted_all=False)


def _document(body: bytes, ignored: Ignored | None) -> tuple[Any] | None:
    """A body's object or array, in which ignored parts are alike; None where there is none."""
    candidates: list[bytes | None] = [body]
    if ignored:
        candidates = [ignored.removed_from(body), ignored.replaced_in(body, _neutral)]
    for candidate in candidates:
        try:
            return None if candidate is None else (parse_document(candidate),)
        except UnfitError:
            continue
    return None


def _neutral(text: bytes) -> bytes:
    """What takes the place of an ignored part so that the rest stays JSON."""
    text = text.strip()
    comma_before, comma_after = text.startswith(b","), text.endswith(b",")
    text = text.strip(b", \t\r\n")
    key = re.match(rb'"(?:[^"\\]|\\.)*"\s*:', text)
    neutral = (key[0] + b"null") if key else b"null" if text[-1:] != b'"' else b'""'
    return b"," * comma_before + neutral + b"," * comma_after


def first_pairs(left: Any, right: Any) -> list[tuple[Pointer, Any, Any]]:
    """The first places at which two documents differ, and both values."""
    return list(islice(walk(left, right), COUNT_MAX))


def form_of(pointer: Pointer) -> tuple[str | None, ...]:
    """A pointer in which what may be a number of an item is left open."""
    return tuple(None if step.isdecimal() else step for step in pointer)


def _most_telling(pairs: Sequence[tuple[Pointer, Any, Any]]) -> list[tuple[Pointer, Any, Any]]:
    """What is more than a new field first, and no second place of one form while there are others.

    Of a list of hundreds of items with the same difference, the first item says enough.
    """
    forms: set[tuple[str | None, ...]] = set()
    ranked = []
    for order, entry in enumerate(pairs):
        form = form_of(entry[0])
        ranked.append((entry[1] is NOTHING, form in forms, order))
        forms.add(form)
    return [pairs[order] for _, _, order in sorted(ranked)[:PLACES_MAX]]


def walk(left: Any, right: Any) -> Iterator[tuple[Pointer, Any, Any]]:
    """Every place at which two documents differ, in the first one's order.

    Without recursion, because a stranger's document may be deeper than Python's stack.
    """
    stack: list[Iterator[tuple[Pointer, Any, Any]]] = [iter([((), left, right)])]
    while stack:
        entry = next(stack[-1], None)
        if entry is None:
            stack.pop()
            continue
        pointer, one_side, other_side = entry
        if isinstance(one_side, dict) and isinstance(other_side, dict):
            stack.append(_members(pointer, one_side, other_side))
        elif isinstance(one_side, list) and isinstance(other_side, list):
            stack.append(_items(pointer, one_side, other_side))
        elif not _same(one_side, other_side):
            yield entry


def _same(left: Any, right: Any) -> bool:
    """Whether two values are equal as JSON has it: 1 and 1.0 are, 1 and true are not."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _members(
    pointer: Pointer, left: dict[str, Any], right: dict[str, Any]
) -> Iterator[tuple[Pointer, Any, Any]]:
    for key in (*left, *(key for key in right if key not in left)):
        yield (*pointer, key), left.get(key, NOTHING), right.get(key, NOTHING)


def _items(
    pointer: Pointer, left: list[Any], right: list[Any]
) -> Iterator[tuple[Pointer, Any, Any]]:
    for index in range(max(len(left), len(right))):
        before, after = (side[index] if index < len(side) else NO_ITEM for side in (left, right))
        yield (*pointer, str(index)), before, after


def _shown_pair(
    pointer: Pointer, left: Any, right: Any, *, secrets: Sequence[str]
) -> DifferentPlace:
    # A key may be a token.
    where = blanked(shown_pointer(pointer), secrets) or "the whole body"
    # A text without quotes is no `Bearer ${NAME}` of a configuration: here it is a value.
    hidden = any(is_secret(step, "?") for step in pointer)
    before, after = (
        REMOVED if hidden and not isinstance(value, _Nothing) else _shown(value, secrets)
        for value in (left, right)
    )
    return DifferentPlace(cut(printable(where[:_LOOKED_AT]), POINTER_LENGTH_MAX), before, after)


def _shown(value: Any, secrets: Sequence[str]) -> str:
    """A value as a person may see it."""
    if isinstance(value, _Nothing):
        return "nothing"
    if isinstance(value, dict | list):
        return f"{'a table' if isinstance(value, dict) else 'an array'} of {len(value):,}"
    if isinstance(value, str):
        if _holds(value, secrets):
            return REMOVED
        if _OPAQUE.search(value[:_LOOKED_AT]) and not _HARMLESS.fullmatch(value):
            return f"a text of {len(value):,} characters"
        return cut(json.dumps(printable(value[:_LOOKED_AT]), ensure_ascii=False), VALUE_LENGTH_MAX)
    text = str(value) if isinstance(value, Decimal) else json.dumps(value)
    return REMOVED if text in secrets else cut(text, VALUE_LENGTH_MAX)


def _first_difference(first: bytes, second: bytes, secrets: Sequence[str]) -> DifferentPlace:
    """The first differing line of two texts, or the first differing byte."""
    at = first_differing(first, second)
    texts, hides = [], False
    for body in (first, second):
        begin = body.rfind(b"\n", 0, at) + 1
        # Only in a whole line is a secret found that what is shown cuts.
        whole = body[max(begin, at - _PIECE_BYTES) :][: 2 * _PIECE_BYTES].partition(b"\n")[0]
        hides |= _holds(whole.decode(errors="replace"), secrets)
        texts.append(body[max(begin, at - _BEFORE_BYTES) :][:_PIECE_BYTES].partition(b"\n")[0])
    try:
        left, right = (text[: 2 * _BEFORE_BYTES].decode() for text in texts)
    except UnicodeDecodeError:
        left, right = "\0", ""
    if any(character < " " and character not in "\r\t" for character in left + right):
        before, after = (
            f"0x{body[at]:02x}" if at < len(body) else "its end" for body in (first, second)
        )
        return DifferentPlace(f"byte {at:,}", before, after)
    lines_before = first.count(b"\n", 0, at)
    where = f"line {lines_before + 1:,}" if b"\n" in first + second else f"byte {at:,}"
    if hides or any(is_secret(text, "?") for text in (left, right)):
        return DifferentPlace(where, "", "")
    start = max(0, _shared(left, right) - 10)
    before, after = (_shown(text[start:].strip(), secrets) for text in (left, right))
    return DifferentPlace(where, before, after)


def _holds(text: str, secrets: Sequence[str]) -> bool:
    """Whether a text holds a secret, in whatever case."""
    lower = text.lower()
    return text != blanked(text, secrets) or any(
        len(one) >= SHORTEST_SECRET and one.lower() in lower for one in secrets
    )


def _shared(left: str | bytes, right: str | bytes) -> int:
    """How many characters or bytes two texts begin with alike."""
    pairs = enumerate(zip(left, right, strict=False))
    return next(
        (index for index, (one, other) in pairs if one != other), min(len(left), len(right))
    )


def first_differing(first: bytes, second: bytes) -> int:
    """The index of the first byte that differs; the shorter length where one begins the other."""
    shorter = min(len(first), len(second))
    for begin in range(0, shorter, _PIECE_BYTES):
        left, right = (body[begin : begin + _PIECE_BYTES] for body in (first, second))
        if left != right:
            return begin + _shared(left, right)
    return shorter


def cut(text: str, length: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= length else f"{text[: length - 1]}\N{HORIZONTAL ELLIPSIS}"
