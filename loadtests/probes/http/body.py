"""What an answer must hold, and what a sequence takes from it for its later requests.

Bodies are a stranger's: what is taken has a bounded length and is text, a number or a boolean, and
no error shows a text of an answer, because it may be a token.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from contract.config.sections import HEADER_VALUE, path_fault
from loadtests.planning.expressions import find_group
from loadtests.planning.pointers import Expected, Pointer, Take
from loadtests.probes.http.draws import LoneText, expected_with
from loadtests.strict_json import STRICTLY, RepeatedKeyError

TAKEN_LENGTH_MAX = 4096
"""Longer than any token, shorter than anything that would be a load of its own."""


class UnfitError(Exception):
    """An answer is not as the scenario says; the message names the key, never the answer's text."""


def parse_json(body: bytes) -> Any:
    """A body's JSON.

    Raises:
        UnfitError: it is none.
    """
    try:
        return json.loads(body, **STRICTLY)
    except RepeatedKeyError as error:
        raise UnfitError(f"the body is no clear JSON: {error}") from None
    except (ValueError, RecursionError):
        raise UnfitError("the body is no JSON") from None


def check_json(
    document: Any, expected: tuple[Expected, ...], drawn: Mapping[str, str] | None = None
) -> None:
    """Make sure that a document holds what is expected, its gaps filled with what was drawn.

    Raises:
        UnfitError: at the first value that differs.
    """
    for part in expected:
        value = _at(document, part.pointer, f"json {part.stated}")
        if not _same(value, expected_with(part.value, drawn) if drawn else part.value):
            # A row may hold secrets, so it shows as a gap.
            wanted = json.dumps(part.value)
            raise UnfitError(f"json {part.stated}: {_kind(value)}, expected {wanted:.80}")


def take(
    stated: Take, document: Any, lines: Sequence[str], body: bytes = b"", origin: str = ""
) -> str:
    """One value of an answer, as text.

    Args:
        stated: which.
        document: the body's JSON; only looked at where the value stands there.
        lines: the values of the header, where it stands in one.
        body: decoded; only looked at where an expression finds the value.
        origin: scheme and host that were asked, such as `http://127.0.0.1:8080`.

    Raises:
        UnfitError: it is missing, or cannot be sent.
    """
    where = f"take {stated.name} from {stated.source}"
    if stated.header:
        value = _field(lines, stated, where)
    elif stated.expression:
        value = _matched(body, stated, where)
    else:
        value = _at(document, stated.pointer, where)
    if not isinstance(value, str | int | float):
        raise UnfitError(f"{where}: {_kind(value)}, expected text, a number or a boolean")
    try:
        text = value if isinstance(value, str) else json.dumps(value)
        text.encode()
    except ValueError:  # half a surrogate pair, or a number of thousands of digits
        raise UnfitError(f"{where}: no text that can be sent") from None
    if len(text) > TAKEN_LENGTH_MAX:
        raise UnfitError(f"{where}: longer than {TAKEN_LENGTH_MAX} characters")
    if stated.for_header and not HEADER_VALUE.fullmatch(text):
        raise UnfitError(f"{where}: holds characters that no header may")
    if stated.for_target and not path_of(text, origin):
        raise UnfitError(f"{where}: neither a path that begins with / nor an address of {origin}")
    return text


def path_of(taken: str, origin: str) -> str:
    """Path and query of what was taken to be asked for next; empty where it leads elsewhere.

    Args:
        taken: a path that begins with /, or an address.
        origin: scheme and host that may be asked.
    """
    target = taken.partition("#")[0]
    start = target[: len(origin)].lower()
    if origin and start == origin.lower() and target[len(origin) :][:1] in {"", "/", "?"}:
        rest = target[len(origin) :]
        target = rest if rest.startswith("/") else f"/{rest}"
    return "" if path_fault(target) else target


def _matched(body: bytes, stated: Take, where: str) -> str:
    found = find_group(stated.expression, body.decode(errors="replace"))
    if found is None:
        raise UnfitError(f"{where}: it matches nothing")
    return found


def _field(lines: Sequence[str], stated: Take, where: str) -> str:
    if not lines:
        raise UnfitError(f"{where}: the answer has no such header")
    if stated.cookie:
        pairs = (line.partition(";")[0].partition("=") for line in reversed(lines))
        values = (
            value.strip()
            for name, is_one, value in pairs
            if is_one and name.strip() == stated.cookie
        )
        if (value := next(values, None)) is None:
            raise UnfitError(f"{where}: the answer sets no such cookie")
        return value
    if stated.header == "set-cookie":
        # As it is sent back: without the attributes, which are the browser's business.
        return "; ".join(line.partition(";")[0].strip() for line in lines)
    return ", ".join(lines)


def _at(document: Any, pointer: Pointer, where: str) -> Any:
    value = document
    for step in pointer:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and _is_index(step) and int(step) < len(value):
            value = value[int(step)]
        else:
            raise UnfitError(f"{where}: nothing stands there")
    return value


def _is_index(step: str) -> bool:
    plain = step.isascii() and step.isdigit() and len(step) < 10
    return plain and (step == "0" or step[0] != "0")


def _same(value: Any, expected: Any) -> bool:
    """Equality as JSON has it: true is not 1, and 1.0 is."""
    if isinstance(expected, dict):
        return (
            isinstance(value, dict)
            and value.keys() == expected.keys()
            and all(_same(value[name], part) for name, part in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(map(_same, value, expected))
        )
    if isinstance(expected, LoneText) and isinstance(value, int | float):
        return expected.fits(value)
    return bool(value == expected) and isinstance(value, bool) == isinstance(expected, bool)


def _kind(value: Any) -> str:
    """A value for an error: numbers and the like as they are, texts only as such."""
    if value is None or isinstance(value, bool | int | float):
        return f"found {json.dumps(value):.40}"
    kinds: dict[type[Any], str] = {str: "another text", dict: "a table", list: "an array"}
    return f"found {kinds[type(value)]}"
