"""What all sections of the file share: their rules, and the texts that may stand in them."""

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from contract.config.complaints import expects

RULES = ConfigDict(extra="forbid", use_attribute_docstrings=True)
"""Of every section; the docstrings of its fields are the published schema's descriptions."""


class Section(BaseModel):
    """One table of the file."""

    model_config = RULES | ConfigDict(frozen=True)


def _text(pattern: str, words: str) -> StringConstraints:
    return StringConstraints(pattern=expects(pattern, words))


_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}"
HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,8192}")

NonEmpty = Annotated[str, Field(min_length=1)]
Name = Annotated[
    str,
    _text(
        r"^[A-Za-z][A-Za-z0-9_-]{0,63}$",
        "a name of at most 64 letters, digits, - and _, a letter first,",
    ),
]
VariableName = Annotated[
    str,
    _text(
        r"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
        "a name of at most 64 letters, digits and _, no digit first,",
    ),
]
MetricName = Annotated[
    str,
    _text(
        r"^[a-z][a-z0-9_]{0,63}$",
        "a name of at most 64 small letters, digits and _, a letter first,",
    ),
]


def _not_framing(name: str) -> str:
    if name.lower() in {"content-length", "transfer-encoding"}:
        raise ValueError(f"{name} follows from the body; leave it out")
    return name


HeaderName = Annotated[
    str, _text(rf"^{_HEADER}$", "the name of a header"), AfterValidator(_not_framing)
]
HeaderValue = Annotated[
    str, _text(rf"^{HEADER_VALUE.pattern}$", "a text of at most 8192 printable ASCII characters")
]


def _one_of_each(headers: dict[str, str]) -> dict[str, str]:
    check_once(tuple(name.lower() for name in headers))
    return headers


Headers = Annotated[dict[HeaderName, HeaderValue], AfterValidator(_one_of_each)]
HEADER_SOURCE = re.compile(f"header:{_HEADER}")
# Neither a host (//) nor a fragment (#) is part of what is sent.
PATH = r"/([\x21\x22\x24-\x2e\x30-\x7e][\x21\x22\x24-\x7e]*)?$"
Path = Annotated[str, _text(f"^{PATH}", "a path such as /v1/things?limit=5, in ASCII,")]
Word = Annotated[
    str, StringConstraints(pattern=expects(r"^[^\x00]*$", "a text without NUL"), max_length=32_768)
]


def _words(command: Any) -> Any:
    if not isinstance(command, list | tuple) or not command or not command[0]:
        raise ValueError('a list of words is expected, such as ["python3", "server.py"]')
    return command


Command = Annotated[tuple[Word, ...], BeforeValidator(_words)]
Environment = dict[VariableName, Word]
Parameters = dict[VariableName, Word]


def check_once(names: tuple[str, ...]) -> tuple[str, ...]:
    """Make sure that no name stands there twice.

    Raises:
        ValueError: naming the first that does.
    """
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"{name!r} stands there twice; names must differ")
    return names
