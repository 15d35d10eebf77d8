"""Regular expressions over answers, in time that grows with the answer's length and no faster.

An answer is a stranger's, and with Python's expressions a short one can take hours. RE2, which
comes with pyarrow, cannot: in exchange it knows neither lookarounds nor references to groups.
"""

import re
from collections.abc import Callable

from contract.errors import ConfigError

SEARCHED_CHARACTERS_MAX = 2**20
_BEGIN, _END = "\x01", "\x02"
_MARKED = re.compile(f"{_BEGIN}([^{_END}]*){_END}".encode())


class Ignored:
    """What an expression matches in bytes, such as a body's."""

    def __init__(self, pattern: str) -> None:
        """Take an expression that `check_expression` has let pass."""
        self._pattern = pattern
        self._remove = _replacer(pattern, "")

    @classmethod
    def of(cls, pattern: str | None) -> "Ignored | None":
        """That of an `ignore`; None where none is stated."""
        return cls(pattern) if pattern else None

    def removed_from(self, text: bytes) -> bytes:
        """The text without all that matches."""
        return self._remove(text)

    def replaced_in(self, text: bytes, replacement: Callable[[bytes], bytes]) -> bytes | None:
        """The text with another in place of each match; None where it holds bytes 1 or 2."""
        if _BEGIN.encode() in text or _END.encode() in text:
            return None
        marked = _replacer(f"({self._pattern})", rf"{_BEGIN}\1{_END}")(text)
        return _MARKED.sub(lambda match: replacement(match[1]), marked)


def find_group(pattern: str, text: str) -> str | None:
    """What the expression's one group holds where it first matches; None where it does not.

    Only the first SEARCHED_CHARACTERS_MAX characters are looked through.
    """
    # Most scenarios take nothing by an expression.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    whole = rf"\A(?s:.*?)(?:{pattern})(?s:.*)\z"
    texts = pa.array([text[:SEARCHED_CHARACTERS_MAX]], pa.string())
    if not pc.match_substring_regex(texts, whole)[0].as_py():
        return None
    found: str = pc.replace_substring_regex(texts, whole, r"\1", max_replacements=1)[0].as_py()
    return found


def check_expression(where: str, pattern: str) -> None:
    """Make sure that an expression which Python knows is one of RE2's, too.

    Raises:
        ConfigError: it is none.
    """
    try:
        _replacer(pattern, "")(b"")
    except ValueError as error:
        why = str(error).rpartition("Invalid regular expression: ")[2]
        raise ConfigError(
            f"{where}: {why:.120}. Write it without lookarounds, references to groups and more "
            "than 1,000 repetitions (RE2)."
        ) from None


def _replacer(pattern: str, replacement: str) -> Callable[[bytes], bytes]:
    """Replaces all that matches; of a text in UTF-8 each byte counts as a character."""
    # Most scenarios ignore nothing.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    call = pc.get_function("replace_substring_regex").call
    options = pc.ReplaceSubstringOptions(pattern, replacement)
    kind = pa.binary()

    def replaced(text: bytes) -> bytes:
        made: bytes = call([pa.scalar(text, kind)], options).as_py()
        return made

    return replaced
