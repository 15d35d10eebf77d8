"""Reads the results of other tools.

| tool | file |
|---|---|
| pytest-benchmark | `--benchmark-json`, or what `--benchmark-autosave` keeps |
| k6 | `--summary-export` or `handleSummary` JSON; `--out csv` |
| Locust | `_stats_history.csv`, best with `--csv-full-history`; `_stats.csv` |
| hyperfine | `--export-json` |
| autocannon | `--json` |
"""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contract.errors import ReportError
from reports.statistics.values import FloatArray

MEDIAN, MEAN, P95, P99 = "latency_s_p50", "latency_s_mean", "latency_s_p95", "latency_s_p99"
_MS = 1e-3


@dataclass(frozen=True)
class Series:
    """The times of one benchmark, command or endpoint.

    Attributes:
        values_s: by metric; from raw times where the file has them, else as the tool computed.
        times_s: raw times in order, (n,), in seconds; empty where the file has none.
    """

    name: str
    values_s: Mapping[str, float]
    times_s: FloatArray = field(default_factory=lambda: np.array([]))


@dataclass(frozen=True)
class Foreign:
    """One file of another tool.

    Attributes:
        measured: when and where, as far as the file says; may be empty.
        notes: limits of its numbers, one sentence each.
    """

    tool: str
    path: Path
    measured: str
    series: tuple[Series, ...]
    notes: tuple[str, ...] = ()


class _OtherToolError(Exception):
    """Another tool wrote the file."""


def read_foreign(path: Path) -> Foreign:
    """Read a file of any of these tools.

    Raises:
        ReportError: none of these tools wrote it, or it holds no time.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path}: cannot be read as text ({error}). Name another file.") from None
    for read in _READERS:
        try:
            file = read(path, text)
        except _OtherToolError:
            continue
        except (KeyError, TypeError, ValueError, AttributeError, csv.Error) as error:
            raise ReportError(
                f"{path}: looks like {_TOOLS[read]}'s, but {_why(error)}. Export it again."
            ) from None
        kept = tuple(one for one in file.series if one.values_s)
        if not kept:
            raise ReportError(f"{path}: {file.tool} wrote it, but it holds no time.")
        return Foreign(file.tool, path, file.measured, kept, file.notes)
    raise ReportError(
        f"{path}: not a run's folder, nor a file of {', '.join(_TOOLS.values())}. "
        "docs/compare.md lists what can be read."
    )


def _why(error: Exception) -> str:
    return f"lacks {error}" if isinstance(error, KeyError) else f"holds something else: {error}"


def _object(text: str) -> Mapping[str, Any]:
    """The JSON object in a text."""
    if not text.lstrip().startswith("{"):
        raise _OtherToolError
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        raise _OtherToolError from None
    assert isinstance(content, dict)
    return content


def _positive(values: Iterable[tuple[str, Any]], factor: float) -> dict[str, float]:
    """Times in seconds; values that are not positive numbers are left out."""
    return {
        metric: float(value) * factor
        for metric, value in values
        if isinstance(value, int | float) and math.isfinite(value) and value > 0
    }


def _of_times(name: str, times_s: FloatArray) -> Series:
    """A series from raw times, with the quantiles that their number supports."""
    kept = times_s[np.isfinite(times_s) & (times_s > 0)]
    if not len(kept):
        return Series(name, {}, kept)
    values = {MEDIAN: float(np.median(kept)), MEAN: float(np.mean(kept))}
    for metric, q, least in ((P95, 0.95, 20), (P99, 0.99, 100)):
        if len(kept) >= least:
            values[metric] = float(np.quantile(kept, q))
    return Series(name, values, kept)


def _pytest_benchmark(path: Path, text: str) -> Foreign:
    content = _object(text)
    if "benchmarks" not in content or "machine_info" not in content:
        raise _OtherToolError
    machine = content["machine_info"]
    cpu = machine.get("cpu", {}).get("brand_raw", "") or machine.get("node", "")
    return Foreign(
        "pytest-benchmark",
        path,
        ", ".join(part for part in (str(content.get("datetime", "")), str(cpu)) if part),
        tuple(_benchmark(one) for one in content["benchmarks"]),
    )


def _benchmark(one: Mapping[str, Any]) -> Series:
    stats = one["stats"]
    name = str(one.get("fullname") or one["name"])
    if stats.get("data"):
        return _of_times(name, np.array(stats["data"], dtype=np.float64))
    values = _positive([(MEDIAN, stats["median"]), (MEAN, stats["mean"])], 1.0)
    return Series(name, values)


def _hyperfine(path: Path, text: str) -> Foreign:
    content = _object(text)
    results = content.get("results")
    if not isinstance(results, list) or not all("command" in one for one in results):
        raise _OtherToolError
    return Foreign("hyperfine", path, "", tuple(map(_command, results)))


def _command(one: Mapping[str, Any]) -> Series:
    if one.get("times"):
        return _of_times(str(one["command"]), np.array(one["times"], dtype=np.float64))
    values = _positive([(MEDIAN, one["median"]), (MEAN, one["mean"])], 1.0)
    return Series(str(one["command"]), values)


def _autocannon(path: Path, text: str) -> Foreign:
    content = _object(text)
    if not {"latency", "requests", "throughput"} <= set(content):
        raise _OtherToolError
    latency = content["latency"]
    columns = [(MEDIAN, "p50"), (MEAN, "average"), ("latency_s_p97_5", "p97_5"), (P99, "p99")]
    values = _positive([(metric, latency.get(key)) for metric, key in columns], _MS)
    name = str(content.get("title") or content.get("url") or "requests")
    wrong = sum(int(content.get(key) or 0) for key in ("errors", "timeouts", "non2xx"))
    notes = ["autocannon keeps whole milliseconds and no single request"]
    if wrong:
        notes.append(f"{wrong:,} requests failed or were not answered with 2xx")
    series = Series(name, values)
    return Foreign("autocannon", path, str(content.get("start", "")), (series,), tuple(notes))


def _k6_summary(path: Path, text: str) -> Foreign:
    metrics = _object(text).get("metrics")
    if not isinstance(metrics, dict) or not any(name.startswith("http_req_") for name in metrics):
        raise _OtherToolError
    columns = [(MEDIAN, "med"), (MEAN, "avg"), (P95, "p(95)"), (P99, "p(99)")]
    series = []
    for name, metric in metrics.items():
        if name.partition("{")[0] == "http_req_duration":
            # handleSummary keeps the numbers one level deeper.
            numbers = metric.get("values", metric)
            values = _positive([(ours, numbers.get(theirs)) for ours, theirs in columns], _MS)
            series.append(Series(name, values))
    return Foreign("k6", path, "", tuple(series))


def _k6_points(path: Path, text: str) -> Foreign:
    points = _table(text, {"metric_name", "timestamp", "metric_value"})
    durations = points[points["metric_name"] == "http_req_duration"]
    names = durations["name"] if "name" in durations else pd.Series("", index=durations.index)
    times_s = pd.to_numeric(durations["metric_value"]) * _MS
    series = (
        _of_times(str(name) or "requests", times.to_numpy())
        for name, times in times_s.groupby(names, sort=False)
    )
    return Foreign("k6", path, "", tuple(series))


def _locust(path: Path, text: str) -> Foreign:
    rows = _table(text, {"Type", "Name"})
    metrics = next((one for one in _LOCUST_COLUMNS if set(one.values()) <= set(rows)), None)
    if metrics is None:
        raise _OtherToolError
    # A history has many rows of each endpoint, the last of which is about the whole test.
    rows = rows.drop_duplicates(["Type", "Name"], keep="last")
    if len(rows) > 1:
        # The sum of the other rows.
        rows = rows[(rows["Type"] != "") | (rows["Name"] != "Aggregated")]
    values = rows[list(metrics.values())].apply(pd.to_numeric, errors="coerce")
    series = tuple(
        Series(" ".join(filter(None, names)), _positive(zip(metrics, row, strict=True), _MS))
        for names, row in zip(
            rows[["Type", "Name"]].itertuples(index=False),
            values.itertuples(index=False),
            strict=True,
        )
    )
    note = "Locust rounds quantiles to two digits and keeps no single request"
    return Foreign("Locust", path, "", series, (note,))


_LOCUST_COLUMNS = (
    {MEDIAN: "Total Median Response Time", MEAN: "Total Average Response Time"},
    {MEDIAN: "Median Response Time", MEAN: "Average Response Time", P95: "95%", P99: "99%"},
)
"""Of a history, and of the statistics at the end."""


def _table(text: str, columns: set[str]) -> pd.DataFrame:
    """A CSV that has these columns, all cells as text."""
    if not columns <= set(next(csv.reader(text.splitlines()), ())):
        raise _OtherToolError
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


_TOOLS: Mapping[Callable[[Path, str], Foreign], str] = {
    _pytest_benchmark: "pytest-benchmark",
    _hyperfine: "hyperfine",
    _autocannon: "autocannon",
    _k6_summary: "k6",
    _k6_points: "k6",
    _locust: "Locust",
}
_READERS = tuple(_TOOLS)
