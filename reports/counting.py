"""What is counted, not estimated: no noise, so no statistics; and what could not be compared.

Counts are compared round by round.
"""

from collections.abc import Sequence

import numpy as np

from reports import units
from reports.checks import are_times
from reports.effects import Terms
from reports.model import (
    LATENCIES,
    BoolArray,
    CounterEffect,
    FloatArray,
    Lack,
    Spread,
    Verdict,
)
from reports.record import RunRecord, counter_column, stage_column
from reports.rounds import Rounds


def time_columns(record: RunRecord) -> dict[str, str]:
    """The samples' column of every metric that is a time, by metric."""
    columns = dict.fromkeys(LATENCIES, "latency_s")
    columns |= {name: name for name in map(stage_column, record.stages)}
    return columns | {name: counter_column(name) for name in record.counters if _is_time(name)}


def count_columns(record: RunRecord) -> dict[str, str]:
    """The samples' column of every metric that is a count, by metric."""
    columns = {"wire_bytes": "wire_bytes", "body_bytes": "body_bytes"}
    return columns | {name: counter_column(name) for name in record.counters if not _is_time(name)}


def _is_time(counter: str) -> bool:
    return counter.endswith("_s")


def find_lacks(
    rounds: Rounds, others: Sequence[str], record: RunRecord, terms: Terms
) -> tuple[Lack, ...]:
    """The metrics that some rounds lack in one of two variants."""
    timed = [(metric, column, False) for metric, column in time_columns(record).items()]
    counts = [(metric, column, True) for metric, column in count_columns(record).items()]
    found = (
        Lack(
            terms.scenario,
            variant,
            metric,
            _rounds_lacking(rounds, (terms.baseline, variant), column, counted=counted),
            len(rounds.number),
            counted,
        )
        for variant in others
        for metric, column, counted in (*timed, *counts)
    )
    return tuple(one for one in found if one.rounds_lacking)


def _rounds_lacking(rounds: Rounds, variants: Sequence[str], column: str, *, counted: bool) -> int:
    values = np.column_stack([rounds.values(name, column) for name in variants])
    told = _are_counts(values) if counted else are_times(values)
    return int((~told).any(axis=1).sum())


def lack_warnings(lacks: Sequence[Lack], terms: Terms) -> tuple[str, ...]:
    """Of what only some rounds lack: what none has, nobody expects."""
    return tuple(
        f"{one.rounds_lacking} of {units.count_of(one.rounds, 'rounds')} lack "
        f"{units.metric_name(one.metric)} in {terms.baseline} or {one.variant}, so it is not "
        "compared"
        for one in lacks
        if one.rounds_lacking < one.rounds
    )


def compare_counters(
    rounds: Rounds, others: Sequence[str], record: RunRecord, terms: Terms
) -> tuple[CounterEffect, ...]:
    """Every counter that no round lacks, of every other variant against the baseline."""
    return tuple(
        _counter(terms, variant, metric, before, after)
        for variant in others
        for metric, column in count_columns(record).items()
        if _are_counts(before := rounds.values(terms.baseline, column)).all()
        and _are_counts(after := rounds.values(variant, column)).all()
    )


def _are_counts(values: FloatArray) -> BoolArray:
    return np.isfinite(values) & (values >= 0)


def _counter(
    terms: Terms, variant: str, metric: str, before: FloatArray, after: FloatArray
) -> CounterEffect:
    nothing = np.where(after > 0, np.inf, 1.0)
    within = _spread(np.divide(after, before, out=nothing, where=before != 0))
    return CounterEffect(
        terms.scenario,
        variant,
        metric,
        _spread(before),
        _spread(after),
        within,
        _counted_verdict(within),
    )


def _counted_verdict(within: Spread) -> Verdict:
    """One round that grew is growth; a saving must show in every round."""
    if within.low == within.high == 1:
        return Verdict.EQUAL
    if within.low >= 1:
        return Verdict.MORE
    return Verdict.FEWER if within.high < 1 else Verdict.INCONCLUSIVE


def _spread(values: FloatArray) -> Spread:
    return Spread(float(np.median(values)), float(values.min()), float(values.max()))
