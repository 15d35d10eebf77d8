"""Whether a run may be believed at all, and why not.

What the generator said of the run is only where this starts: a run whose canary moved, whose
variants answered differently, or that delivered less than planned must never be read as a pass.
"""

import math
from collections.abc import Iterator, Sequence

from contract.run.record import LoadRecord, RestartsRecord, RunRecord, StepRecord
from reports import units
from reports.effects import capacity
from reports.model import (
    GENERATOR_CPU_SHARE_MAX,
    TYPICAL,
    Delivery,
    Effect,
    LoadComparison,
    ScenarioComparison,
    State,
    Verdict,
)
from reports.statistics import stats

ERROR_RATE_MAX = 0.01
"""More wrong answers than this, and what is left is no fair sample."""

SILENT_RATE_MAX = 0.01
"""More rounds than this without a sample of every variant, and something was lost unseen."""

_ALPHA = 0.01
# Of each variant in each scenario: what has one cause should not be told once in a while by chance.
_UNFAIR_ALPHA = 1e-5
_EXPLAINED = {"rounds", "time", "decided"}
_OVERRUN_SHARE_MAX = 0.5
_EASE = "use more workers or a lower rate"


def examine(
    record: RunRecord,
    scenarios: Sequence[ScenarioComparison],
    load: LoadComparison | None = None,
) -> tuple[State, tuple[str, ...], tuple[str, ...]]:
    """The run's state, the reasons for it, and doubts that do not change it."""
    generator = tuple(_load_delivered(record, load) if load else _generator(record))
    # Where load fell short, each scenario would only repeat that it did.
    delivered = (_delivered,) if load and generator else (_delivered, _evenly)
    of_scenarios = (
        reason
        for scenario in scenarios
        for examine_one in (_bodies, *delivered, _tossed, _errors, _canary)
        for reason in examine_one(scenario, record)
    )
    found = (*generator, *of_scenarios)
    said = State(record.state)
    reasons = record.reasons
    if said is not State.COMPLETE and not reasons:
        reasons = (f"the generator closed the run as {said}",)
    doubts = tuple(
        f"{scenario.name}: {warning}"
        for scenario in scenarios
        for warning in (*scenario.warnings, *_canary_doubts(scenario, record))
    )
    doubts = (
        *_separate_servers(record),
        *(_queues(record.load, record.variants) if record.load else ()),
        *doubts,
    )
    return (State.INVALID if found else said), (*reasons, *found), doubts


def _generator(record: RunRecord) -> Iterator[str]:
    """Whether the generator had anything left of the one core that it can use."""
    wall_s, cpu_s = record.noise.get("wall_s", 0.0), record.noise.get("generator_cpu_s", 0.0)
    if wall_s > 0 and cpu_s > GENERATOR_CPU_SHARE_MAX * wall_s:
        yield (
            f"the generator used {units.percent(cpu_s / wall_s)} of a core (more than "
            f"{units.percent(GENERATOR_CPU_SHARE_MAX)}), so latencies may be its own; lengthen "
            "gap_ms"
        )


def _load_delivered(record: RunRecord, load: LoadComparison) -> Iterator[str]:
    """Whether the load that was planned is the load that was sent, and by a generator at ease."""
    assert record.load is not None
    for worker in load.workers:
        if worker.sent < worker.planned:
            yield (
                f"worker {worker.number} sent {worker.sent:,} of {worker.planned:,} planned "
                f"requests, {units.percent(1 - worker.sent / worker.planned)} too few"
            )
    if load.samples_missing:
        yield (
            f"nothing was kept of {units.count_of(load.samples_missing, 'requests')} that were sent"
        )
    yield from _at_ease(record.load, load)
    steps = len(capacity.switchback_steps(record.load))
    blocks = steps // (2 * len(record.variants))
    if record.state == "complete" and blocks < record.load.blocks_planned:
        yield f"{blocks} of {record.load.blocks_planned} planned switchback blocks delivered"


SEPARATE_SERVERS_DIFFER = 0.01
"""Processes of the same code differ in latency by a few tenths of a percent: memory layout and hash
seeds are drawn at their start."""


def _separate_servers(record: RunRecord) -> Iterator[str]:
    # What differs from start to start is part of what pairs of starts differ by.
    once = record.restarts is None
    if once and record.environment.get("target", {}).get("separate_servers"):
        yield (
            "each variant ran in a process of its own, and processes of the same code may differ "
            f"by up to {units.percent(SEPARATE_SERVERS_DIFFER)}: a smaller change may be no more "
            "than that"
        )


def _queues(record: LoadRecord, variants: Sequence[str]) -> Iterator[str]:
    """Where steps were too short for a growing queue to be late."""
    for variant in variants:
        steps = [
            one
            for one in capacity.switchback_steps(record)
            if one.variant == variant and not _broken(one, record)
        ]
        overran = [one for one in steps if _overran(one)]
        if len(overran) > len(steps) / 2:
            yield (
                f"{variant} does not carry the {units.rate(record.rate_per_s)} requests a second "
                f"that are compared: {len(overran)} of {units.count_of(len(steps), 'steps')} took "
                "half as long again to answer, so its latency tells how long a step is; lower "
                "rate_per_s or utilization"
            )


def _broken(step: StepRecord, record: LoadRecord) -> bool:
    """Whether wrong answers explain what it took; waiting for them in vain tells of no queue."""
    return step.errors > record.errors_max * sum(step.sent)


def _overran(step: StepRecord) -> bool:
    return capacity.overrun_share(step) > _OVERRUN_SHARE_MAX


def _at_ease(record: LoadRecord, load: LoadComparison) -> Iterator[str]:
    if load.lag_s_p99 > record.lag_s_max:
        yield (
            f"1 in 100 requests was sent {units.duration(load.lag_s_p99)} late or more (more than "
            f"{units.set_time(record.lag_s_max)}), so latencies may be the generator's; {_EASE}"
        )
    busiest = max((worker.cpu_share for worker in load.workers), default=0.0)
    if busiest > record.worker_cpu_share_max:
        yield (
            f"a worker used {units.percent(busiest)} of a core (more than "
            f"{units.percent(record.worker_cpu_share_max)}), so latencies may be its own; {_EASE}"
        )


def _bodies(scenario: ScenarioComparison, record: RunRecord) -> Iterator[str]:
    """Of two revisions another answer is no fault of the run: a finding, which the gate judges."""
    if scenario.rounds_bodies_differ and record.restarts is None:
        yield (
            f"{scenario.name}: the variants answered with different bodies in "
            f"{scenario.rounds_bodies_differ:,} of {units.count_of(scenario.rounds, 'rounds')}"
        )


def _delivered(scenario: ScenarioComparison, record: RunRecord) -> Iterator[str]:
    """Less measured than planned, unless the record is partial and says so itself."""
    rounds = scenario.rounds + scenario.rounds_left_out
    said = next(one.rounds for one in record.scenarios if one.name == scenario.name)
    if rounds < said:
        yield f"{scenario.name}: the run speaks of {said} rounds, the samples hold {rounds}"
    if record.state != "complete":
        return
    delivered = f"{rounds} of {scenario.rounds_planned} planned rounds delivered"
    if scenario.ended not in _EXPLAINED:
        why = f"ended by {scenario.ended}" if scenario.ended else "nothing says why it ended"
        yield f"{scenario.name}: {delivered}; {why}"
    elif record.restarts:
        yield from _started(scenario, record.restarts)
    elif scenario.ended == "rounds" and rounds < scenario.rounds_planned:
        yield f"{scenario.name}: {delivered}, though it ended as if all were"
    if rounds == 0:
        yield f"{scenario.name}: no round was measured"
    elif scenario.rounds == 0:
        yield f"{scenario.name}: none of {units.count_of(rounds, 'rounds')} could be compared"


def _started(scenario: ScenarioComparison, restarts: RestartsRecord) -> Iterator[str]:
    """Whether there were as many pairs of starts as its end says."""
    if scenario.ended == "rounds" and len(restarts.starts) < restarts.looks[-1]:
        yield (
            f"{scenario.name}: {len(restarts.starts)} of {restarts.looks[-1]} planned pairs of "
            "starts, though it ended as if all were"
        )


def _evenly(scenario: ScenarioComparison, record: RunRecord) -> Iterator[str]:
    """Every round asks every variant once; only where a run is cut off may one round be short."""
    cut_off = 0.0 if record.state == "complete" else 1.0
    if record.load and cut_off:
        cut_off = math.inf  # A whole step of one variant may be missing.
    requests = {one.variant: one.requests for one in scenario.deliveries}
    if max(requests.values()) - min(requests.values()) > cut_off:
        told = ", ".join(f"{count:,} of {variant}" for variant, count in requests.items())
        yield f"{scenario.name}: the variants were not asked equally often: {told}"
    rounds = scenario.rounds + scenario.rounds_left_out
    if scenario.rounds_silent > max(SILENT_RATE_MAX * rounds, cut_off):
        yield (
            f"{scenario.name}: {scenario.rounds_silent:,} of {units.count_of(rounds, 'rounds')} "
            f"lack a sample of some variant, more than {units.percent(SILENT_RATE_MAX)}, and no "
            "error says why"
        )


def _tossed(scenario: ScenarioComparison, record: RunRecord) -> Iterator[str]:
    """Verdicts of paired rounds rest on the coins that drew each round's order, and on no more."""
    most = None if record.load else tossed_unfairly(scenario.deliveries)
    if most is not None:
        rounds = sum(one.first for one in scenario.deliveries)
        yield (
            f"{scenario.name}: {most.variant} was asked first in {most.first:,} of "
            f"{units.count_of(rounds, 'rounds')}, so no coin drew their order"
        )


def tossed_unfairly(deliveries: Sequence[Delivery]) -> Delivery | None:
    """The variant that came first so often that no coin drew it; None where a coin may have."""
    first = [one.first for one in deliveries]
    fair = min(stats.fair_p(one, sum(first), 1 / len(first)) for one in first) >= _UNFAIR_ALPHA
    return None if fair else max(deliveries, key=lambda one: one.first)


def _errors(scenario: ScenarioComparison, record: RunRecord) -> Iterator[str]:
    baseline = next(one for one in scenario.deliveries if one.variant == record.baseline)
    rate_max = min(ERROR_RATE_MAX, record.load.errors_max) if record.load else ERROR_RATE_MAX
    for delivery in scenario.deliveries:
        where = f"{scenario.name}, {delivery.variant}"
        said = f"{delivery.errors} of {units.count_of(delivery.requests, 'requests')} failed"
        if delivery.unanswered:
            yield (
                f"{where}: {units.count_of(delivery.unanswered, 'requests')} got no answer at all"
            )
        if delivery.errors > rate_max * delivery.requests:
            yield f"{where}: {said}, more than {units.percent(rate_max)}"
        if delivery is not baseline and rates_differ(baseline, delivery):
            yield (
                f"{where}: {said}, but {baseline.errors} of {baseline.requests} in "
                f"{baseline.variant}: the error rates differ"
            )


def rates_differ(one: Delivery, other: Delivery) -> bool:
    """Whether two variants fail more unequally than by chance."""
    p_value = stats.rates_differ_p((one.errors, other.errors), (one.requests, other.requests))
    return p_value < _ALPHA


def _canary(scenario: ScenarioComparison, record: RunRecord) -> Iterator[str]:
    """Under load a canary shares the server with what does differ, so there it may well move."""
    watches = scenario.canary and record.load is None
    for effect in scenario.effects:
        if watches and _is_latency(effect) and effect.verdict in _MOVED:
            yield (
                f"{scenario.name}: the canary runs the same code in every variant, yet "
                f"{effect.variant} is {units.change(effect.ratio, effect.interval_familywise)} "
                f"in {units.metric_name(effect.metric)}, so other effects cannot be believed either"
            )


_MOVED = {Verdict.SLOWER, Verdict.FASTER}


def _is_latency(effect: Effect) -> bool:
    return effect.metric.startswith("latency_s_")


def _canary_doubts(scenario: ScenarioComparison, record: RunRecord) -> Iterator[str]:
    watches = scenario.canary and record.load is None
    for effect in scenario.effects:
        unsure = effect.verdict is Verdict.INCONCLUSIVE and effect.metric == TYPICAL
        if watches and unsure:
            yield (
                "the canary cannot yet tell whether the measurement treats "
                f"{effect.variant} like the baseline"
            )
