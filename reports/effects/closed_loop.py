"""What a run of users shows beside latencies: throughput and failures of each request.

In a closed loop a faster variant gets more requests, so how many were answered is itself a result.
Requests that failed are in no latency and no throughput; where one variant fails more often than
the other, its latencies are those of other requests, and have no verdict.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from contract.metrics import TYPICAL
from contract.run.record import LoadRecord, RunRecord
from contract.run.samples import Samples
from reports.effects.capacity import switchback_steps
from reports.effects.comparer import Compared
from reports.effects.estimating import Alone, decide
from reports.effects.family import confidence_of
from reports.effects.reasons import Name, Reason, reason
from reports.effects.rounds import places_of
from reports.effects.shapes import Delivery, SubjectComparison, Verdict
from reports.effects.validity import rates_differ
from reports.statistics.ranks import SignedRanks
from reports.statistics.values import UNITS_MIN, BoolArray, FloatArray, Interval


@dataclass(frozen=True)
class Throughput:
    """Right answers per second of one request, of a variant against the baseline.

    Attributes:
        before_per_s, after_per_s: over the time that is compared.
        ratio: after / before, the centre of the blocks' ratios; above 1 is more. None where a block
            has no right answer of one of them.
        interval90: of the ratio.
        interval_familywise: so wide that those of all requests and variants hold jointly at 99 %.
        n: blocks.
        verdict: `more`, `fewer`, `equivalent` or `inconclusive`.
    """

    scenario: str
    variant: str
    before_per_s: float
    after_per_s: float
    ratio: float | None
    interval90: Interval
    interval_familywise: Interval
    n: int
    verdict: Verdict


def compare_throughput(
    record: RunRecord, samples: Samples, right: BoolArray, margins: Mapping[str, float]
) -> tuple[Throughput, ...]:
    """The throughput of every request in every variant but the baseline.

    Args:
        record: run.json, of users.
        samples: of the run.
        right: which of them are right answers, (n_samples,).
        margins: by metric.
    """
    assert record.load is not None
    blocks = sorted({one.block for one in switchback_steps(record.load)})
    others = [name for name in record.variants if name != record.baseline]
    seconds = 2 * (record.load.sub_block_s - record.load.burn_in_s)
    answered = right & _in_time(record.load, samples)
    block = samples.values("block")
    per_s: dict[tuple[str, str], FloatArray] = {}
    for variant in record.variants:
        of_variant = answered & places_of(samples, "variant", variant)
        for scenario in record.scenarios:
            mine = block[of_variant & places_of(samples, "scenario", scenario.name)]
            place = np.searchsorted(blocks, mine[np.isin(mine, blocks)])
            per_s[scenario.name, variant] = np.bincount(place, minlength=len(blocks)) / seconds
    confidence = confidence_of(len(others) * len(record.scenarios))
    return tuple(
        _throughput(
            (scenario.name, variant),
            (per_s[scenario.name, record.baseline], per_s[scenario.name, variant]),
            confidence,
            margins[TYPICAL],
        )
        for scenario in record.scenarios
        for variant in others
        if len(blocks)
    )


def _in_time(load: LoadRecord, samples: Samples) -> BoolArray:
    """Which samples ended in the time of their step that is compared, (n_samples,)."""
    steps = switchback_steps(load)
    positions = max((one.position for one in steps), default=0) + 1
    blocks = max((one.block for one in steps), default=0) + 1
    start_s = np.full((blocks + 1) * positions, np.inf)
    end_s = np.full((blocks + 1) * positions, -np.inf)
    for one in steps:
        start_s[one.block * positions + one.position] = one.start_s + load.burn_in_s
        end_s[one.block * positions + one.position] = one.end_s
    block = np.minimum(samples.values("block").astype(np.int64), blocks)
    place = block * positions + np.minimum(samples.values("position"), positions - 1)
    ended_s = samples.values("start_s") + samples.values("latency_s")
    found: BoolArray = (ended_s >= start_s[place]) & (ended_s < end_s[place])
    return found


def _throughput(
    key: tuple[str, str], per_s: tuple[FloatArray, FloatArray], confidence: float, margin: float
) -> Throughput:
    before, after = per_s
    nothing = Interval(0.0, np.inf, 1.0)
    found = Throughput(
        *key,
        float(before.mean()),
        float(after.mean()),
        None,
        nothing,
        nothing,
        len(before),
        Verdict.INCONCLUSIVE,
    )
    if not (before > 0).all() or not (after > 0).all():
        return found
    tested = SignedRanks(np.log(after / before))
    ninety, wide = (_as_ratios(tested.interval(one)) for one in (0.90, confidence))
    found = replace(
        found,
        ratio=float(np.exp(tested.log_ratio)),
        interval90=ninety,
        interval_familywise=wide,
    )
    if len(before) < UNITS_MIN:
        return found
    words = {Verdict.SLOWER: Verdict.MORE, Verdict.FASTER: Verdict.FEWER}
    verdict = decide(ninety, wide, margin)
    return replace(found, verdict=words.get(verdict, verdict))


def _as_ratios(logs: Interval) -> Interval:
    return Interval(float(np.exp(logs.low)), float(np.exp(logs.high)), logs.confidence)


def doubt_failures(
    baseline: str, deliveries: Sequence[Sequence[Delivery]], compared: Sequence[Compared]
) -> list[Compared]:
    """Leave the latencies of a request undecided where variants fail unequally.

    Args:
        baseline: of the run.
        deliveries: of each scenario.
        compared: what the metrics of each show, in the same order.
    """
    doubted = []
    for of_scenario, one in zip(deliveries, compared, strict=True):
        doubts = {each.facts["variant"]: each for each in failures_differ(baseline, of_scenario)}
        doubted.append(replace(one, effects=[_doubted(each, doubts) for each in one.effects]))
    return doubted


def failures_differ(baseline: str, deliveries: Sequence[Delivery]) -> Iterator[Reason]:
    """Variants that fail more or less often than the baseline, and not by chance."""
    base = next(one for one in deliveries if one.variant == baseline)
    for one in deliveries:
        if one is not base and base.requests and one.requests and rates_differ(base, one):
            yield reason(
                Name.FAILURES_DIFFER,
                variant=one.variant,
                errors=one.errors,
                requests=one.requests,
                baseline=baseline,
                baseline_errors=base.errors,
                baseline_requests=base.requests,
            )


def _doubted(effect: Alone, doubts: Mapping[str, Reason]) -> Alone:
    estimate = effect.estimate
    why = doubts.get(estimate.variant)
    if why is None:
        return effect
    return replace(
        effect,
        estimate=replace(estimate, warnings=(*estimate.warnings, why)),
        verdict=Verdict.INCONCLUSIVE,
        needed_s=None,
    )


def doubts_of_users(record: RunRecord, scenarios: Sequence[SubjectComparison]) -> Iterator[Reason]:
    """What of a run of users could not be compared, or not as it seems."""
    users = record.load_users
    if users is None:
        return
    if users.exceptions:
        yield reason(
            Name.TASKS_FAILED, exceptions=dict(users.exceptions), last=users.last_exception
        )
    for scenario in scenarios:
        for one in failures_differ(record.baseline, scenario.deliveries):
            yield Reason(one.name, scenario.name, one.facts)
        if not scenario.rounds and not _is_early(scenario):
            yield _not_compared(scenario)


def notes_of_users(record: RunRecord, scenarios: Sequence[SubjectComparison]) -> Iterator[Reason]:
    """Requests that users send once, at their start, before anything is compared."""
    if record.load_users:
        yield from (_not_compared(one) for one in scenarios if not one.rounds and _is_early(one))


def _is_early(scenario: SubjectComparison) -> bool:
    """Whether every variant was sent it, in the burn-in alone."""
    return all(one.warmup_requests and not one.requests for one in scenario.deliveries)


def _not_compared(scenario: SubjectComparison) -> Reason:
    sent = {
        one.variant: (one.requests, one.requests - one.errors, one.warmup_requests)
        for one in scenario.deliveries
    }
    return reason(
        Name.REQUEST_NOT_COMPARED,
        scenario.name,
        # Of each what is the first reason: never sent, in the burn-in alone, never right.
        never=[name for name, counts in sent.items() if not any(counts)],
        early=[name for name, (every, _, early) in sent.items() if early and not every],
        wrong=[name for name, (every, good, _) in sent.items() if every and not good],
    )
