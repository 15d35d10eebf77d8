"""Bodies are a stranger's: pointers find what stands there, and checks compare as JSON does."""

from dataclasses import replace
from typing import Any

import pytest

from loadtests.planning.pointers import Expected, Take, parse_pointer
from loadtests.probes.http.body import UnfitError, check_json, parse_json, path_of, take

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


COOKIES = ("a=1; Path=/", " sid = x=y ; Secure", "sid=last", "none")


@pytest.mark.parametrize(("name", "value"), [("a", "1"), ("sid", "last")])
def test_one_cookie_is_taken_without_its_attributes(name: str, value: str) -> None:
    """Of two with one name the last counts, as in a browser."""
    stated = Take("x", f"cookie:{name}", "set-cookie", (), for_header=False, cookie=name)

    assert value == take(stated, None, COOKIES)
    with pytest.raises(UnfitError, match="the answer sets no such cookie"):
        take(replace(stated, cookie="none"), None, COOKIES)


def test_an_expression_s_group_is_taken_from_the_body() -> None:
    """Bytes that are no UTF-8 hold up nothing; where it matches nothing, that is said."""
    stated = Take("x", "regex:id=(.)", "", (), for_header=False, expression="id=(.)")

    assert "é" == take(stated, None, (), b"\xff id=\xc3\xa9")
    with pytest.raises(UnfitError, match="it matches nothing"):
        take(stated, None, (), b"id")


ORIGIN = "http://shop.test:8000"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("/a?b=c#d", "/a?b=c"),
        ("http://shop.test:8000/a", "/a"),
        ("HTTP://Shop.Test:8000", "/"),
        ("http://shop.test:8000?a=b", "/?a=b"),
        ("http://shop.test:8000#a", "/"),
        ("http://shop.test:80001/a", ""),
        ("http://shop.test:8000.evil.test/a", ""),
        ("http://shop.test:8000@evil.test/a", ""),
        ("https://shop.test:8000/a", ""),
        ("//evil.test/a", ""),
        ("http://shop.test:8000//evil.test", ""),
        ("a", ""),
        ("", ""),
        ("/a b", ""),
        ("/a\r\nX: y", ""),
        ("/é", ""),
    ],
)
def test_only_a_path_or_the_service_s_own_address_is_asked_next(value: str, path: str) -> None:
    """Anything else makes the answer wrong, without a word of it in the error."""
    stated = Take("next", "/next", "", ("next",), for_header=False, for_target=True)

    assert path == path_of(value, ORIGIN) == path_of(value, ORIGIN.replace("shop", "Shop"))
    if path:
        assert value == take(stated, {"next": value}, (), b"", ORIGIN)
        return
    with pytest.raises(UnfitError) as caught:
        take(stated, {"next": value}, (), b"", ORIGIN)
    assert (
        f"take next from /next: neither a path that begins with / nor an address of {ORIGIN}"
        == str(caught.value)
    )
