"""What an answer must hold, and what a sequence takes from it for its later requests.

Bodies are a stranger's: what is taken has a bounded length and is text, a number or a boolean, and
no complaint shows a text that was found, because it may be somebody's token.
"""

import json
from collections.abc import Mapping
from typing import Any

from contract.config.sections import HEADER_VALUE
from loadtests.planning.pointers import Expected, Pointer, Take
from loadtests.probes.http.answer import field_lines

TAKEN_LENGTH_MAX = 4096
"""Longer than any token, shorter than anything that would be a load of its own."""


class UnfitError(Exception):
    """An answer is not as the scenario says; the message names the key, never what was found."""


def parse_json(body: bytes) -> Any:
    """A body's JSON.

    Raises:
        UnfitError: it is none.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnfitError("the body is no JSON") from None


def check_json(document: Any, expected: tuple[Expected, ...]) -> None:
    """Make sure that a document holds what is expected.

    Raises:
        UnfitError: at the first value that differs.
    """
    for one in expected:
        found = _at(document, one.pointer, f"json {one.stated}")
        if not _same(found, one.value):
            wanted = json.dumps(one.value)
            raise UnfitError(f"json {one.stated}: {_kind(found)}, expected {wanted:.80}")


def take(one: Take, document: Any, headers: Mapping[str, Any]) -> str:
    """One value of an answer, as text.

    Args:
        one: which.
        document: the body's JSON; only looked at where the value stands there.
        headers: as `field_lines` takes them.

    Raises:
        UnfitError: it is missing, or cannot be sent.
    """
    where = f"take {one.name} from {one.source}"
    found = _field(headers, one, where) if one.header else _at(document, one.pointer, where)
    if not isinstance(found, str | int | float):
        raise UnfitError(f"{where}: {_kind(found)}, expected text, a number or a boolean")
    try:
        text = found if isinstance(found, str) else json.dumps(found)
        text.encode()
    except ValueError:  # half a surrogate pair, or a number of thousands of digits
        raise UnfitError(f"{where}: no text that can be sent") from None
    if len(text) > TAKEN_LENGTH_MAX:
        raise UnfitError(f"{where}: longer than {TAKEN_LENGTH_MAX} characters")
    if one.for_header and not HEADER_VALUE.fullmatch(text):
        raise UnfitError(f"{where}: holds characters that no header may")
    return text


def _field(headers: Mapping[str, Any], one: Take, where: str) -> str:
    lines = field_lines(headers, one.header)
    if not lines:
        raise UnfitError(f"{where}: the answer has no such header")
    if one.header == "set-cookie":
        # As it is sent back: without the attributes, which are the browser's business.
        return "; ".join(line.partition(";")[0].strip() for line in lines)
    return ", ".join(lines)


def _at(document: Any, pointer: Pointer, where: str) -> Any:
    found = document
    for step in pointer:
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and _is_index(step) and int(step) < len(found):
            found = found[int(step)]
        else:
            raise UnfitError(f"{where}: nothing stands there")
    return found


def _is_index(step: str) -> bool:
    plain = step.isascii() and step.isdigit() and len(step) < 10
    return plain and (step == "0" or step[0] != "0")


def _same(found: Any, expected: Any) -> bool:
    """Equality as JSON has it: true is not 1, and 1.0 is."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(_same(found[name], value) for name, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(map(_same, found, expected))
        )
    return bool(found == expected) and isinstance(found, bool) == isinstance(expected, bool)


def _kind(found: Any) -> str:
    """What was found, in words: numbers and the like as they are, texts only as such."""
    if found is None or isinstance(found, bool | int | float):
        return f"found {json.dumps(found):.40}"
    kinds: dict[type[Any], str] = {str: "another text", dict: "a table", list: "an array"}
    return f"found {kinds[type(found)]}"
