"""The list of metrics agrees with itself."""

import pytest

from contract.metrics import (
    LATENCIES,
    MARGINS,
    METRICS,
    MORE_IS_BETTER,
    OF_STREAMS,
    PAGE_COUNTS,
    PAGE_TIMES,
    Metric,
    find,
    mark,
    page_metrics,
    request_metrics,
)


def test_every_metric_has_a_name_of_its_own() -> None:
    """No two entries share a name or a label, so that no result has two meanings."""
    assert len(METRICS) == len({one.name for one in METRICS}) == len({one.label for one in METRICS})


@pytest.mark.parametrize("metric", [one for one in METRICS if one.kind == "request"])
def test_a_stretch_holds_ten_requests_beyond_its_quantile(metric: Metric) -> None:
    """A quantile's stretch has rounds enough for that quantile, whatever is added to the list."""
    beyond = metric.rounds_per_stretch * (1 - metric.quantile)

    assert metric.quantile == 0.5 or round(beyond, 9) == 10
    assert metric.rounds_min <= metric.rounds_per_stretch
    assert metric.rounds_min <= metric.rounds_first <= metric.rounds_per_stretch
    assert metric.by_coins is (metric.is_mean or metric.quantile > 0.5)


@pytest.mark.parametrize(
    ("name", "quantile", "rounds_per_stretch", "rounds_min"),
    [
        ("latency_s_p50", 0.5, 1, 1),
        ("latency_s_p90", 0.90, 100, 10),
        ("latency_s_p95", 0.95, 200, 20),
        ("latency_s_p99", 0.99, 1000, 100),
        ("latency_s_p999", 0.999, 10_000, 1000),
        ("latency_s_mean", 0.5, 50, 1),
        ("ttfb_s_p50", 0.5, 1, 1),
        ("ttfb_s_p95", 0.95, 200, 20),
        ("stage_db_s", 0.5, 1, 1),
    ],
)
def test_rounds_follow_from_the_statistic(
    name: str, quantile: float, rounds_per_stretch: int, rounds_min: int
) -> None:
    """What a stretch needs is derived from the entry."""
    found = find(name)

    assert (quantile, rounds_per_stretch, rounds_min) == (
        found.quantile,
        found.rounds_per_stretch,
        found.rounds_min,
    )


@pytest.mark.parametrize(
    ("name", "label", "unit", "source"),
    [
        ("latency_s_p97_5", "p97.5 latency", "s", "latency_s"),
        ("stage_db_s", "db stage", "s", "stage_db_s"),
        ("db_rows", "rows from the database", "count", "counter_db_rows"),
        ("cache_bytes", "cache bytes", "bytes", "counter_cache_bytes"),
        ("gc_s", "gc", "s", "counter_gc_s"),
    ],
)
def test_names_that_a_run_brings_along_state_their_unit(
    name: str, label: str, unit: str, source: str
) -> None:
    """A stage, a counter or another tool's quantile becomes an entry by its name."""
    found = find(name)

    assert (label, unit, source) == (found.label, found.unit, found.source)


def test_a_run_has_the_metrics_of_its_columns() -> None:
    """A metric whose column an older run lacks is left out; stages and counters follow."""
    found = request_metrics(["latency_s", "wire_bytes"], ["db"], ["cpu_s"])

    assert [*LATENCIES, "wire_bytes", "stage_db_s", "cpu_s"] == [one.name for one in found]


def test_a_page_has_its_marks_first() -> None:
    """A page's first metric is when it shows what it is for."""
    found = [one.name for one in page_metrics(["data-shown"])]

    assert ["data_shown_s", *PAGE_TIMES, *PAGE_COUNTS] == found
    assert "page" == mark("data-shown").kind


def test_only_some_metrics_have_margins_of_their_own() -> None:
    """All others take the margin of the typical latency."""
    assert {*LATENCIES, "ttfb_s_p50", "ttfb_s_p95", *OF_STREAMS} == {*MARGINS}


def test_verdicts_of_a_whole_run_rest_on_what_should_become_less() -> None:
    """Of requests: more events per second are advice, judged where a budget names them."""
    higher = [find(name) for name in MORE_IS_BETTER]

    assert {"capacity_per_s", "events_per_s_p50"} == MORE_IS_BETTER
    assert [] == [one.name for one in higher if one.kind == "request" and one.primary_in]
