"""The one comparer: paired rounds of requests, pages and functions become estimates and counts.

What differs between the three is data: which rounds, which metrics, which terms.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TypeVar

import numpy as np

from contract.metrics import Metric
from contract.run.samples import Samples
from reports.effects.connections import connections_of
from reports.effects.counting import compare_counts, find_missing
from reports.effects.estimating import Alone, Terms, estimate_alone
from reports.effects.pairing import Paired
from reports.effects.reasons import Name, Reason, reason
from reports.effects.rounds import Rounds
from reports.effects.shapes import CounterEffect, Delivery, MissingMetric, PairedUnit
from reports.statistics.values import BoolArray, FloatArray, IntArray

# More would gain little, and each holds several columns in memory.
_THREADS = 2


@dataclass(frozen=True)
class Trial:
    """One subject's rounds, and what is compared of them.

    Attributes:
        metrics: to compare; neighbours of one source are read together.
        variants: to compare with the baseline, in order.
        block: as of `Paired`.
        unit: as of `Paired`.
    """

    rounds: Rounds
    metrics: tuple[Metric, ...]
    terms: Terms
    variants: tuple[str, ...]
    block: IntArray | None = None
    unit: PairedUnit = "rounds"


@dataclass(frozen=True)
class Compared:
    """What the metrics of one subject show, variant by variant."""

    effects: list[Alone] = field(default_factory=list)
    counters: list[CounterEffect] = field(default_factory=list)
    missing: list[MissingMetric] = field(default_factory=list)


_OfVariant = TypeVar("_OfVariant", CounterEffect, MissingMetric)


def compare_metrics(trials: Sequence[Trial]) -> list[Compared]:
    """Compare every metric of every trial; one column is read after the other."""
    sources = dict.fromkeys(metric.source for trial in trials for metric in trial.metrics)
    # Most of the time is NumPy's, in which another thread may run.
    with ThreadPoolExecutor(_THREADS) as threads:
        found = [_compare_source(trials, source, threads) for source in sources]
    return [
        _joined([mine for of_source in found for mine in of_source[index]], trial.variants)
        for index, trial in enumerate(trials)
    ]


def _compare_source(
    trials: Sequence[Trial], source: str, threads: ThreadPoolExecutor
) -> list[list[Compared]]:
    """Every metric of one column, trial by trial."""
    pairs = [[(paired, trial.terms) for paired in _paired(trial, source)] for trial in trials]
    compared = threads.map(lambda one: _compare(*one), chain.from_iterable(pairs))
    return [list(islice(compared, len(mine))) for mine in pairs]


def _paired(trial: Trial, source: str) -> Iterator[Paired]:
    metrics = [metric for metric in trial.metrics if metric.source == source]
    if not metrics or not len(trial.rounds.number):
        return
    before = trial.rounds.values(trial.terms.baseline, source)
    for variant in trial.variants:
        after = trial.rounds.values(variant, source)
        for metric in metrics:
            yield Paired(metric, variant, before, after, trial.block, trial.unit)


def stretch_logs(trial: Trial) -> Iterator[tuple[Paired, FloatArray]]:
    """The log ratios, (n_stretches,), of all complete stretches of each comparable time."""
    sources = dict.fromkeys(metric.source for metric in trial.metrics if metric.is_estimated)
    for source in sources:
        for each in _paired(trial, source):
            paired = each.known()
            if paired.comparable:
                yield paired, paired.whole_stretch_logs()


def _compare(paired: Paired, terms: Terms) -> Compared:
    """What one metric of one variant shows."""
    missing = find_missing(paired, terms.scenario)
    lacking = [missing] if missing else []
    if not paired.metric.is_estimated:
        counters = [] if missing else [compare_counts(paired, terms.scenario)]
        return Compared(counters=counters, missing=lacking)
    looked_at = paired.until(terms.look.rounds).known()
    left_out = (missing and paired.metric.optional) or not looked_at.comparable
    effects = [] if left_out else [estimate_alone(looked_at, terms)]
    return Compared(effects=effects, missing=lacking)


def _joined(parts: Sequence[Compared], variants: Sequence[str]) -> Compared:
    """All metrics, variant by variant."""

    def in_order(values: Iterable[_OfVariant]) -> list[_OfVariant]:
        return sorted(values, key=lambda one: variants.index(one.variant))

    effects = chain.from_iterable(one.effects for one in parts)
    return Compared(
        sorted(effects, key=lambda one: variants.index(one.estimate.variant)),
        in_order(chain.from_iterable(one.counters for one in parts)),
        in_order(chain.from_iterable(one.missing for one in parts)),
    )


def missing_warnings(missing: Sequence[MissingMetric], baseline: str) -> tuple[Reason, ...]:
    """About metrics that only some rounds lack; what no round has, nobody expects."""
    return tuple(
        reason(
            Name.VALUES_MISSING,
            metric=one.metric,
            missing=one.rounds_missing,
            rounds=one.rounds,
            baseline=baseline,
            variant=one.variant,
        )
        for one in missing
        if one.rounds_missing < one.rounds
    )


def deliveries_of(
    samples: Samples, mine: BoolArray, right: BoolArray, variants: Sequence[str]
) -> tuple[Delivery, ...]:
    """What each variant was sent and what it answered.

    Args:
        samples: of the whole run.
        mine: which of them are the subject's, (n_samples,).
        right: which of them are right answers, (n_samples,).
        variants: of the run.
    """
    codes, names = samples.labels("variant")
    return tuple(
        _delivery(samples, mine & (codes == _code(names, variant)), right, variant)
        for variant in variants
    )


def _code(names: Sequence[str | None], name: str) -> int:
    return names.index(name) if name in names else -1


def _delivery(samples: Samples, mine: BoolArray, right: BoolArray, variant: str) -> Delivery:
    warmup = samples.values("warmup")
    wrong = np.flatnonzero(mine & ~right)
    measured = wrong[~warmup[wrong]]
    warmups = int((mine & warmup).sum())
    kinds = _counted(samples, "error", measured, "no usable answer")
    all_measured = np.flatnonzero(mine & ~warmup)
    # A page has no status: whatever it shows instead, something was answered.
    has_status = "status" in samples.schema.names
    return Delivery(
        variant=variant,
        requests=int(mine.sum()) - warmups,
        first=int((mine & ~warmup & (samples.values("position") == 0)).sum()),
        errors=len(measured),
        warmup_requests=warmups,
        warmup_errors=len(wrong) - len(measured),
        unanswered=int((samples.values("status")[measured] == 0).sum()) if has_status else 0,
        kinds=kinds,
        notes=_counted(samples, "note", all_measured) if "note" in samples.schema.names else (),
        connections=connections_of(samples, all_measured),
    )


def _counted(
    samples: Samples, column: str, rows: IntArray, instead: str = ""
) -> tuple[tuple[str, int], ...]:
    """The texts in a column and how often each occurs, commonest first; without empty ones."""
    codes, texts = samples.labels(column)
    many: Counter[str] = Counter()
    for code, times in zip(*np.unique(codes[rows], return_counts=True), strict=True):
        # Several labels may be empty.
        many[texts[code] or instead] += int(times)
    return tuple((text, times) for text, times in many.most_common() if text)
