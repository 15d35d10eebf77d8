"""Bodies are a stranger's: pointers find what stands there, and checks compare as JSON does."""

from typing import Any

import pytest

from loadtests.planning.pointers import Expected, Take, parse_pointer
from loadtests.probes.http.body import UnfitError, check_json, parse_json, take

# The document and the pointers of RFC 6901, section 5.
DOCUMENT: dict[str, Any] = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("stated", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_a_pointer_finds_what_the_standard_says(stated: str, value: object) -> None:
    """The examples of the standard itself."""
    check_json(DOCUMENT, (Expected(stated, parse_pointer(stated), value),))


@pytest.mark.parametrize(
    "stated", ["/foo/2", "/foo/-", "/foo/00", "/foo/²", "/foo/x", "/x", "/a/b"]
)
def test_where_nothing_stands_is_said(stated: str) -> None:
    """The end of an array, a number written otherwise, a name that is missing."""
    with pytest.raises(UnfitError, match="nothing stands there"):
        check_json(DOCUMENT, (Expected(stated, parse_pointer(stated), 1),))


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        (b"1", 1.0, True),
        (b"true", 1, False),
        (b"0", False, False),
        (b'{"a": [1, {"b": null}]}', {"a": [1, {}]}, False),
        (b'{"b": 2, "a": [1]}', {"a": [1], "b": 2}, True),
        (b'{"a": [true]}', {"a": [1]}, False),
        (b"[1, 2]", [1], False),
        (b'"1"', 1, False),
        (b"null", {}, False),
    ],
)
def test_values_are_compared_as_json_has_them(found: bytes, expected: Any, same: bool) -> None:
    """The order of names means nothing, that of an array does, and a boolean is no number."""
    asked = (Expected("", (), expected),)
    if same:
        check_json(parse_json(found), asked)
        return
    with pytest.raises(UnfitError, match=r"json : found .*, expected "):
        check_json(parse_json(found), asked)


def taken(header: str, *lines: str) -> str:
    return take(Take("x", f"header:{header}", header, (), for_header=False), None, lines)


def test_a_header_is_taken_as_it_is_sent_back() -> None:
    """Several lines are one with commas; of cookies only names and values are sent back."""
    cookies = ["a=1; Path=/; HttpOnly", "b=2;Secure"]

    assert "/things/7" == taken("location", "/things/7")
    assert "1, 2" == taken("x-id", "1", "2")
    assert "a=1; b=2" == taken("set-cookie", *cookies)
    with pytest.raises(UnfitError, match="the answer has no such header"):
        taken("location")
