"""Makes texts harmless: names come from configurations and services, and may hold anything."""

import re

# Escape sequences are commands to a terminal, marks of direction reorder the text around them, and
# the others are in no XML.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
# Commands to a build's log.
_COMMAND = re.compile("::|##\\[")


def visible(text: str) -> str:
    """The text with a mark in place of each character that is obeyed instead of shown."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def harmless(text: str) -> str:
    """The text as one line of a build's log, in which nothing is a command."""
    # A space without width separates the characters of a command.
    return _COMMAND.sub(
        lambda found: f"{found[0][0]}\N{ZERO WIDTH SPACE}{found[0][1:]}", visible(text)
    )


def short(text: str, length: int) -> str:
    """The text, cut to so many characters, with an ellipsis where it was longer."""
    return text if len(text) <= length else f"{text[: length - 1]}\N{HORIZONTAL ELLIPSIS}"
