"""Expressions over answers: what they find, and how long that takes at worst."""

import time

import pytest

from contract.errors import ConfigError
from loadtests.planning.expressions import SEARCHED_CHARACTERS_MAX, check_expression, find_group


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
    assert time.monotonic() - began_s < 5


@pytest.mark.parametrize("pattern", [r"(?=a)(b)", r"(a)\1", r"(a{2000})"])
def test_what_could_take_longer_is_refused(pattern: str) -> None:
    """The complaint says where, and what to leave out."""
    with pytest.raises(ConfigError, match=r"^here: .*Write it without lookarounds") as caught:
        check_expression("here", pattern)

    assert "\n" not in str(caught.value)
    check_expression("here", "(a)")
