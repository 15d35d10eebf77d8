"""What all sections of the file share: their rules, and the texts that may stand in them."""

import re
from typing import Annotated, Any
from urllib.parse import quote

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


def shown_path(path: str) -> str:
    """The beginning of a path for a complaint of one line, without its query."""
    return "".join(filter(str.isprintable, path.partition("?")[0][:80]))


def path_fault(path: str) -> str:
    """What is wrong with a path and query; empty where nothing is."""
    shown = shown_path(path)
    outside = next((one for one in path if not "\x21" <= one <= "\x7e"), "")
    faults = (
        (path.startswith(("http://", "https://")), "the address belongs to target.url"),
        (not path.startswith("/"), f"the path must begin with /: /{shown}"),
        (path.startswith("//"), "the path begins with //, after which a host would follow"),
        ("#" in path, "what follows # is never sent; leave it out, or write %23"),
        (outside == " ", "a space in the path is written %20"),
        (outside.isprintable() and outside, f"{outside!r} in the path is written {quote(outside)}"),
        (outside, "the path holds a control character"),
    )
    return next((fault for is_wrong, fault in faults if is_wrong), "")


def _path(path: str) -> str:
    if fault := path_fault(path):
        raise ValueError(fault)
    return path


Path = Annotated[str, AfterValidator(_path), Field(json_schema_extra={"pattern": f"^{PATH}"})]
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
