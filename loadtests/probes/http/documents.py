"""What a body says: JSON by its value, everything else by its bytes.

Order of keys, white space and 1 or 1.0 make no difference; true is not 1. Bodies are a stranger's:
what is too large, too deep, repeats a key or is no JSON is taken as it is.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from typing import Any

from loadtests.planning.expressions import Ignored
from loadtests.planning.pointers import Noise
from loadtests.probes.http.answer import body_hash
from loadtests.probes.http.body import UnfitError
from loadtests.strict_json import STRICTLY

DOCUMENT_BYTES_MAX = 2**22
"""Larger bodies are compared by their bytes: parsing one would hold up the next request."""

DOCUMENT_BYTES_MAX_UNDER_LOAD = 2**16
"""The same where other requests are under way, which parsing would make late."""

_CACHED_MAX = 256
_BEGINNING = re.compile(rb"[ \t\r\n]*[\[{]")


def parse_document(body: bytes) -> Any:
    """A body's JSON, with whole numbers as such.

    Raises:
        UnfitError: it is no object or array, or too large.
    """
    if len(body) > DOCUMENT_BYTES_MAX or not _BEGINNING.match(body):
        raise UnfitError("the body is no JSON object or array")
    try:
        return json.loads(body, parse_float=_number, **STRICTLY)
    except (ValueError, RecursionError):
        raise UnfitError("the body is no JSON") from None


def _number(text: str) -> float | int | Decimal:
    """A number without loss: 0.30000000000000001 is not 0.3, and 1e-400 is not 0."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)  # Two that are too large for a number may still differ.
    near = int(number) if number.is_integer() else number
    try:
        exact = Decimal(text)
    except ArithmeticError:
        raise ValueError(text) from None  # Its exponent is beyond what decimals hold.
    if exact == Decimal(repr(near)):
        return near
    return Context(prec=len(text)).normalize(exact)


def _exactly(number: Decimal) -> dict[str, str]:
    """A number that JSON's writer does not know, as no document holds it: a half of a character."""
    return {"\udfff": str(number)}


def blank_noise(document: Any, noise: Sequence[Noise]) -> None:
    """Make all answers alike in the places that differ from answer to answer anyway."""
    for one in noise:
        nodes = [document]
        for step in one.steps[:-1]:
            nodes = [child for node in nodes for child in _children(node, step)]
        for node in nodes:
            _blank(node, one.steps[-1], absent=one.absent)


def _children(node: Any, step: str | None) -> Iterator[Any]:
    if isinstance(node, dict):
        if step in node:
            yield node[step]
    elif isinstance(node, list):
        yield from (node[index] for index in _indexes(node, step))


def _indexes(items: list[Any], step: str | None) -> Sequence[int]:
    if step is None:
        return range(len(items))
    return [int(step)] if step.isdecimal() and int(step) < len(items) else []


def _blank(node: Any, step: str | None, *, absent: bool) -> None:
    if isinstance(node, dict):
        if step in node:
            node[step] = None
            if absent:
                del node[step]
    elif isinstance(node, list):
        for index in _indexes(node, step):
            node[index] = None


class BodyHashes:
    """The hashes of a scenario's bodies.

    A service that answers alike each time costs one hash of its bytes, and is parsed once.
    """

    def __init__(
        self,
        ignored: Ignored | None,
        noise: Sequence[Noise] = (),
        bytes_max: int = DOCUMENT_BYTES_MAX,
    ) -> None:
        """Take what is not compared.

        Args:
            ignored: what it matches is left out before anything else.
            noise: places that are left out of JSON.
            bytes_max: larger bodies are taken as they are.
        """
        self._bytes_max = bytes_max
        self._ignored = ignored
        self._noise = noise
        self._cached: dict[tuple[int, int], int] = {}

    def of(self, body: bytes, request: int = 1) -> int:
        """64 bits that are equal when two bodies say the same.

        Args:
            body: decoded.
            request: its number in the sequence, from 1.
        """
        kept = self._ignored.removed_from(body) if self._ignored else body
        of_bytes = body_hash(kept)
        if len(kept) > self._bytes_max or not _BEGINNING.match(kept):
            return of_bytes
        found = self._cached.get((request, of_bytes))
        if found is None:
            found = self._of_value(kept, request, of_bytes)
            if len(self._cached) >= _CACHED_MAX:
                self._cached.pop(next(iter(self._cached)))
            self._cached[request, of_bytes] = found
        return found

    def _of_value(self, kept: bytes, request: int, of_bytes: int) -> int:
        try:
            document = parse_document(kept)
            blank_noise(document, [one for one in self._noise if one.request == request])
            text = json.dumps(document, sort_keys=True, separators=(",", ":"), default=_exactly)
        except (UnfitError, RecursionError):
            return of_bytes
        return body_hash(text.encode())
