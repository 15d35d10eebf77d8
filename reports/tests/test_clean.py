"""Texts become harmless."""

import pytest

from reports.clean import harmless, short, visible


@pytest.mark.parametrize(
    "character",
    [
        *("\x00", "\x1b", "\n", "\x7f", "\x9b", "\u200f", "\u2028", "\u202e", "\u2066", "\ufeff"),
        *("\ufffe", "\uffff", "\ud800", "\udfff"),
    ],
)
def test_what_is_obeyed_becomes_a_mark(character: str) -> None:
    """Escape sequences, line ends, marks of direction, and what no XML may hold."""
    assert "a\ufffdb" == visible(f"a{character}b")


def test_what_is_shown_stays() -> None:
    """Also letters beyond ASCII and joined emoji."""
    text = "ä 漢字 עברית 👩\u200d🔬"

    assert text == visible(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("::error::x", ":\u200b:error:\u200b:x"), ("##[x]", "#\u200b#[x]"), ("a:b", "a:b")],
)
def test_no_text_is_a_command_of_a_log(text: str, expected: str) -> None:
    """Wherever in a line it stands."""
    assert expected == harmless(text)


@pytest.mark.parametrize(("text", "expected"), [("abc", "abc"), ("abcd", "ab…")])
def test_long_texts_are_cut(text: str, expected: str) -> None:
    """With a sign that there was more."""
    assert expected == short(text, 3)
