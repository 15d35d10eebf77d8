"""Reads k6's summaries: `--summary-export`, `handleSummary`, and the form of k6 2.x."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from reports.foreign.numbers import share, stated, unreadable, whole
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
from reports.foreign.texts import Content

DURATIONS = (
    "http_req_duration",
    "grpc_req_duration",
    "browser_http_req_duration",
    "ws_session_duration",
)
WHOLE_ITERATIONS = "iteration_duration"
PAUSES = "iterations include the pauses of the script"
_COLUMNS = (
    (MEDIAN, "med"),
    (MEDIAN, "p(50)"),
    (MEAN, "avg"),
    (P95, "p(95)"),
    (P99, "p(99)"),
    ("latency_s_p999", "p(99.9)"),
)
_FAILED = "http_req_failed"
_RATES = (_FAILED, "checks")
_BUILT_IN = ("http_req", "grpc_", "ws_", "browser_", "iteration", "vus", "data_", "checks")
_MIXED = "a k6 summary covers all endpoints in one number: another mix of requests changes it, too"


def read_summary(content: Content) -> Findings | None:
    """A series for each duration and each of its sub-metrics."""
    metrics = _metrics(content.document)
    if not any(name.startswith(_BUILT_IN) for name in metrics):
        return None
    durations = {
        name: _base(name) for name in metrics if _base(name) in (*DURATIONS, WHOLE_ITERATIONS)
    }
    names = chosen(durations.values())
    if not names:
        raise no_duration()
    left_out: Counter[str] = Counter()
    series = tuple(
        _series(name, metrics, left_out) for name, base in durations.items() if base in names
    )
    notes = [_MIXED] if "http_req_duration" in durations else []
    if WHOLE_ITERATIONS in names:
        notes.append(PAUSES)
    passed, checked = _rate("checks", metrics)
    return Findings(
        series,
        notes=tuple(notes),
        failures=f"{checked - passed:,} of {checked:,} checks failed" if passed < checked else "",
        left_out=left_out,
    )


def chosen(names: Iterable[str]) -> set[str]:
    """The durations to read: those of requests, or of whole iterations where there is none."""
    found = set(names)
    return found & set(DURATIONS) or found & {WHOLE_ITERATIONS}


def no_duration() -> UnusableError:
    """What to say where k6 measured nothing that can be compared."""
    return UnusableError(
        f"it holds none of {', '.join(DURATIONS)}, {WHOLE_ITERATIONS}",
        "Name a file of a test that sends requests.",
    )


def _metrics(document: Any) -> Mapping[str, Mapping[str, Any]]:
    """Values by the metric's name; the forms differ in where they keep both."""
    if not isinstance(document, dict):
        return {}
    results = document.get("results")
    holder = results if isinstance(results, dict) else document
    metrics = holder.get("metrics")
    if isinstance(metrics, list):
        listed = [(one["name"], one) for one in metrics if isinstance(one, dict) and "name" in one]
        metrics = dict(listed)
        if len(metrics) < len(listed):
            raise UnusableError("a metric stands twice in its list")
        checks = holder.get("checks")
        for one in (checks.get("metrics") if isinstance(checks, dict) else None) or ():
            if isinstance(one, dict) and one.get("name") == "checks_succeeded":
                metrics.setdefault("checks", one)
    if not isinstance(metrics, dict):
        return {}
    values = {
        name: one.get("values", one) if isinstance(one, dict) else one
        for name, one in metrics.items()
    }
    for name, one in values.items():
        if _base(name) in _RATES and not isinstance(one, dict | None):
            raise unreadable(one, f"its {name!r}", "object")
    return {name: one for name, one in values.items() if isinstance(one, dict)}


def _base(name: str) -> str:
    return name.partition("{")[0]


def _series(name: str, metrics: Mapping[str, Mapping[str, Any]], left_out: Counter[str]) -> Series:
    numbers = metrics[name]
    measured = whole(numbers.get("count"), f"the 'count' of its {name!r}")
    count, failed = measured or None, 0
    if name.startswith("http_req_"):
        # A sub-metric without failures of its own may hold any of the test's.
        own = f"{_FAILED}{name.removeprefix(_base(name))}"
        failed, requests = _rate(own if metrics.get(own) else _FAILED, metrics)
        count = requests or count
    values = [(ours, numbers.get(theirs)) for ours, theirs in _COLUMNS]
    # k6 writes 0 for a metric that it never measured.
    kept = {} if measured == 0 else stated(values, MS, left_out)
    return Series(Identity(name), kept, count=count, failed=failed)


def _rate(name: str, metrics: Mapping[str, Mapping[str, Any]]) -> tuple[int, int]:
    """How many were counted as true, and of how many.

    The share is the same in all forms; `passes` and `fails` are not: of failed requests, k6 calls
    those "passes" that failed.
    """
    values = metrics.get(name, {})
    total, passes, fails, matches = (
        whole(values.get(key), f"the {key!r} of its {name!r}")
        for key in ("total", "passes", "fails", "matches")
    )
    rate, value = (
        share(values.get(key), f"the {key!r} of its {name!r}") for key in ("rate", "value")
    )
    total = total or (passes or 0) + (fails or 0)
    part = value if rate is None else rate
    if part is None:
        return min((passes if matches is None else matches) or 0, total), total
    # A few are never rounded to none; a share without counts is one of an unknown number.
    fewest, most = (1 if part > 0 else 0), max(total - (1 if part < 1 else 0), 0)
    return max(fewest, min(round(part * total), most)), total
