"""Reads what Locust writes: `--csv` in the columns of all versions, and `--json`."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from reports.foreign.numbers import is_number, stated, whole
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
    numbers = rows[[*metrics.values(), *filter(None, (count, failure))]].apply(
        pd.to_numeric, errors="coerce"
    )
    series = tuple(
        _row(names, dict(zip(numbers, row, strict=True)), metrics, (count, failure), left_out)
        for *names, row in zip(
            rows["kind"].tolist(), rows["Name"].tolist(), numbers.to_numpy().tolist(), strict=True
        )
    )
    return Findings(series, notes=(_ROUNDED,), left_out=left_out, resolution="1 ms")


def _first(columns: tuple[str, ...], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in columns), "")


def _row(
    names: list[str],
    numbers: dict[str, float],
    metrics: dict[str, str],
    counts: tuple[str, str],
    left_out: Counter[str],
) -> Series:
    kind, name = names
    count, failed = (whole(numbers[column]) if column else None for column in counts)
    # NaN is what Locust calls N/A.
    values = [
        (metric, None if np.isnan(numbers[at]) else numbers[at]) for metric, at in metrics.items()
    ]
    total = not kind and name in _TOTALS
    return Series(
        Identity("Aggregated" if total else name, kind),
        {} if count == 0 else stated(values, MS, left_out),
        count=count,
        failed=failed or 0,
        total=total,
    )


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
    count = whole(one["num_requests"])
    timed = count - whole(one.get("num_none_requests"))
    total: Any = one.get("total_response_time")
    mean = [(MEAN, float(total) / timed)] if is_number(total) and timed > 0 else []
    return Series(
        Identity(text_of(one.get("name")), text_of(one.get("method"))),
        stated([*_quantiles(times, place), *mean], MS, left_out) if timed > 0 else {},
        count=count,
        failed=whole(one.get("num_failures")),
    )


def _quantiles(times: dict[str, Any], place: int) -> list[tuple[str, float]]:
    """The least times that so large a share of the requests does not exceed."""
    try:
        counted = sorted((float(time), whole(count)) for time, count in times.items())
    except ValueError:
        raise UnusableError(
            f"a key in 'response_times' of its entry {place + 1:,} is no number"
        ) from None
    ends = np.cumsum([count for _, count in counted], dtype=np.float64)
    if not len(ends) or not ends[-1]:
        return []
    return [
        (metric, counted[int(np.searchsorted(ends, q * ends[-1]))][0])
        for metric, q, least in ((MEDIAN, 0.5, 1), (P95, 0.95, 20), (P99, 0.99, 100))
        if ends[-1] >= least
    ]
