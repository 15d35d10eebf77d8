"""The one comparer: paired rounds of requests, pages and functions become estimates and counts.

What differs between the three is data: which rounds, which metrics, which terms.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
    compared = [Compared() for _ in trials]
    sources = dict.fromkeys(metric.source for trial in trials for metric in trial.metrics)
    for source in sources:
        for trial, mine in zip(trials, compared, strict=True):
            for paired in _paired(trial, source):
                _compare(paired, trial.terms, mine)
    return [_by_variant(mine, trial.variants) for mine, trial in zip(compared, trials, strict=True)]


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


def _compare(paired: Paired, terms: Terms, compared: Compared) -> None:
    missing = find_missing(paired, terms.scenario)
    if missing:
        compared.missing.append(missing)
    if not paired.metric.is_estimated:
        if not missing:
            compared.counters.append(compare_counts(paired, terms.scenario))
        return
    if missing and paired.metric.optional:
        return
    looked_at = paired.until(terms.look.rounds).known()
    if looked_at.comparable:
        compared.effects.append(estimate_alone(looked_at, terms))


def _by_variant(compared: Compared, variants: Sequence[str]) -> Compared:
    def in_order(values: list[_OfVariant]) -> list[_OfVariant]:
        return sorted(values, key=lambda one: variants.index(one.variant))

    effects = sorted(compared.effects, key=lambda one: variants.index(one.estimate.variant))
    return Compared(effects, in_order(compared.counters), in_order(compared.missing))


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
