"""The one comparer, on rounds made by hand."""

import math

import numpy as np
import pyarrow as pa
import pytest

from contract.metrics import MARGINS, Metric, counter, find
from contract.run.samples import Samples
from reports.effects.comparer import (
    Trial,
    compare_metrics,
    deliveries_of,
    missing_warnings,
    stretch_logs,
)
from reports.effects.estimating import Terms
from reports.effects.reasons import Name
from reports.effects.rounds import Rounds
from reports.effects.shapes import MissingMetric
from reports.statistics.sequential import Look
from reports.statistics.values import FloatArray


def trial(values: dict[tuple[str, str], FloatArray], *metrics: Metric) -> Trial:
    """A trial of variants b and c against a."""
    n = len(next(iter(values.values()), np.empty(0)))
    return Trial(
        rounds=Rounds(
            number=np.arange(n),
            read=lambda variant, column: values[variant, column],
            left_out=0,
            silent=0,
            round_s=0.1,
        ),
        metrics=metrics,
        terms=Terms("list", "a", MARGINS, 0.99, False, 0.1, Look(n), ("latency_s_p50",), {}),
        variants=("b", "c"),
    )


def test_times_are_estimated_and_counts_are_compared() -> None:
    """What a metric is decides, for any subject; variants keep their order."""
    ones = np.ones(20)
    values = {
        (variant, column): ones * factor
        for variant, factor in (("a", 1.0), ("b", 2.0), ("c", 3.0))
        for column in ("latency_s", "counter_rows")
    }
    (found,) = compare_metrics([trial(values, find("latency_s_p50"), counter("rows"))])

    assert {"b": 2.0, "c": 3.0} == pytest.approx(
        {one.estimate.variant: one.estimate.ratio for one in found.effects}
    )
    assert [("b", 2.0), ("c", 3.0)] == [(one.variant, one.ratio) for one in found.counters]
    assert [] == found.missing


def test_missing_values_are_reported_and_not_compared() -> None:
    """One round without a value is enough."""
    ones = np.ones(20)
    torn = np.where(np.arange(20) == 3, math.nan, 1.0)
    values = {("a", "latency_s"): ones, ("b", "latency_s"): torn, ("c", "latency_s"): ones}
    (found,) = compare_metrics([trial(values, find("latency_s_p50"))])

    assert ["c"] == [one.estimate.variant for one in found.effects]
    assert [("b", 1)] == [(one.variant, one.rounds_missing) for one in found.missing]


def test_no_round_has_nothing_to_compare() -> None:
    """Empty in, empty out."""
    (found,) = compare_metrics([trial({}, find("latency_s_p50"))])

    assert ([], [], []) == (found.effects, found.counters, found.missing)


def test_units_are_of_times_alone() -> None:
    """A counter has no units to join over runs."""
    values = {
        (name, column): np.ones(20) for name in "abc" for column in ("latency_s", "counter_n")
    }
    units = list(stretch_logs(trial(values, find("latency_s_p50"), counter("n"))))

    assert [("b", 20), ("c", 20)] == [(paired.variant, len(logs)) for paired, logs in units]


def test_only_partly_missing_values_are_a_warning() -> None:
    """What no round has, nobody expects."""
    rows = [
        MissingMetric("list", "b", "db_rows", 3, 100, counted=True),
        MissingMetric("list", "b", "stage_x_s", 100, 100, counted=False),
    ]

    (warning,) = missing_warnings(rows, "a")
    assert (Name.VALUES_MISSING, "db_rows", 3) == (
        warning.name,
        warning.facts["metric"],
        warning.facts["missing"],
    )


def test_deliveries_count_what_was_sent_and_answered() -> None:
    """Warm-up apart; errors by kind, commonest first."""
    table = Samples.of(
        pa.table(
            {
                "variant": ["a", "b", "a", "b", "a"],
                "warmup": [True, True, False, False, False],
                "position": [0, 1, 1, 0, 0],
                "status": [200, 200, 0, 200, 500],
                "error": ["", "", "no answer", "", "status 500"],
            }
        )
    )
    right = np.array([True, True, False, True, False])
    first, second = deliveries_of(table, np.ones(5, bool), right, ("a", "b"))

    assert (2, 1, 2, 1, 0, 1) == (
        first.requests,
        first.first,
        first.errors,
        first.warmup_requests,
        first.warmup_errors,
        first.unanswered,
    )
    assert {("no answer", 1), ("status 500", 1)} == {*first.kinds}
    assert (1, 1, 0, ()) == (second.requests, second.first, second.errors, second.kinds)
