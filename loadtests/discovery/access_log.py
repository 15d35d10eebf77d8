"""Endpoints from an access log in the common or combined format, plain or compressed by gzip.

The log is read twice, line by line: first to count the endpoints, then to collect the values of the
most frequent ones. So memory is bounded, however long it is.
"""

import gzip
import re
import stat
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from contract.errors import ConfigError
from loadtests.discovery.drafts import ACTIVE_MAX, Draft, Step
from loadtests.discovery.endpoints import (
    STATIC,
    TARGET_LENGTH_MAX,
    Observed,
    Shape,
    Shapes,
    Target,
    is_secret_pair,
    is_value,
    parsed_target,
    row_of,
    secret_segment,
    written,
)
from loadtests.discovery.routes import is_left_out
from loadtests.planning.disclosure import printable

BYTES_MAX = 16_000_000_000
"""Of text, so that a small file that decompresses without end is given up."""

LINE_BYTES_MAX = 65_536
SHAPES_MAX = 20_000
NAMES_MAX = 10
SHARE_MIN = 0.0001

# Client and user may hold anything; the time in brackets, the quoted request and the status do not.
_LINE = re.compile(rb'\[[^\]\[]{10,40}\] "([^"\\]*(?:\\.[^"\\]*)*)" (\d{3})(?: |\r?$)', re.DOTALL)
_REQUEST = re.compile(r"([A-Z]{3,12}) (\S+)(?: HTTP/\d(?:\.\d)?)?")
_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)
_GIVEN = frozenset({b"200", b"304"})

NO_LINE = "not of the format"
NO_REQUEST = "no request of HTTP"
METHOD = "another method than GET and HEAD"
STATUS = "another status than 200 and 304"
FILE = "static files"
OTHER = "health checks, documentation, login or deletion, by their path"
SECRET = "a token in the path"  # noqa: S105 - a reason
TARGET = "a path or query that cannot be sent again"
MANY = "too many different paths"


@dataclass
class _Counts:
    """What was read.

    Attributes:
        shapes: requests, by endpoint.
        left_out: lines, by reason.
        examples: the first of a reason.
        dropped: names of secret parameters of queries.
        cut: whether the log is longer than what is read.
    """

    shapes: Counter[Shape] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    cut: bool = False


@dataclass(frozen=True)
class _Read:
    """A request of the log.

    Attributes:
        target: None if it is left out.
        dropped: names of the parameters that look secret.
        reason: why it is left out, and an example.
    """

    method: str = ""
    target: Target | None = None
    dropped: tuple[str, ...] = ()
    reason: str = ""
    example: str = ""


def logged_drafts(path: Path) -> tuple[list[Draft], list[str]]:
    """Scenarios for the most frequent endpoints of a log, and sentences about the rest.

    Their weights are percentages of the requests that could be used.

    Raises:
        ConfigError: it cannot be read, or no line is of the format.
    """
    counts = _Counts()
    shapes = Shapes()
    for method, target in _requests(path, counts):
        shape = shapes.of(method, target)
        if shape is None or (shape not in counts.shapes and len(counts.shapes) >= SHAPES_MAX):
            counts.left_out[MANY] += 1
        else:
            counts.shapes[shape] += 1
    requests = counts.shapes.total()
    if not requests and counts.left_out.keys() <= {NO_LINE}:
        raise ConfigError(
            f"--access-log {path}: no line is of the common or combined format, such as "
            '127.0.0.1 - - [01/Dec/2026:09:00:00 +0000] "GET /items HTTP/1.1" 200 512.'
        )
    merged: Counter[Shape] = Counter()
    for shape, number in counts.shapes.items():
        merged[shapes.again(shape)] += number
    first = [shape for shape, _ in merged.most_common(ACTIVE_MAX)]
    observed = _observed(path, shapes, first)
    drafts = []
    # A log that was cut meanwhile has no values any more.
    for shape in (one for one in first if observed[one].rows):
        request, rows = written(shape, observed[shape])
        share = 100 * max(merged[shape] / requests, SHARE_MIN)
        weight = float(f"{share:.3g}")
        drafts.append(Draft((Step(request),), path.name, rows=rows, weight=weight))
    return drafts, [*_sentences(path, counts, merged), *_kept(path, observed)]


def _observed(path: Path, shapes: Shapes, wanted: list[Shape]) -> Mapping[Shape, Observed]:
    """The values of some endpoints' requests."""
    observed = {shape: Observed() for shape in wanted}
    for method, target in _requests(path, _Counts()):
        shape = shapes.final(method, target)
        if shape in observed:
            observed[shape].add(row_of(shape, target))
    return observed


def _requests(path: Path, counts: _Counts) -> Iterator[tuple[str, Target]]:
    """The requests that can be sent again, without secrets."""
    for line in _lines(path, counts):
        match = _LINE.search(line)
        if match is None:
            counts.left_out[NO_LINE] += bool(line.strip())
            continue
        # Requests are cached, and none may fill the memory.
        is_long = len(match[1]) > 3 * TARGET_LENGTH_MAX
        read = _Read(reason=TARGET) if is_long else _read(match[1], match[2])
        if read.target is None:
            counts.left_out[read.reason] += 1
            if read.example:
                counts.examples.setdefault(read.reason, read.example)
        else:
            if len(counts.dropped) < NAMES_MAX:
                counts.dropped.update(read.dropped)
            yield read.method, read.target


@lru_cache(maxsize=20_000)
def _read(request: bytes, status: bytes) -> _Read:
    match = _REQUEST.fullmatch(_unescaped(request))
    if match is None:
        return _Read(reason=NO_REQUEST)
    method, text = match.groups()
    path = text.partition("?")[0][-TARGET_LENGTH_MAX:]
    reason, example = "", ""
    if method not in {"GET", "HEAD"}:
        reason, example = METHOD, method
    elif status not in _GIVEN:
        reason, example = STATUS, status.decode()
    elif STATIC.search(path):
        reason, example = FILE, _without_values(path)
    elif is_left_out(path):
        reason, example = OTHER, _without_values(path)
    target = None if reason else parsed_target(text)
    if reason or target is None:
        return _Read(reason=reason or TARGET, example=example[:100])
    if secret_segment(target.segments) is not None:
        return _Read(reason=SECRET)
    secret = tuple(name for name, value in target.pairs if is_secret_pair(name, value))
    pairs = tuple(pair for pair in target.pairs if pair[0] not in secret)
    return _Read(method, Target(target.segments, pairs), secret)


def _without_values(path: str) -> str:
    """A path to show; what stands behind /reset, say, may be a secret."""
    return "/".join("*" if is_value(one) else one for one in path.split("/"))


def _unescaped(request: bytes) -> str:
    """A request as it was sent; bytes that no request may have are percent-encoded."""
    text = _ESCAPE.sub(
        lambda match: chr(int(match[1], 16)) if match[1] else match[2], request.decode("latin-1")
    )
    if text.isascii():
        return text
    return quote(text, safe="".join(map(chr, range(128))), encoding="latin-1")


def _lines(path: Path, counts: _Counts) -> Iterator[bytes]:
    """The lines, of which none is longer than a bound.

    Raises:
        ConfigError: the file cannot be read.
    """
    left = BYTES_MAX
    whole = True
    try:
        with _opened(path) as file:
            while line := file.readline(LINE_BYTES_MAX):
                left -= len(line)
                if left < 0:
                    counts.cut = True
                    return
                ends = line.endswith(b"\n") or len(line) < LINE_BYTES_MAX
                # A piece of a line that is too long is no line.
                yield line if whole and ends else b"?" if ends else b""
                whole = ends
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "it is no whole file of gzip"
        raise ConfigError(f"--access-log {path}: cannot be read ({reason}).") from None


def _opened(path: Path) -> BinaryIO | gzip.GzipFile:
    # A pipe could not be read twice.
    if not stat.S_ISREG(path.stat().st_mode):
        raise ConfigError(f"--access-log {path}: is no regular file. Write the log into one first.")
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if compressed else path.open("rb")


def _sentences(path: Path, counts: _Counts, shapes: Counter[Shape]) -> Iterator[str]:
    name = printable(path.name)
    requests = shapes.total()
    yield f"{name}: {requests:,} requests of {len(shapes):,} endpoints were counted."
    if counts.cut:
        yield f"{name}: only the first {BYTES_MAX / 1e9:.0f} GB were read."
    more = sum(number for _, number in shapes.most_common()[ACTIVE_MAX:])
    if more:
        yield (
            f"{name}: {len(shapes) - ACTIVE_MAX:,} rarer endpoints, with {more / requests:.1%} of "
            f"the requests, are left out; {ACTIVE_MAX} scenarios are written at most."
        )
    for reason, number in counts.left_out.most_common():
        if number:
            example = printable(counts.examples.get(reason, ""))
            shown = f", such as {example}" if example else ""
            yield f"{name}: {number:,} left out: {reason}{shown}."
    if counts.dropped:
        names = ", ".join(sorted(printable(one)[:50] for one in counts.dropped)[:NAMES_MAX])
        yield f"{name}: parameters that look secret were dropped: {names}."


def _kept(path: Path, observed: Mapping[Shape, Observed]) -> Iterator[str]:
    cut = [values for values in observed.values() if values.dropped]
    if cut:
        yield (
            f"{printable(path.name)}: {len(cut)} endpoints have very many different values; the "
            "most frequent are kept."
        )
    if any(len(values.rows) > 1 for values in observed.values()):
        yield (
            "The files of rows hold what users have requested. Look through them before you commit "
            "them."
        )
