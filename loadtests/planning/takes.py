"""Which values later requests take from an answer, as the configuration states it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from contract.config.answers import EXPRESSION
from loadtests.planning.expressions import check_expression
from loadtests.planning.pointers import Take, parse_pointer


class Later(Protocol):
    """What a request says that may use a value."""

    @property
    def request(self) -> str | None:
        """Method and path."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its own headers."""


def takes_of(where: str, stated: Mapping[str, str], later: Sequence[Later]) -> tuple[Take, ...]:
    """The values that an answer gives.

    Args:
        where: the request, for complaints.
        stated: sources by name.
        later: requests that may use them.

    Raises:
        ConfigError: an expression cannot be searched for.
    """
    return tuple(
        _take(f"{where}, take.{name}", name, source, later) for name, source in stated.items()
    )


def _take(where: str, name: str, source: str, later: Sequence[Later]) -> Take:
    kind, _, rest = source.partition(":") if not source.startswith("/") else ("", "", "")
    expression = source.removeprefix(EXPRESSION) if kind == "regex" else ""
    if expression:
        check_expression(where, expression)
    headers = {"header": rest.lower(), "cookie": "set-cookie"}
    gap = f"{{{name}}}"
    return Take(
        name=name,
        source=source,
        header=headers.get(kind, ""),
        pointer=() if kind in {*headers, "regex"} else parse_pointer(source),
        for_header=any(gap in value for one in later for value in one.headers.values()),
        cookie=rest if kind == "cookie" else "",
        expression=expression,
        for_target=any((one.request or "").partition(" ")[2] == gap for one in later),
    )
