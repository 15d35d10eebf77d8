"""What is counted, not estimated: no noise, so no statistics; and what could not be compared.

Counts are compared round by round.
"""

from collections.abc import Sequence

import numpy as np

from contract.run.checks import are_times
from contract.run.columns import counter_column, stage_column
from contract.run.record import RunRecord
from reports import units
from reports.effects.effects import Pair, Terms
from reports.model import (
    LATENCIES,
    BoolArray,
    CounterEffect,
    FloatArray,
    Lack,
    Spread,
    Verdict,
)


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


def find_lack(pair: Pair, terms: Terms, *, counted: bool) -> Lack | None:
    """How many rounds lack a metric in one of two variants; nothing where none does."""
    are_told = _are_counts if counted else are_times
    lacking = int((~(are_told(pair.before) & are_told(pair.after))).sum())
    n = len(pair.before)
    return Lack(terms.scenario, pair.variant, pair.metric, lacking, n, counted) if lacking else None


def lack_warnings(lacks: Sequence[Lack], terms: Terms) -> tuple[str, ...]:
    """Of what only some rounds lack: what none has, nobody expects."""
    return tuple(
        f"{one.rounds_lacking} of {units.count_of(one.rounds, 'rounds')} lack "
        f"{units.metric_name(one.metric)} in {terms.baseline} or {one.variant}, so it is not "
        "compared"
        for one in lacks
        if one.rounds_lacking < one.rounds
    )


def _are_counts(values: FloatArray) -> BoolArray:
    return np.isfinite(values) & (values >= 0)


def compare_counts(pair: Pair, terms: Terms) -> CounterEffect:
    """One counter of a variant against the baseline; no round may lack it."""
    before, after = pair.before, pair.after
    nothing = np.where(after > 0, np.inf, 1.0)
    within = _spread(np.divide(after, before, out=nothing, where=before != 0))
    return CounterEffect(
        terms.scenario,
        pair.variant,
        pair.metric,
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
    low, high = float(values.min()), float(values.max())
    # Most counts never change, and a median takes longer than both.
    return Spread(low if low == high else float(np.median(values)), low, high)
