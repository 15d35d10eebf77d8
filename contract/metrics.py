"""The only list of metrics: what each one is called, where it comes from and how it is judged.

A new metric is one entry here. Everything that depends on a metric, such as how many rounds its
statistic needs, follows from its entry, so that no second table can disagree with this one.

Some metrics carry names that a run brings along: stages of `Server-Timing`, counters of
`Versus-Cost`, marks that a page sets. `stage`, `counter` and `mark` make their entries.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

Design = Literal["paired", "load", "restarts"]
"""How requests are scheduled: low load, load, or servers that start again for each block."""

Kind = Literal["request", "page", "function", "run"]
"""What a metric is about: a request, a page load, one call of a function, or the whole run."""

Unit = Literal["s", "bytes", "count", "per_s"]

MEAN: Literal["mean"] = "mean"
"""The statistic of a metric that is no quantile."""


class Direction(StrEnum):
    """Which change of a metric is a gain."""

    LOWER = "lower is better"
    HIGHER = "higher is better"


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: as configurations, records and exports write it: unit, then qualifier.
        label: for people.
        unit: of its values.
        source: the column of observations that it comes from.
        kind: what it is about.
        statistic: of many values of the source: a quantile, or the mean.
        margin: effects within a factor of 1 + margin count as none, where no configuration says
            otherwise; None: the margin of the typical latency.
        primary_in: the designs whose verdicts rest on it; elsewhere it is advice.
        direction: which change is a gain.
        varies: whether it varies by chance though its unit is none of time.
        optional: whether a round, or a whole run, may do without it.
    """

    name: str
    label: str
    unit: Unit
    source: str
    kind: Kind = "request"
    statistic: float | Literal["mean"] = 0.5
    margin: float | None = None
    primary_in: tuple[Design, ...] = ()
    direction: Direction = Direction.LOWER
    varies: bool = False
    optional: bool = False

    @property
    def is_time(self) -> bool:
        """Whether it is in seconds."""
        return self.unit == "s"

    @property
    def is_estimated(self) -> bool:
        """Whether it is estimated with an interval; what is not is counted exactly."""
        return self.is_time or self.varies

    @property
    def is_mean(self) -> bool:
        """Whether its statistic is the mean."""
        return self.statistic == MEAN

    @property
    def quantile(self) -> float:
        """The quantile of the statistic; for the mean, the median takes its place."""
        return 0.5 if isinstance(self.statistic, str) else self.statistic

    @property
    def rounds_min(self) -> int:
        """The fewest rounds for any number: with fewer, a tail is its slowest request."""
        return 1 if self.quantile <= 0.5 else round(1 / (1 - self.quantile))

    @property
    def by_coins(self) -> bool:
        """Whether all rounds are judged together, by their coins: a tail, or the mean."""
        return self.is_mean or self.quantile > 0.5

    @property
    def rounds_first(self) -> int:
        """The fewest rounds that are looked at: a tail needs 2.4 of each variant beyond it."""
        return 1 if self.quantile <= 0.5 else math.ceil(2.4 * self.rounds_min)

    @property
    def rounds_per_stretch(self) -> int:
        """The fewest rounds with a statistic of their own: ten beyond a tail, 50 for a mean."""
        if self.is_mean:
            return 50
        return 1 if self.quantile <= 0.5 else 10 * self.rounds_min


_LATENCY = Metric("latency_s_p50", "typical latency", "s", "latency_s", margin=0.03)
_TTFB = Metric("ttfb_s_p50", "typical time to first byte", "s", "ttfb_s", margin=0.03)
_FIRST_EVENT = Metric(
    *("first_event_s_p50", "typical time to first event", "s", "first_event_s"),
    margin=0.03,
    optional=True,
)
_LAST_BYTE = replace(
    _FIRST_EVENT,
    name="last_byte_s_p50",
    label="typical time to last byte",
    source="last_byte_s",
)
_PAIRED: Design = "paired"
_LOAD: Design = "load"
_RESTARTS: Design = "restarts"

METRICS: tuple[Metric, ...] = (
    replace(_LATENCY, primary_in=(_PAIRED, _LOAD, _RESTARTS)),
    replace(_LATENCY, name="latency_s_p90", label="p90 latency", statistic=0.90, margin=0.05),
    replace(
        _LATENCY,
        name="latency_s_p95",
        label="p95 latency",
        statistic=0.95,
        margin=0.05,
        primary_in=(_PAIRED, _LOAD, _RESTARTS),
    ),
    replace(_LATENCY, name="latency_s_p99", label="p99 latency", statistic=0.99, margin=0.10),
    replace(_LATENCY, name="latency_s_p999", label="p99.9 latency", statistic=0.999, margin=0.10),
    replace(_LATENCY, name="latency_s_mean", label="mean latency", statistic=MEAN),
    _TTFB,
    replace(
        _TTFB,
        name="ttfb_s_p95",
        label="p95 time to first byte",
        statistic=0.95,
        margin=0.05,
    ),
    _FIRST_EVENT,
    replace(
        _FIRST_EVENT,
        name="first_event_s_p95",
        label="p95 time to first event",
        statistic=0.95,
        margin=0.05,
    ),
    Metric(
        *("events_per_s_p50", "typical events per second", "per_s", "events_per_s"),
        margin=0.03,
        direction=Direction.HIGHER,
        varies=True,
        optional=True,
    ),
    _LAST_BYTE,
    replace(
        _LAST_BYTE,
        name="last_byte_s_p95",
        label="p95 time to last byte",
        statistic=0.95,
        margin=0.05,
    ),
    Metric(
        *("cpu_outside_s", "CPU time of the service", "s", "cpu_outside_s"),
        primary_in=(_PAIRED, _RESTARTS),
        # Only of processes on this machine that are known, and not while one is born or ends.
        optional=True,
    ),
    Metric("wire_bytes", "bytes on the wire", "bytes", "wire_bytes"),
    Metric("body_bytes", "bytes of body", "bytes", "body_bytes"),
    Metric("response_s", "time to the document", "s", "response_s", "page"),
    Metric("load_event_s", "time to the load event", "s", "load_event_s", "page"),
    Metric(
        *("first_contentful_paint_s", "first contentful paint", "s"),
        *("first_contentful_paint_s", "page"),
    ),
    Metric(
        *("largest_contentful_paint_s", "largest contentful paint", "s"),
        *("largest_contentful_paint_s", "page"),
    ),
    Metric("requests", "requests", "count", "requests", "page"),
    Metric("requests_duplicate", "duplicate requests", "count", "requests_duplicate", "page"),
    Metric("received_bytes", "bytes received", "bytes", "received_bytes", "page"),
    Metric("time_s", "time of a call", "s", "time_s", "function", primary_in=(_PAIRED, _RESTARTS)),
    Metric(
        *("capacity_per_s", "capacity", "per_s", "", "run"),
        primary_in=(_LOAD,),
        direction=Direction.HIGHER,
    ),
    Metric(
        *("memory_start_bytes", "memory at the start", "bytes", "rss_bytes", "run"),
        varies=True,
        optional=True,
    ),
    Metric(
        *("memory_peak_bytes", "peak memory", "bytes", "peak_bytes", "run"),
        varies=True,
        optional=True,
    ),
    Metric(
        *("memory_growth_bytes", "memory growth per request", "bytes", "rss_bytes", "run"),
        statistic=MEAN,
        varies=True,
        optional=True,
    ),
    Metric(
        *("descriptors_growth", "growth of descriptors per request", "count", "descriptors", "run"),
        statistic=MEAN,
        varies=True,
        optional=True,
    ),
    Metric("bodies", "rounds with another answer", "count", "body_hash", "run"),
)

# Counters of the reference service whose names do not say enough; `counter` makes the entries.
_COUNTER_LABELS = {
    "cpu_s": "CPU time in the service",
    "db_bytes": "bytes from the database",
    "db_rows": "rows from the database",
    "db_requests": "requests to the database",
    "urls_signed": "URLs signed",
    "signing_threads_peak": "signing threads, peak",
    "urls_cached": "URLs from the cache",
}

# A quantile of latency that only other tools report, such as latency_s_p97_5.
_QUANTILE = re.compile(r"latency_s_p(\d{1,2}(?:_\d+)?)")

_BY_NAME = {one.name: one for one in METRICS}

TYPICAL = "latency_s_p50"
TAIL = "latency_s_p95"
CPU = "cpu_outside_s"
FIRST_EVENT = "first_event_s_p50"
CALL_TIME = "time_s"
CAPACITY = "capacity_per_s"
BODIES = "bodies"
MEMORY_START, MEMORY_PEAK, MEMORY_GROWTH = (
    *("memory_start_bytes", "memory_peak_bytes", "memory_growth_bytes"),
)
DESCRIPTORS_GROWTH = "descriptors_growth"
GROWTHS = (MEMORY_GROWTH, DESCRIPTORS_GROWTH)
"""Slopes of what processes hold, so their changes are differences and no ratios."""
OF_PROCESSES = frozenset({MEMORY_START, MEMORY_PEAK, *GROWTHS})
"""Of a service's processes, whatever is sent to it: memory and open descriptors."""

OF_STREAMS: tuple[str, ...] = tuple(
    one.name for one in METRICS if one.source in {"first_event_s", "events_per_s", "last_byte_s"}
)
"""Of answers whose events are timed."""

MORE_IS_BETTER = frozenset(one.name for one in METRICS if one.direction is Direction.HIGHER)
"""What a budget limits from below."""

OF_THE_RUN = OF_PROCESSES | {CAPACITY}
"""What a budget limits without naming a scenario."""

LATENCIES: tuple[str, ...] = tuple(one.name for one in METRICS if one.source == "latency_s")
"""The names of all metrics of latency."""

MARGINS: dict[str, float] = {one.name: one.margin for one in METRICS if one.margin is not None}
"""The margins that a configuration may set, and their defaults."""

PAGE_TIMES: tuple[str, ...] = tuple(
    one.name for one in METRICS if one.kind == "page" and one.is_time
)
"""What a browser times in every page, in seconds since navigation began; marks come beside it.

`response_s` is when the document's last byte had come, `load_event_s` when its load event began.
"""

PAGE_COUNTS: tuple[str, ...] = tuple(
    one.name for one in METRICS if one.kind == "page" and not one.is_time
)
"""What is counted in every load: requests to any server, those among them whose method and address
were requested before, and bytes received, heads included."""


def stage_column(stage: str) -> str:
    """The column, and the metric, of a stage's seconds."""
    return f"stage_{stage}_s"


def counter_column(name: str) -> str:
    """The column of a counter; its metric is named as the counter is."""
    return f"counter_{name}"


def stage(name: str) -> Metric:
    """The metric of one stage of `Server-Timing`."""
    column = stage_column(name)
    return Metric(column, f"{name} stage", "s", column)


def counter(name: str) -> Metric:
    """The metric of one counter of `Versus-Cost`; its name's ending states its unit."""
    label = _COUNTER_LABELS.get(name, _label(name))
    return Metric(name, label, _unit(name), counter_column(name))


def mark(name: str) -> Metric:
    """The metric of one mark that a page sets: `data-shown` is `data_shown_s`."""
    metric = f"{name.replace('-', '_')}_s"
    return Metric(metric, _label(metric), "s", metric, "page")


def find(name: str) -> Metric:
    """The entry of any metric's name; one that is not listed is what its name says."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if quantile := _QUANTILE.fullmatch(name):
        shown = quantile[1].replace("_", ".")
        return replace(_LATENCY, name=name, label=f"p{shown} latency", statistic=float(shown) / 100)
    if name.startswith("stage_"):
        return stage(name.removeprefix("stage_").removesuffix("_s"))
    return counter(name)


def _unit(name: str) -> Unit:
    if name.endswith("_bytes"):
        return "bytes"
    return "s" if name.endswith("_s") else "count"


def _label(name: str) -> str:
    return name.removesuffix("_s").replace("_", " ")


def request_metrics(
    columns: Iterable[str], stages: Sequence[str], counters: Sequence[str]
) -> tuple[Metric, ...]:
    """Every metric of a run's requests, in the order in which people are shown them.

    Args:
        columns: of the run's observations; older runs lack some.
        stages: of the run.
        counters: of the run.
    """
    known = set(columns)
    fixed = [one for one in METRICS if one.kind == "request" and one.source in known]
    return (*fixed, *map(stage, stages), *map(counter, counters))


def page_metrics(marks: Sequence[str]) -> tuple[Metric, ...]:
    """Every metric of a page that sets these marks; the first is when it shows what it is for."""
    return (*map(mark, marks), *(one for one in METRICS if one.kind == "page"))
