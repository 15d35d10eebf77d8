"""Regular expressions over answers, in time that grows with the answer's length and no faster.

An answer is a stranger's, and with Python's expressions a short one can take hours. RE2, which
comes with pyarrow, cannot: in exchange it knows neither lookarounds nor references to groups.
"""

from contract.errors import ConfigError

SEARCHED_CHARACTERS_MAX = 2**20


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
        find_group(pattern, "")
    except ValueError as error:
        why = str(error).rpartition("Invalid regular expression: ")[2]
        raise ConfigError(
            f"{where}: {why:.120}. Write it without lookarounds and references to groups (RE2)."
        ) from None
