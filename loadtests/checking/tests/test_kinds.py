"""Two answers say the same, the second one more, or something else."""

import pytest

from loadtests.checking.kinds import Compared, Rules, compare_answers
from loadtests.planning.expressions import Ignored
from loadtests.planning.pointers import Noise

RULES = Rules(Ignored(r'"at": ?\d+'), (Noise(1, ("id",)),), ("hunter2hunter2",))


def places(found: Compared) -> list[str]:
    return [f"{one.where}: {one.before} / {one.after}" for one in found.places]


@pytest.mark.parametrize(
    ("first", "second", "kind", "shown"),
    [
        (b'{"id": 1, "a": 1}', b'{"a":1.0,"id":2}', "equal", []),
        (b'{"at": 1, "a": 1}', b'{"at": 2, "a": 1, "b": 2}', "added", ["/b: nothing / 2"]),
        (b'{"a": 1}', b'{"a": 2, "b": 2}', "different", ["/a: 1 / 2", "/b: nothing / 2"]),
        (b'{"a": 1}', b"{}", "different", ["/a: 1 / nothing"]),
        (b'{"a": []}', b'{"a": [1]}', "different", ["/a/0: nothing / 1"]),
        (b"one", b"two", "different", ['byte 0: "one" / "two"']),
        (b'{"a": 1}', b'{"a": "hunter2hunter2"}', "different", ["/a: 1 / [removed]"]),
    ],
)
def test_one_request(first: bytes, second: bytes, kind: str, shown: list[str]) -> None:
    """What is ignored or noisy is left out; what is more than a new field comes first."""
    found = compare_answers((first,), (second,), RULES)

    assert (kind, shown) == (found.kind, places(found))


def test_a_sequence_is_as_different_as_its_worst_request() -> None:
    """Places say which request they are of."""
    found = compare_answers((b"[1]", b'{"a": 1}'), (b"[2]", b'{"a": 1, "b": 1}'), RULES)
    gained = compare_answers((b"[1]", b'{"a": 1}'), (b"[1]", b'{"a": 1, "b": 1}'), RULES)

    assert ("different", 2) == (found.kind, found.count)
    assert ["request 1, /0: 1 / 2", "request 2, /b: nothing / 1"] == places(found)
    assert "added" == gained.kind
