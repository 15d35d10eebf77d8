"""Endpoints from the targets of real requests: what is an id in a path becomes a row's value."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from contract.secrecy import is_secret
from loadtests.discovery.drafts import Table, column_names

ROWS_MAX = 10_000
SIBLINGS_MAX = 100
"""Different names beside each other in a path; more are taken for values."""

PREFIXES_MAX = 5_000
TARGET_LENGTH_MAX = 1_000
SEGMENTS_MAX = 16
PAIRS_MAX = 10

GAP = "\0"
"""Instead of a value, in the shape of a path."""

_VALUE = re.compile(
    r"""\d+
    | \d{4}-\d\d-\d\d
    | [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}
    | (?=[a-f]*\d)[0-9a-f]{8,}
    | (?=[a-z]*\d)(?=\d*[a-z])[0-9a-z]{16,}            # of base 32, 36 or 62
    | (?-i:(?=.*\d)(?=.*[A-Z])(?=.*[a-z])[\w=-]{20,})  # of base 64
    | [a-z]{1,12}[_-]?\d{3,}                           # order-1001
    | (?=.{24})[^\W_]+(?:-[^\W_]+){3,}                 # a title's words""",
    re.IGNORECASE | re.VERBOSE,
)
_FILE_END = re.compile(r"\.[a-z]{2,5}", re.IGNORECASE)
_WEB_TOKEN = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.")
_SIGNATURE = re.compile(r"sign?|otp|nonce|ticket|[\w-]*(?:signature|hmac|jwt)[\w-]*", re.IGNORECASE)
STATIC = re.compile(
    r"\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|bmp|woff2?|ttf|otf|eot|mp[34]|webm|ogg"
    r"|wasm|webmanifest|zip|gz|pdf)$",
    re.IGNORECASE,
)
_SEGMENT_SAFE = "-._~!&'()*+,;=:@"


@dataclass(frozen=True)
class Target:
    """What a request's target is made of, decoded.

    Attributes:
        segments: of the path, without the first slash.
        pairs: of the query, by name.
    """

    segments: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Shape:
    """An endpoint: requests that differ in values alone.

    Attributes:
        segments: GAP where a value is.
        names: of the query.
    """

    method: str
    segments: tuple[str, ...]
    names: tuple[str, ...]


@dataclass
class Observed:
    """Which values an endpoint was requested with, and how often; the most frequent are kept."""

    rows: Counter[tuple[str, ...]] = field(default_factory=Counter)
    dropped: bool = False

    def add(self, row: tuple[str, ...]) -> None:
        """Count a row."""
        self.rows[row] += 1
        if len(self.rows) > 2 * ROWS_MAX:
            self.rows = Counter(dict(self.rows.most_common(ROWS_MAX)))
            self.dropped = True


def parsed_target(target: str) -> Target | None:
    """The parts of a target, also of an absolute one; None if it cannot be sent again."""
    is_absolute = target.startswith(("http://", "https://"))
    if len(target) > TARGET_LENGTH_MAX or not (is_absolute or target.startswith("/")):
        return None
    try:
        path, query = _path_and_query(target)
        texts = path[1:].split("/")
        # Most have nothing to decode.
        segments = tuple(unquote(one, errors="strict") if "%" in one else one for one in texts)
        pairs = (
            parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=PAIRS_MAX)
            if query
            else []
        )
    except ValueError:
        return None
    usable = not path.startswith("//") and len(segments) <= SEGMENTS_MAX
    if not usable or not "".join([*segments, *map("".join, pairs)]).isprintable():
        return None
    return Target(segments, tuple(sorted(pairs, key=lambda pair: pair[0])))


def _path_and_query(target: str) -> tuple[str, str]:
    """Both parts of a target, without a host and what follows a #.

    Raises:
        ValueError: it is no address.
    """
    if target.startswith("/"):
        path, _, query = target.partition("#")[0].partition("?")
        return path, query
    parts = urlsplit(target)
    return parts.path or "/", parts.query


def is_value(segment: str) -> bool:
    """Whether a part of a path looks like an id, a date or a title."""
    return _VALUE.fullmatch(_FILE_END.sub("", segment)) is not None


def is_secret_pair(name: str, value: str) -> bool:
    """Whether a value of a query must not be copied."""
    return (
        is_secret(name, value)
        or _SIGNATURE.fullmatch(name) is not None
        or _WEB_TOKEN.search(value) is not None
    )


def secret_segment(segments: Sequence[str]) -> int | None:
    """The place of a part of a path that must not be copied, such as a token after /reset-token."""
    for place, (before, segment) in enumerate(zip(("", *segments), segments, strict=False)):
        is_random = is_value(segment) and not segment.isdigit()
        if _WEB_TOKEN.search(segment) or (is_random and is_secret(before, segment)):
            return place
    return None


class Shapes:
    """Finds the endpoints of targets, in bounded memory."""

    def __init__(self) -> None:
        """Know no path yet."""
        self._names: dict[tuple[str, ...], set[str]] = {}
        self._many: set[tuple[str, ...]] = set()

    def of(self, method: str, target: Target) -> Shape | None:
        """The endpoint of a request; None if there are too many different paths already."""
        prefix: tuple[str, ...] = ()
        for segment in target.segments:
            part = segment
            names = self._names.get(prefix)
            if names is not None and segment in names:
                pass
            elif prefix in self._many or is_value(segment):
                part = GAP
            elif not self._known(prefix, segment):
                return None
            elif prefix in self._many:
                part = GAP
            prefix = (*prefix, part)
        return Shape(method, prefix, tuple(name for name, _ in target.pairs))

    def again(self, shape: Shape) -> Shape:
        """A shape as it is after all that was seen since."""
        return Shape(shape.method, self._settled(shape.segments), shape.names)

    def final(self, method: str, target: Target) -> Shape:
        """The endpoint of a request, after all requests were seen."""
        return Shape(
            method, self._settled(target.segments), tuple(name for name, _ in target.pairs)
        )

    def _settled(self, segments: Sequence[str]) -> tuple[str, ...]:
        prefix: tuple[str, ...] = ()
        for part in segments:
            is_gap = part == GAP or prefix in self._many
            is_gap = is_gap or (part not in self._names.get(prefix, ()) and is_value(part))
            prefix = (*prefix, GAP if is_gap else part)
        return prefix

    def _known(self, prefix: tuple[str, ...], segment: str) -> bool:
        names = self._names.get(prefix)
        if names is None:
            if len(self._names) >= PREFIXES_MAX:
                return False
            names = self._names[prefix] = set()
        names.add(segment)
        if len(names) > SIBLINGS_MAX:
            self._many.add(prefix)
            del self._names[prefix]
        return True


def literal(target: Target) -> str:
    """Path and query as they are sent, without gaps."""
    path = "".join(f"/{quote(one, safe=_SEGMENT_SAFE)}" for one in target.segments)
    pairs = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in target.pairs]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def row_of(shape: Shape, target: Target) -> tuple[str, ...]:
    """The values of a request of an endpoint: of the path, then of the query."""
    of_path = (
        value for part, value in zip(shape.segments, target.segments, strict=True) if part == GAP
    )
    return (*of_path, *(value for _, value in target.pairs))


def written(shape: Shape, observed: Observed) -> tuple[str, Table | None]:
    """The request of an endpoint, and its rows, the most frequent first.

    What is the same in all rows stands in the request; None if that is so of every value.
    """
    rows = [row for row, _ in observed.rows.most_common(ROWS_MAX)]
    places = range(len(rows[0]))
    varying = [place for place in places if any(row[place] != rows[0][place] for row in rows)]
    names = _value_names(shape)
    columns = dict(zip(varying, column_names([names[place] for place in varying]), strict=True))
    path, place = "", 0
    for part in shape.segments:
        text = part
        if part == GAP:
            text, place = rows[0][place], place + 1
            if place - 1 in columns:
                path += f"/{{row.{columns[place - 1]}}}"
                continue
        path += f"/{quote(text, safe=_SEGMENT_SAFE)}"
    pairs = []
    for name in shape.names:
        value = f"{{row.{columns[place]}}}" if place in columns else quote(rows[0][place], safe="")
        pairs.append(f"{quote(name, safe='')}={value}")
        place += 1
    query = f"?{'&'.join(pairs)}" if pairs else ""
    if not varying:
        return f"{shape.method} {path}{query}", None
    values = dict.fromkeys(tuple(row[place] for place in varying) for row in rows)
    return f"{shape.method} {path}{query}", Table(tuple(columns.values()), tuple(values))


def _value_names(shape: Shape) -> list[str]:
    """What the values of an endpoint are: ids of what stands before them, and the query's names."""
    gaps = [
        "".join(before for before in shape.segments[place - 1 : place] if before != GAP)
        for place, part in enumerate(shape.segments)
        if part == GAP
    ]
    ids = ["id"] if len(gaps) == 1 else [f"{before or 'path'}_id" for before in gaps]
    return [*ids, *shape.names]
