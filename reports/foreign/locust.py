"""Reads what Locust writes: `--csv` in the columns of all versions, and `--json`."""

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from reports.clean import short
from reports.foreign.numbers import is_number, stated, whole, whole_of_text
from reports.foreign.shapes import (
    MEAN,
    MEDIAN,
    MS,
    P95,
    P99,
    Findings,
    Identity,
    Series,
    UnusableError,
)
from reports.foreign.tables import read_table
from reports.foreign.texts import Content, text_of

_TYPES = ("Type", "Method")
_COUNTS = ("Total Request Count", "Request Count", "# requests")
_FAILURES = ("Total Failure Count", "Failure Count", "# failures")
_OF_THE_TEST = {
    MEDIAN: ("Total Median Response Time", "Median Response Time", "Median response time", "50%"),
    MEAN: ("Total Average Response Time", "Average Response Time", "Average response time"),
}
_TAILS = {P95: ("95%",), P99: ("99%",)}
_HISTORY = ("Timestamp", "User Count", "User count")
_TOTALS = {"Aggregated", "Total", "None Aggregated", "None Total"}
_NO_VALUE = {"", "N/A"}
_ROUNDED = "Locust rounds quantiles to two digits and keeps no single request"


def read_csv(content: Content) -> Findings | None:
    """A series for each endpoint, from statistics, a history or a distribution."""
    columns = content.columns
    history = bool(set(_HISTORY) & set(columns))
    # In a history, the other quantiles are about the last seconds.
    metrics = {
        metric: column
        for metric, names in (_OF_THE_TEST if history else {**_OF_THE_TEST, **_TAILS}).items()
        if (column := _first(columns, names)) and not (history and column == "50%")
    }
    count, failure = _first(columns, _COUNTS), _first(columns, _FAILURES)
    kind = _first(columns, _TYPES)
    if "Name" not in columns or not metrics or not (kind or count):
        return None
    left_out: Counter[str] = Counter()
    used = {"Name", kind, count, failure, *metrics.values()} - {""}
    rows = read_table(content, used, left_out)
    rows["kind"] = rows[kind].replace("None", "") if kind else ""
    if history:
        # A row each second, the last of which is about the whole test.
        rows = rows.drop_duplicates(["kind", "Name"], keep="last")
    series = tuple(
        _row(row, metrics, (count, failure), left_out) for row in rows.to_dict("records")
    )
    return Findings(series, notes=(_ROUNDED,), left_out=left_out, resolution="1 ms")


def _first(columns: tuple[str, ...], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in columns), "")


def _row(
    cells: Mapping[Hashable, str],
    metrics: dict[str, str],
    counts: tuple[str, str],
    left_out: Counter[str],
) -> Series:
    kind, name = cells["kind"], cells["Name"]
    of = short(f"{kind} {name}".strip(), 60)
    count, failed = (
        whole_of_text(cells[column], f"its {column!r} of {of!r}") if column else None
        for column in counts
    )
    values = [(metric, _time(cells[at])) for metric, at in metrics.items()]
    total = not kind and name in _TOTALS
    return Series(
        Identity("Aggregated" if total else name, kind),
        {} if count == 0 else stated(values, MS, left_out),
        count=count,
        failed=failed or 0,
        total=total,
    )


def _time(cell: str) -> float | None:
    """The number in a cell; NaN where it holds none, None where Locust has no value."""
    if cell.strip() in _NO_VALUE:
        return None
    try:
        # Python's own separator of digits is no tool's.
        return math.nan if "_" in cell else float(cell)
    except ValueError:
        return math.nan


def read_json(content: Content) -> Findings | None:
    """A series for each endpoint, from the times that Locust rounded and counted."""
    document = content.document
    if isinstance(document, dict):
        # `Locust.stats` of a custom report.
        document = document.get("stats")
    if not isinstance(document, list) or not all(
        isinstance(one, dict) and "num_requests" in one and "response_times" in one
        for one in document
    ):
        return None
    left_out: Counter[str] = Counter()
    series = tuple(_entry(place, one, left_out) for place, one in enumerate(document))
    return Findings(series, notes=(_ROUNDED,), left_out=left_out, resolution="1 ms")


def _entry(place: int, one: dict[str, Any], left_out: Counter[str]) -> Series:
    times = one["response_times"]
    if not isinstance(times, dict):
        raise UnusableError(f"the 'response_times' of its entry {place + 1:,} are no object")
    count, untimed, failed = (
        whole(one.get(key), f"the {key!r} of its entry {place + 1:,}")
        for key in ("num_requests", "num_none_requests", "num_failures")
    )
    timed = None if count is None else count - (untimed or 0)
    total: Any = one.get("total_response_time")
    mean = [(MEAN, float(total) / timed)] if is_number(total) and timed and timed > 0 else []
    return Series(
        Identity(text_of(one.get("name")), text_of(one.get("method"))),
        stated([*_quantiles(times, place), *mean], MS, left_out)
        if timed is None or timed > 0
        else {},
        count=count,
        failed=failed or 0,
    )


def _quantiles(times: dict[str, Any], place: int) -> list[tuple[str, float]]:
    """The least times that so large a share of the requests does not exceed."""
    of = f"'response_times' of its entry {place + 1:,}"
    counted = sorted(
        (_key(time, of), whole(count, f"a count in the {of}") or 0) for time, count in times.items()
    )
    ends = np.cumsum([count for _, count in counted], dtype=np.float64)
    if not len(ends) or not ends[-1]:
        return []
    return [
        (metric, counted[int(np.searchsorted(ends, q * ends[-1]))][0])
        for metric, q, least in ((MEDIAN, 0.5, 1), (P95, 0.95, 20), (P99, 0.99, 100))
        if ends[-1] >= least
    ]


def _key(time: str, of: str) -> float:
    """A time that stands as a key."""
    number = _time(time)
    if number is None or math.isnan(number):
        raise UnusableError(f"a key in {of} is no number")
    return number
