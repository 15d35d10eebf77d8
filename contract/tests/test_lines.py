"""Nothing in a line is obeyed."""

import pytest

from contract.lines import log_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a plain line of [::1]:80, 5 µs", "a plain line of [::1]:80, 5 µs"),
        ("two\nlines\r\nand\u2028more", "two lines and more"),
        ("\x1b[31mred\x07\u202e\u2066", "?[31mred???"),
        ("::error::x", "\u200b::error::x"),
        ("  ::error::x", "\u200b  ::error::x"),
        ("a\n::error::x", "a ::error::x"),
        ("a ##[error]x", "a #\u200b#[error]x"),
        ("", ""),
    ],
)
def test_a_foreign_text_becomes_one_harmless_line(text: str, expected: str) -> None:
    """Everything that can be shown stays."""
    assert expected == log_line(text)
