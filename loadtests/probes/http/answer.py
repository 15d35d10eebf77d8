"""One answer: right or wrong, its size, its stages and its costs.

The service under test wrote all of it, so nothing is trusted: lengths are bounded, and a part that
makes no sense is absent rather than an error.
"""

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from contract.run.observation import Answer

HEADER_LENGTH_MAX = 8192


def add_answers(answers: Sequence[Answer]) -> Answer:
    """A sequence's answers as one; the last is the wrong one, if any is."""
    last = answers[-1]
    sizes = [answer.wire_bytes for answer in answers if answer.wire_bytes is not None]
    return Answer(
        latency_s=sum(answer.latency_s for answer in answers),
        status=last.status,
        error=f"request {len(answers)}: {last.error}" if last.error else "",
        wire_bytes=sum(sizes) if len(sizes) == len(answers) else None,
        body_bytes=sum(answer.body_bytes for answer in answers),
        body_hash=joined_hash([answer.body_hash for answer in answers]) if last.status else 0,
        stages=_add_known([answer.stages for answer in answers]),
        counters=_add_known([answer.counters for answer in answers]),
        ttfb_s=_add_known([(answer.ttfb_s,) for answer in answers])[0],
    )


def _add_known(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The sum of each column's numbers; NaN where it has none."""
    columns = [
        [value for value in column if not math.isnan(value)] for column in zip(*rows, strict=True)
    ]
    return tuple(sum(known) if known else math.nan for known in columns)


def field_lines(headers: Mapping[str, Any], name: str) -> list[str]:
    """The values of a header, of which an answer may hold several lines."""
    value = headers.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def field_line(headers: Mapping[str, Any], name: str) -> str | None:
    """A header's value; several lines of it mean the same as one with commas."""
    value = headers.get(name)
    return ", ".join(value) if isinstance(value, list) else value


def parse_server_timing(header: str | None, names: tuple[str, ...]) -> tuple[float, ...]:
    """Seconds by stage from a Server-Timing header; NaN for a stage that it does not name."""
    if not names:
        return ()
    stated: dict[str, float] = {}
    for entry in (header or "")[:HEADER_LENGTH_MAX].split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        for parameter in parameters:
            if parameter.startswith("dur="):
                stated[name] = _number(parameter[4:]) / 1000
    return tuple(stated.get(name, math.nan) for name in names)


def parse_cost(header: str | None, names: tuple[str, ...]) -> tuple[float, ...]:
    """Counters from a cost header such as `db_requests=2, db_rows=350`; NaN where absent."""
    if not names:
        return ()
    pairs = (entry.partition("=") for entry in (header or "")[:HEADER_LENGTH_MAX].split(","))
    stated = {name.strip(): _number(value) for name, _, value in pairs}
    return tuple(stated.get(name, math.nan) for name in names)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def complaint(
    status: int, expected: int, exception: Exception | None, missing_bytes: int = 0
) -> str:
    """Why an answer does not count as a right one; empty when it does.

    Args:
        status: as answered, 0 when no answer came.
        expected: the only status that is right.
        exception: what the client raised, a bad status or a body that cannot be decoded.
        missing_bytes: how much shorter the body is than the answer promised.
    """
    if status and status != expected:
        return f"status {status}, expected {expected}"
    if not status:
        # The client wraps what happened into an error that only says that it gave up.
        cause = getattr(exception, "original", None) or exception
        return type(cause).__name__ if cause else "no answer"
    if missing_bytes:
        return f"the body lacks {missing_bytes} bytes"
    # An expected 404 is raised as well, and is right all the same.
    return "" if exception is None or expected >= 400 else f"unreadable: {type(exception).__name__}"


def body_size(
    method: str, headers: Mapping[str, Any], received_bytes: int
) -> tuple[int | None, int]:
    """The size of a body, given its decoded length.

    A compressed body's transferred length is known from Content-Length alone.

    Returns: the bytes transferred, None where unknown; and how many of the promised bytes are
    missing.
    """
    if method == "HEAD":
        return 0, 0
    promised = _plain_number(field_line(headers, "content-length"))
    if (field_line(headers, "content-encoding") or "identity") != "identity":
        return promised, 0
    if promised is None:
        return received_bytes, 0
    return received_bytes, max(0, promised - received_bytes)


def _plain_number(header: str | None) -> int | None:
    plain = header is not None and len(header) < 19 and header.isascii() and header.isdigit()
    return int(header) if header and plain else None


def body_hash(body: bytes, ignored: re.Pattern[bytes] | None) -> int:
    """64 bits that are equal when two bodies are, but for what the pattern matches."""
    kept = ignored.sub(b"", body) if ignored else body
    return int.from_bytes(hashlib.blake2b(kept, digest_size=8).digest(), "big")


def joined_hash(hashes: Sequence[int]) -> int:
    """64 bits that are equal when two sequences of bodies are."""
    return body_hash(b"".join(body.to_bytes(8, "big") for body in hashes), None)
