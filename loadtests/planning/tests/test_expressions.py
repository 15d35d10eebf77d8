"""Expressions over answers: what they find, and how long that takes at worst."""

import re
import time

import pytest

from contract.errors import ConfigError
from loadtests.planning.expressions import (
    SEARCHED_CHARACTERS_MAX,
    Ignored,
    check_expression,
    find_group,
)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r'csrf" value="([^"]+)"', '<p>\n<input name="csrf" value="a\\1b">\n</p>', "a\\1b"),
        (r"id=(\d+)", "id=1 id=2", "1"),
        (r"(a)|b", "b", ""),
        (r"^(b)", "ab", None),
        (r"(.+)", "a\nb", "a"),
        (r"(b)", "a" * SEARCHED_CHARACTERS_MAX + "b", None),
    ],
)
def test_the_group_of_the_first_match_is_found(
    pattern: str, text: str, expected: str | None
) -> None:
    """Wherever it stands; line breaks and backslashes of the text mean nothing."""
    assert expected == find_group(pattern, text)


def test_no_expression_takes_longer_than_the_text_is_long() -> None:
    """A hundred characters would keep Python's own for years."""
    began_s = time.monotonic()

    assert find_group(r"(?:a+)+(b)", "a" * 100_000) is None
    assert b"a" * 100_000 + b"b" == Ignored("(a+)+$").removed_from(b"a" * 100_000 + b"b")
    assert time.monotonic() - began_s < 5


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ('"id":"[^"]*"', b'{"id":"a","n":1,"id":"b"}', b'{,"n":1,}'),
        ("(?s).+", b"a\nb\xff", b""),
        ("é|ü+", "xüüé".encode(), b"x"),
        ("x*", b"axb", b"ab"),
        (".", b"\xff\n", b"\n"),
    ],
)
def test_all_that_matches_is_removed(pattern: str, text: bytes, expected: bytes) -> None:
    """As Python's own expressions for bytes do it."""
    assert expected == Ignored(pattern).removed_from(text)
    assert expected == re.sub(pattern.encode(), b"", text)


def test_each_match_is_replaced() -> None:
    """By what is made of it; bytes that mark the matches must not stand in the text."""
    ignored = Ignored(r"(\d)(\d)|b")

    assert b"a<12>c<34><b>" == ignored.replaced_in(b"a12c34b", lambda found: b"<%s>" % found)
    assert ignored.replaced_in(b"a\x01", bytes) is None


@pytest.mark.parametrize("pattern", [r"(?=a)(b)", r"(a)\1", r"(a{2000})"])
def test_what_could_take_longer_is_refused(pattern: str) -> None:
    """The complaint says where, and what to leave out."""
    with pytest.raises(ConfigError, match=r"^here: .*Write it without lookarounds") as caught:
        check_expression("here", pattern)

    assert "\n" not in str(caught.value)
    check_expression("here", "(a)")
