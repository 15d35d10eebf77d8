"""Which places of an answer differ from answer to answer, as patterns that hold for later ones.

A list of things has more of them later. Where a place differs in every item of a list, it is taken
to differ in all items; where only some do, these alone are left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from loadtests.checking.places import NO_ITEM, NOTHING, walk
from loadtests.planning.pointers import Noise, Pointer

NOISE_MAX = 200
"""So many patterns; an answer that differs in more places is compared no better than by chance."""

DEPTH_MAX = 32
NAME_LENGTH_MAX = 200
"""No pattern is made of deeper places, nor of those with longer names: nobody writes them."""

_PLACES_MAX = 20_000

_Form = tuple[str | None, ...]


class UnsteadyError(Exception):
    """Two answers differ in a way that no pointer can say; the message says how."""


@dataclass(frozen=True)
class _Place:
    pointer: Pointer
    absent: bool


def find_noise(first: Any, second: Any, request: int, *, growing: bool) -> tuple[Noise, ...]:
    """The places at which two answers to one request differ that should be equal.

    Args:
        first: the document of the first answer.
        second: that of the second one.
        request: number of the request in its sequence, from 1.
        growing: whether lists may have grown: they do so for both revisions alike.

    Raises:
        UnsteadyError: pointers cannot say where they differ.
    """
    places: list[_Place] = []
    # Which of both answers lacks keys of an object.
    lacking: dict[Pointer, set[int]] = {}
    for pointer, *sides in walk(first, second):
        if len(places) == _PLACES_MAX:
            raise UnsteadyError(f"they differ in more than {_PLACES_MAX:,} places")
        if not pointer:
            raise UnsteadyError("one is an object, the other an array")
        if any(side is NO_ITEM for side in sides):
            if not growing:
                raise UnsteadyError("their arrays have different lengths")
            continue
        lacks = {index for index, side in enumerate(sides) if side is NOTHING}
        lacking.setdefault(pointer[:-1], set()).update(lacks)
        places.append(_Place(pointer, bool(lacks)))
    # Keys that are ids have other names each time.
    named_anew = {pointer for pointer, of_sides in lacking.items() if len(of_sides) > 1}
    if named_anew and not growing:
        raise UnsteadyError("their objects have different keys")
    kept = [one for one in places if not (one.absent and one.pointer[:-1] in named_anew)]
    return _patterns(kept, (first, second), request)


def find_new_fields(pairs: Sequence[tuple[Any, Any]], request: int) -> tuple[Noise, ...]:
    """Fields that the head has and the base has not; whatever they hold, they are new.

    Args:
        pairs: the documents of base and head, in both answers.
        request: as of `find_noise`.

    Raises:
        UnsteadyError: there are too many whose values differ by themselves.
    """
    (base, head), (_, later) = pairs
    added = [
        pointer for pointer, left, _ in islice(walk(base, head), _PLACES_MAX) if left is NOTHING
    ]
    with suppress(UnsteadyError):
        return _patterns([_Place(pointer, absent=False) for pointer in added], (head,), request)
    unequal = {pointer for pointer, _, _ in islice(walk(head, later), _PLACES_MAX)}
    beginnings = {
        pointer[:length]
        for pointer in unequal
        for length in range(min(len(pointer), DEPTH_MAX) + 1)
    }
    places = [_Place(pointer, absent=False) for pointer in added if pointer in beginnings]
    return _patterns(places, (head,), request)


def _patterns(
    places: Iterable[_Place], documents: Sequence[Any], request: int
) -> tuple[Noise, ...]:
    by_form: dict[_Form, list[_Place]] = {}
    for place in places:
        if len(place.pointer) > DEPTH_MAX or max(map(len, place.pointer)) > NAME_LENGTH_MAX:
            raise UnsteadyError("they differ in a place that is too deep, or named too long")
        form = _form_of(documents[0], place.pointer)
        by_form.setdefault(form, []).append(place)
    found = tuple(
        noise
        for form, alike in by_form.items()
        for noise in _noise_of(form, alike, documents, request)
    )
    if len(found) > NOISE_MAX:
        raise UnsteadyError(f"they differ in more than {NOISE_MAX} places")
    return found


def _noise_of(
    form: _Form, alike: Sequence[_Place], documents: Sequence[Any], request: int
) -> Iterator[Noise]:
    if len(alike) >= max(_count(document, form) for document in documents):
        yield Noise(request, form, absent=any(place.absent for place in alike))
        return
    for place in alike:
        yield Noise(request, place.pointer, place.absent)


def _form_of(document: Any, pointer: Pointer) -> _Form:
    """A pointer with every number of an item left open; a key of digits is none."""
    form: list[str | None] = []
    node = document
    for step in pointer:
        form.append(None if isinstance(node, list) else step)
        if isinstance(node, list):
            node = node[int(step)] if int(step) < len(node) else None
        else:
            node = node.get(step) if isinstance(node, dict) else None
    return tuple(form)


def _count(document: Any, form: _Form) -> int:
    """How many places of a document have a form."""
    nodes = [document]
    for step in form:
        nodes = [child for node in nodes for child in _children(node, step)]
    return len(nodes)


def _children(node: Any, step: str | None) -> list[Any]:
    if step is None:
        return node if isinstance(node, list) else []
    return [node[step]] if isinstance(node, dict) and step in node else []
