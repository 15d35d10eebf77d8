"""What differs by itself becomes patterns that hold for later answers."""

from typing import Any

import pytest

from loadtests.checking.noise import (
    NOISE_MAX,
    UnsteadyError,
    find_new_fields,
    find_noise,
)
from loadtests.planning.pointers import Noise


def item(at: int, **more: int) -> dict[str, int]:
    return {"id": 1, "at": at, **more}


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ({"at": 1}, {"at": 2}, ["/at"]),
        ({"a": {"at": 1}, "b": 1}, {"a": {"at": "x"}, "b": 1}, ["/a/at"]),
        # In every item: in later ones, too.
        ({"items": [item(1), item(2)]}, {"items": [item(3), item(4)]}, ["/items/*/at"]),
        ({"items": [item(1), item(2)]}, {"items": [item(3), item(2)]}, ["/items/0/at"]),
        ([1, 2], [1, 3], ["/1"]),
        ([1, 2], [2, 3], ["/*"]),
        ({"0": {"at": 1}}, {"0": {"at": 2}}, ["/0/at"]),
    ],
)
def test_places_become_patterns(first: Any, second: Any, shown: list[str]) -> None:
    """A number is an item only within an array."""
    assert shown == [one.shown for one in find_noise(first, second, 1, growing=False)]


def test_what_is_missing_at_times_is_known_as_that() -> None:
    """Not even its presence is compared."""
    assert (Noise(2, ("b",), absent=True),) == find_noise(
        {"a": 1, "b": 1}, {"a": 1}, 2, growing=False
    )


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"a": 1}, [1], "one is an object, the other an array"),
        ({"a": [1]}, {"a": [1, 2]}, "their arrays have different lengths"),
        ({"a": {"id1": 1}}, {"a": {"id2": 1}}, "their objects have different keys"),
        (
            {"a": {str(number): {"b": number} for number in range(NOISE_MAX + 1)}},
            {"a": {str(number): {"b": -1} for number in range(NOISE_MAX + 1)}},
            "they differ in more than 200 places",
        ),
        ([0] * 20_001, [1] * 20_001, "they differ in more than 20,000 places"),
        ({"x" * 201: 1}, {"x" * 201: 2}, "in a place that is too deep, or named too long"),
    ],
)
def test_what_no_pointer_can_say_is_an_error(first: Any, second: Any, message: str) -> None:
    """The message ends a sentence."""
    with pytest.raises(UnsteadyError, match=message):
        find_noise(first, second, 1, growing=False)


def test_lists_may_grow_for_both_revisions_alike() -> None:
    """Then a longer one is no noise; what differs beside it is."""
    first, second = {"a": [item(1)], "at": 1}, {"a": [item(1), item(2)], "at": 2}

    assert ["/at"] == [one.shown for one in find_noise(first, second, 1, growing=True)]
    assert () == find_noise({"id1": 1}, {"id2": 1}, 1, growing=True)


def test_a_new_field_may_be_another_each_time() -> None:
    """What the base does not say is new all the same, whatever its value."""
    base = {"items": [{"id": 1}]}
    first = {"items": [{"id": 1, "served": {"at": 1}, "owner": 1}]}
    second = {"items": [{"id": 1, "served": {"at": 2}, "owner": 1}]}
    found = find_new_fields(((base, first), (base, second)), 1)

    assert ["/items/*/served", "/items/*/owner"] == [one.shown for one in found]
