"""Where two bodies differ, for documents and bytes of every kind."""

import json
from typing import Any

import pytest

from loadtests.checking.places import (
    COUNT_MAX,
    POINTER_LENGTH_MAX,
    VALUE_LENGTH_MAX,
    Places,
    find_places,
    first_differing,
)
from loadtests.planning.expressions import Ignored


def places(left: Any, right: Any, ignored: str = "", secrets: tuple[str, ...] = ()) -> Places:
    pattern = Ignored.of(ignored)
    return find_places(json.dumps(left).encode(), json.dumps(right).encode(), pattern, secrets)


@pytest.mark.parametrize(
    ("left", "right", "where"),
    [
        ({"a": 1}, {"a": 2}, "/a"),
        ({"a/b": {"~": 1}}, {"a/b": {"~": 2}}, "/a~1b/~0"),
        ([1, 2], [1], "/1"),
        ({"a": 1}, {"a": True}, "/a"),
        ({"a": True}, {"a": 1.0}, "/a"),
        ({"a": None}, {}, "/a"),
        ({"a": 1}, [1], "the whole body"),
        (1, 2, "byte 0"),
    ],
)
def test_documents_differ_by_pointer(left: Any, right: Any, where: str) -> None:
    """As RFC 6901 writes it; true is not 1."""
    assert [where] == [place.where for place in places(left, right).shown]


def test_what_is_ignored_does_not_differ() -> None:
    """Also where the rest alone is no JSON."""
    left, right = {"at": "1", "a": 1, "b": 2}, {"at": "22", "a": 1, "b": 3}
    found = places(left, right, '"at": "[^"]*"')

    assert ["/b"] == [place.where for place in found.shown]
    assert 0 == places({"at": "1"}, {"at": "2"}, '"at": "[^"]*"').count


def test_what_repeats_a_key_is_compared_by_its_bytes() -> None:
    """Which of its values counts depends on the reader."""
    found = find_places(b'{"a": 1, "a": 2}', b'{"a": 3, "a": 2}', None, ())

    assert ["byte 6"] == [place.where for place in found.shown]


def test_documents_that_say_the_same_differ_nowhere() -> None:
    """Another order of keys, white space, and 1.0 for 1."""
    assert 0 == find_places(b'{"a": 1, "b": 2}', b'{"b":2,\n"a":1.0}', None, ()).count


@pytest.mark.parametrize(
    ("right", "gained"),
    [
        ({"a": [{"b": 1, "c": 2}], "d": 3}, True),
        ({"a": [{"b": 2, "c": 2}], "d": 3}, False),
        ({"a": [{"b": 1}, {"b": 1}]}, False),
        ({"a": [{"c": 1}]}, False),
        ({"d": 3}, False),
    ],
)
def test_what_only_gains_fields_is_known_as_that(right: Any, gained: bool) -> None:
    """At any depth, also within arrays; an item more, or another value, is another answer."""
    assert gained == places({"a": [{"b": 1}]}, right).gained


def test_what_is_more_than_a_new_field_is_shown_first() -> None:
    """And no third item of one list before anything else."""
    left = {"list": [{"a": 1}] * 5, "sum": 5}
    right = {"list": [{"a": 1, "b": 2, "c": 3}] * 5, "sum": 6}
    found = places(left, right)

    assert ["/sum", "/list/0/b", "/list/0/c"] == [place.where for place in found.shown]
    assert 11 == found.count


def test_values_and_pointers_are_bounded() -> None:
    """A long text, a deep path and a number of many digits fit into a line."""
    left: Any = {"x" * 5000: ["y " * 5000, 10**400]}
    right: Any = {"x" * 5000: ["z", 7]}
    for place in places(left, right).shown:
        assert len(place.where) <= POINTER_LENGTH_MAX
        assert max(len(place.before), len(place.after)) <= VALUE_LENGTH_MAX


def test_secrets_are_not_shown() -> None:
    """By the name of their place, because they were sent, or because nobody could read them."""
    left = {"token": "a", "echo": "Bearer hunter2hunter2", "blob": "a1" * 40}
    right = {"token": "b", "echo": "none", "blob": "b2" * 40}
    shown = {
        place.where: (place.before, place.after)
        for place in places(left, right, secrets=("hunter2hunter2",)).shown
    }

    assert ("[removed]", "[removed]") == shown["/token"]
    assert ("[removed]", '"none"') == shown["/echo"]
    assert ("a text of 80 characters",) * 2 == shown["/blob"]


def test_a_line_that_may_hold_a_secret_is_not_shown() -> None:
    """Only its number is."""
    found = find_places(b"one\npassword: hunter\n", b"one\npassword: winter\n", None, ())

    assert ("line 2", "", "") == (
        found.shown[0].where,
        found.shown[0].before,
        found.shown[0].after,
    )


TOKEN = "tok-Abc!123 xyz"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"by": {TOKEN: 1}}, {"by": {TOKEN: 2}}),
        ({"v": 48151623}, {"v": 1}),
        ({"v": f"-{TOKEN.upper()}-"}, {"v": ""}),
    ],
)
def test_a_secret_is_found_wherever_it_stands(left: Any, right: Any) -> None:
    """As a key, as a number, in other letters."""
    (shown,) = places(left, right, secrets=(TOKEN, "48151623")).shown
    text = f"{shown.where} {shown.before}".lower()

    assert "[removed]" in text
    assert TOKEN.lower() not in text
    assert "48151623" not in text


def test_a_secret_that_a_line_would_cut_is_found() -> None:
    """Nothing of such a line is shown."""
    secret = "!?" * 100
    left, right = (f"{'x' * 300}{secret}{end}".encode() for end in "ab")

    assert [("byte 500", "", "")] == [
        (one.where, one.before, one.after)
        for one in find_places(left, right, None, (secret,)).shown
    ]


def test_deep_documents_are_no_danger() -> None:
    """Deeper than Python's stack: by their bytes."""
    deep = b"[" * 200_000
    found = find_places(deep + b"1", deep + b"2", None, ())

    assert "byte 200,000" == found.shown[0].where


def test_counting_stops() -> None:
    """And says so."""
    found = places(list(range(5000)), list(range(1, 5001)))

    assert (COUNT_MAX, False) == (found.count, found.counted_all)


@pytest.mark.parametrize(
    ("left", "right", "index"),
    [
        (b"a", b"b", 0),
        (b"", b"a", 0),
        (b"aa", b"a", 1),
        (b"x" * 70_000 + b"a", b"x" * 70_001, 70_000),
    ],
)
def test_the_first_differing_byte(left: bytes, right: bytes, index: int) -> None:
    """Also at an end, and behind the first piece."""
    assert index == first_differing(left, right)


def test_a_text_of_millions_of_letters_takes_no_time() -> None:
    """Its beginning is enough to see what it is."""
    letters = "x" * 3_000_000

    assert "a text" not in places({"a": letters}, {"a": ""}).shown[0].before
