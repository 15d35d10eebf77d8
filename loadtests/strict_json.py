"""JSON that every reader understands alike: no NaN, no Infinity, and no key twice in one object.

Of a repeated key Python keeps the last value, others the first (RFC 8259, 4), so two texts that
differ would count as equal.
"""

from typing import Any


class RepeatedKeyError(ValueError):
    """An object names a key twice."""


def refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python's reader takes and no other.

    Raises:
        ValueError: always.
    """
    raise ValueError(name)


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's members by key.

    Raises:
        RepeatedKeyError: one stands there twice; which one is not said, because it may be a token.
    """
    members = dict(pairs)
    if len(members) < len(pairs):
        raise RepeatedKeyError("an object repeats a key")
    return members


STRICTLY: dict[str, Any] = {"parse_constant": refuse_constant, "object_pairs_hook": unique_keys}
"""For `json.loads` and `json.JSONDecoder`."""
