"""Names come from configurations and servers, and may hold anything."""

import re

# An escape sequence must not reach a terminal, nor a mark that turns text around a comment.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
# At the start of a line, a build's log takes these for orders.
_ORDER = re.compile("::|##\\[")


def visible(text: str) -> str:
    """The text with a mark in place of whatever would not be seen but felt."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def harmless(text: str) -> str:
    """The text as a line of a build's log, in which nothing is an order."""
    # A space that nobody sees parts what only together is an order.
    return _ORDER.sub(
        lambda order: f"{order[0][0]}\N{ZERO WIDTH SPACE}{order[0][1:]}", visible(text)
    )


def short(text: str, length: int) -> str:
    """At most so many characters, the last one a sign that there were more."""
    return text if len(text) <= length else f"{text[: length - 1]}\N{HORIZONTAL ELLIPSIS}"
