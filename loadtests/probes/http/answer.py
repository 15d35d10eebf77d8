"""One answer: right or wrong, its size, its stages and its costs.

The service under test wrote all of it, so nothing is trusted: lengths are bounded, and a part that
makes no sense is absent rather than an error.
"""

import hashlib
import math
import re
from collections.abc import Iterator, Sequence

from contract.run.observation import Answer

HEADER_LENGTH_MAX = 8192
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"?|[^",;]+|[,;]')
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_ESCAPED = re.compile(r"\\(.)")


def add_answers(answers: Sequence[Answer]) -> Answer:
    """A sequence's answers as one; the last is the wrong one, if any is."""
    last = answers[-1]
    # One request at most is a stream.
    first_event_s, events_per_s, last_byte_s = _add_known(
        [(one.first_event_s, one.events_per_s, one.last_byte_s) for one in answers]
    )
    return Answer(
        latency_s=sum(answer.latency_s for answer in answers),
        status=last.status,
        error=f"request {len(answers)}: {last.error}" if last.error else "",
        wire_bytes=sum(answer.wire_bytes or 0 for answer in answers),
        body_bytes=sum(answer.body_bytes for answer in answers),
        body_hash=joined_hash([answer.body_hash for answer in answers]) if last.status else 0,
        stages=_add_known([answer.stages for answer in answers]),
        counters=_add_known([answer.counters for answer in answers]),
        ttfb_s=_add_known([(answer.ttfb_s,) for answer in answers])[0],
        first_event_s=first_event_s,
        events_per_s=events_per_s,
        last_byte_s=last_byte_s,
        connections_opened=sum(answer.connections_opened for answer in answers),
        connections_replaced=sum(answer.connections_replaced for answer in answers),
        stall_s=max(answer.stall_s for answer in answers),
        note=next((answer.note for answer in answers if answer.note), ""),
    )


def _add_known(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The sum of each column's numbers; NaN where it has none."""
    columns = [
        [value for value in column if not math.isnan(value)] for column in zip(*rows, strict=True)
    ]
    return tuple(_finite(sum(known)) if known else math.nan for known in columns)


def _finite(number: float) -> float:
    """NaN for a sum that is beyond the largest number, so that it is unknown."""
    return number if math.isfinite(number) else math.nan


def parse_server_timing(lines: Sequence[str], names: tuple[str, ...]) -> tuple[float, ...]:
    """Seconds by stage from Server-Timing lines, by their grammar; NaN for a stage not named.

    A stage that is named several times took all of those times; capitals do not matter, because
    stages are configured in small letters.
    """
    stated: dict[str, float] = {}
    for line in lines if names else ():
        for name, *parameters in _entries(line):
            pairs = (parameter.partition("=") for parameter in reversed(parameters))
            # The first one of a name counts (Server-Timing, section 4).
            values = {key.strip().lower(): value.strip() for key, _, value in pairs}
            # What follows the number, such as a unit, is passed over (HTML, 2.3.4.3).
            found = _NUMBER.match(_unquoted(values.get("dur", "")))
            seconds = _number(found[0] if found else "") / 1000
            if seconds >= 0:
                stated[name.lower()] = stated.get(name.lower(), 0.0) + seconds
    return tuple(_finite(stated.get(name, math.nan)) for name in names)


def parse_cost(lines: Sequence[str], names: tuple[str, ...]) -> tuple[float, ...]:
    """Counters from cost lines such as `db_requests=2, db_rows=350`; NaN where absent.

    One that is stated several times is summed up.
    """
    stated: dict[str, float] = {}
    for line in lines if names else ():
        for entry, *_ in _entries(line):
            name, _, value = entry.partition("=")
            number = _number(_unquoted(value.strip()))
            if math.isfinite(number):
                stated[name.strip()] = stated.get(name.strip(), 0.0) + number
    return tuple(_finite(stated.get(name, math.nan)) for name in names)


def _entries(line: str) -> Iterator[list[str]]:
    """The elements of a list header, each cut at its semicolons; neither within quotes.

    Of a line that is too long the element at the limit is dropped with the rest: half a number is
    another number.
    """
    if len(line) > HEADER_LENGTH_MAX:
        line = line[:HEADER_LENGTH_MAX].rpartition(",")[0]
    parts = [""]
    for found in _PIECE.finditer(line):
        piece = found[0]
        if piece == ",":
            yield [part.strip() for part in parts]
            parts = [""]
        elif piece == ";":
            parts.append("")
        else:
            parts[-1] += piece
    yield [part.strip() for part in parts]


def _unquoted(text: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return _ESCAPED.sub(r"\1", text[1:-1])


def _number(text: str) -> float:
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return _finite(number)


def body_hash(body: bytes) -> int:
    """64 bits that are equal when the bytes of two bodies are."""
    return int.from_bytes(hashlib.blake2b(body, digest_size=8).digest(), "big")


def joined_hash(hashes: Sequence[int]) -> int:
    """64 bits that are equal when two sequences of bodies are."""
    return body_hash(b"".join(body.to_bytes(8, "big") for body in hashes))
