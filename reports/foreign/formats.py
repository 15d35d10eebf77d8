"""Reads what other tools wrote.

| tool | file |
|---|---|
| pytest-benchmark | `--benchmark-json`, or what `--benchmark-autosave` keeps |
| k6 | `--summary-export` or `handleSummary` JSON; `--out csv` |
| Locust | `_stats_history.csv`, best with `--csv-full-history`; `_stats.csv` |
| hyperfine | `--export-json` |
| autocannon | `--json` |
"""

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contract.errors import ReportError
from reports.statistics.values import FloatArray

MEDIAN, MEAN, P95, P99 = "latency_s_p50", "latency_s_mean", "latency_s_p95", "latency_s_p99"
_MS = 1e-3


@dataclass(frozen=True)
class Series:
    """What one file says of one benchmark, command or endpoint.

    Attributes:
        values_s: by metric, as the tool reckoned them or, where it kept them, from its raw times.
        times_s: raw times in order, (n,); empty where the tool kept none.
    """

    name: str
    values_s: Mapping[str, float]
    times_s: FloatArray


@dataclass(frozen=True)
class Foreign:
    """One file of another tool.

    Attributes:
        measured: when and where, as far as the file tells; empty for nothing.
        notes: what its numbers are not, one sentence each.
    """

    tool: str
    path: Path
    measured: str
    series: tuple[Series, ...]
    notes: tuple[str, ...] = ()


class _NotThis(Exception):  # noqa: N818 - no error, a file for somebody else
    """Another tool wrote the file."""


def read_foreign(path: Path) -> Foreign:
    """Read a file, whichever tool wrote it.

    Raises:
        ReportError: no tool that is known wrote it, or it holds no time.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path}: cannot be read as text ({error}). Name another file.") from None
    for read in _READERS:
        try:
            found = read(path, text)
        except _NotThis:
            continue
        except (KeyError, TypeError, ValueError, AttributeError, csv.Error) as error:
            raise ReportError(
                f"{path}: looks like {_TOOLS[read]}'s, but {_why(error)}. Export it again."
            ) from None
        kept = tuple(one for one in found.series if one.values_s)
        if not kept:
            raise ReportError(f"{path}: {found.tool} wrote it, but it holds no time.")
        return Foreign(found.tool, path, found.measured, kept, found.notes)
    raise ReportError(
        f"{path}: not a run's folder, nor a file of {', '.join(_TOOLS.values())}. "
        "docs/compare.md lists what can be read."
    )


def _why(error: Exception) -> str:
    return f"lacks {error}" if isinstance(error, KeyError) else f"holds something else: {error}"


def _object(text: str) -> Mapping[str, Any]:
    """The JSON object in a text."""
    if not text.lstrip().startswith("{"):
        raise _NotThis
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        raise _NotThis from None
    assert isinstance(found, dict)
    return found


def _positive(values: Iterable[tuple[str, Any]], factor: float) -> dict[str, float]:
    """Times in seconds; what is no time is left out."""
    return {
        metric: float(value) * factor
        for metric, value in values
        if isinstance(value, int | float) and math.isfinite(value) and value > 0
    }


def _of_times(name: str, times_s: FloatArray) -> Series:
    """A series from raw times; only quantiles that their number carries."""
    kept = times_s[np.isfinite(times_s) & (times_s > 0)]
    if not len(kept):
        return Series(name, {}, kept)
    values = {MEDIAN: float(np.median(kept)), MEAN: float(np.mean(kept))}
    for metric, q, least in ((P95, 0.95, 20), (P99, 0.99, 100)):
        if len(kept) >= least:
            values[metric] = float(np.quantile(kept, q))
    return Series(name, values, kept)


def _pytest_benchmark(path: Path, text: str) -> Foreign:
    found = _object(text)
    if "benchmarks" not in found or "machine_info" not in found:
        raise _NotThis
    machine = found["machine_info"]
    cpu = machine.get("cpu", {}).get("brand_raw", "") or machine.get("node", "")
    return Foreign(
        "pytest-benchmark",
        path,
        ", ".join(part for part in (str(found.get("datetime", "")), str(cpu)) if part),
        tuple(_benchmark(one) for one in found["benchmarks"]),
    )


def _benchmark(one: Mapping[str, Any]) -> Series:
    stats = one["stats"]
    name = str(one.get("fullname") or one["name"])
    if stats.get("data"):
        return _of_times(name, np.array(stats["data"], dtype=np.float64))
    values = _positive([(MEDIAN, stats["median"]), (MEAN, stats["mean"])], 1.0)
    return Series(name, values, np.array([]))


def _hyperfine(path: Path, text: str) -> Foreign:
    found = _object(text)
    results = found.get("results")
    if not isinstance(results, list) or not all("command" in one for one in results):
        raise _NotThis
    return Foreign("hyperfine", path, "", tuple(map(_command, results)))


def _command(one: Mapping[str, Any]) -> Series:
    if one.get("times"):
        return _of_times(str(one["command"]), np.array(one["times"], dtype=np.float64))
    values = _positive([(MEDIAN, one["median"]), (MEAN, one["mean"])], 1.0)
    return Series(str(one["command"]), values, np.array([]))


def _autocannon(path: Path, text: str) -> Foreign:
    found = _object(text)
    if not {"latency", "requests", "throughput"} <= set(found):
        raise _NotThis
    latency = found["latency"]
    told = [(MEDIAN, "p50"), (MEAN, "average"), ("latency_s_p97_5", "p97_5"), (P99, "p99")]
    values = _positive([(metric, latency.get(key)) for metric, key in told], _MS)
    name = str(found.get("title") or found.get("url") or "requests")
    wrong = sum(int(found.get(key) or 0) for key in ("errors", "timeouts", "non2xx"))
    notes = ["autocannon keeps whole milliseconds and no single request"]
    if wrong:
        notes.append(f"{wrong:,} requests failed or were not answered with 2xx")
    series = Series(name, values, np.array([]))
    return Foreign("autocannon", path, str(found.get("start", "")), (series,), tuple(notes))


def _k6_summary(path: Path, text: str) -> Foreign:
    metrics = _object(text).get("metrics")
    if not isinstance(metrics, dict) or not any(name.startswith("http_req_") for name in metrics):
        raise _NotThis
    told = [(MEDIAN, "med"), (MEAN, "avg"), (P95, "p(95)"), (P99, "p(99)")]
    series = []
    for name, metric in metrics.items():
        if name.partition("{")[0] == "http_req_duration":
            # handleSummary keeps the numbers one level deeper.
            numbers = metric.get("values", metric)
            values = _positive([(ours, numbers.get(theirs)) for ours, theirs in told], _MS)
            series.append(Series(name, values, np.array([])))
    return Foreign("k6", path, "", tuple(series))


def _k6_points(path: Path, text: str) -> Foreign:
    rows = _table(text, {"metric_name", "timestamp", "metric_value"})
    times: dict[str, list[float]] = {}
    for row in rows:
        if row["metric_name"] == "http_req_duration":
            times.setdefault(row.get("name") or "requests", []).append(float(row["metric_value"]))
    series = (_of_times(name, np.array(one) * _MS) for name, one in times.items())
    return Foreign("k6", path, "", tuple(series))


def _locust_history(path: Path, text: str) -> Foreign:
    rows = _table(text, {"Timestamp", "User Count", "Name", "Total Median Response Time"})
    last = {(row["Type"], row["Name"]): row for row in rows}
    if len(last) > 1:
        # The sum of all that is listed by itself.
        last.pop(("", "Aggregated"), None)
    told = [(MEDIAN, "Total Median Response Time"), (MEAN, "Total Average Response Time")]
    return _locust(path, last, told)


def _locust_stats(path: Path, text: str) -> Foreign:
    rows = _table(text, {"Type", "Name", "Median Response Time", "Average Response Time"})
    last = {(row["Type"], row["Name"]): row for row in rows}
    if len(last) > 1:
        last.pop(("", "Aggregated"), None)
    told = [
        *((MEDIAN, "Median Response Time"), (MEAN, "Average Response Time")),
        *((P95, "95%"), (P99, "99%")),
    ]
    return _locust(path, last, told)


def _locust(
    path: Path,
    rows: Mapping[tuple[str, str], Mapping[str, str]],
    told: Iterable[tuple[str, str]],
) -> Foreign:
    told = list(told)
    series = tuple(
        Series(
            " ".join(part for part in key if part),
            _positive([(ours, _number(row.get(theirs))) for ours, theirs in told], _MS),
            np.array([]),
        )
        for key, row in rows.items()
    )
    note = "Locust rounds quantiles to two digits, and keeps no single request"
    return Foreign("Locust", path, "", series, (note,))


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _table(text: str, columns: set[str]) -> Iterator[Mapping[str, str]]:
    """The rows of a CSV that has these columns."""
    reader = csv.DictReader(text.splitlines())
    if not columns <= set(reader.fieldnames or ()):
        raise _NotThis
    return iter(reader)


_TOOLS: Mapping[Callable[[Path, str], Foreign], str] = {
    _pytest_benchmark: "pytest-benchmark",
    _hyperfine: "hyperfine",
    _autocannon: "autocannon",
    _k6_summary: "k6",
    _k6_points: "k6",
    _locust_history: "Locust",
    _locust_stats: "Locust",
}
_READERS = tuple(_TOOLS)
