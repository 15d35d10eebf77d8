"""What one answer says of itself: right or wrong, its size, its stages and what it cost.

Everything here was written by the service under test, so it is read as a stranger's: of bounded
length, and a part that makes no sense is absent rather than an error.
"""

import hashlib
import math
import re

HEADER_LENGTH_MAX = 8192


def parse_server_timing(header: str | None, names: tuple[str, ...]) -> tuple[float, ...]:
    """Seconds by stage from a Server-Timing header; NaN for a stage that it does not name."""
    found: dict[str, float] = {}
    for entry in (header or "")[:HEADER_LENGTH_MAX].split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        for parameter in parameters:
            if parameter.startswith("dur="):
                found[name] = _number(parameter[4:]) / 1000
    return tuple(found.get(name, math.nan) for name in names)


def parse_cost(header: str | None, names: tuple[str, ...]) -> tuple[float, ...]:
    """Counters from a cost header such as `db_requests=2, db_rows=350`; NaN where absent."""
    pairs = (entry.partition("=") for entry in (header or "")[:HEADER_LENGTH_MAX].split(","))
    found = {name.strip(): _number(value) for name, _, value in pairs}
    return tuple(found.get(name, math.nan) for name in names)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def complaint(status: int, expected: int, exception: Exception | None) -> str:
    """Why an answer does not count as a right one; empty when it does."""
    if status == expected:
        return ""
    if status:
        return f"status {status}, expected {expected}"
    return type(exception).__name__ if exception else "no answer"


def content_length(header: str | None, otherwise: int) -> int:
    """Bytes of the body as transferred, or `otherwise` where the header does not tell."""
    plain = header is not None and len(header) < 19 and header.isascii() and header.isdigit()
    return int(header) if header and plain else otherwise


def body_hash(body: bytes, ignored: re.Pattern[bytes] | None) -> int:
    """64 bits that are equal when two bodies are, but for what the pattern matches."""
    kept = ignored.sub(b"", body) if ignored else body
    return int.from_bytes(hashlib.blake2b(kept, digest_size=8).digest(), "big")
