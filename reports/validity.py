"""Whether a run may be believed at all, and why not.

What the generator said of the run is only where this starts: a run whose canary moved, whose
variants answered differently, or that delivered less than planned must never be read as a pass.
"""

from collections.abc import Iterator, Sequence

from reports import stats, units
from reports.model import TYPICAL, Delivery, Effect, ScenarioComparison, State, Verdict
from reports.record import RunRecord

ERROR_RATE_MAX = 0.01
"""More wrong answers than this, and what is left is no fair sample."""

SILENT_RATE_MAX = 0.01
"""More rounds than this without a sample of every variant, and something was lost unseen."""

_ALPHA = 0.01
_EXPLAINED = {"rounds", "time"}


def examine(
    record: RunRecord, scenarios: Sequence[ScenarioComparison]
) -> tuple[State, tuple[str, ...], tuple[str, ...]]:
    """The run's state, the reasons for it, and doubts that do not change it."""
    found = tuple(
        reason
        for scenario in scenarios
        for examine_one in (_bodies, _delivered, _evenly, _errors, _canary)
        for reason in examine_one(scenario, record)
    )
    said = State(record.state)
    reasons = record.reasons
    if said is not State.COMPLETE and not reasons:
        reasons = (f"the generator closed the run as {said}",)
    doubts = tuple(
        f"{scenario.name}: {warning}"
        for scenario in scenarios
        for warning in (*scenario.warnings, *_canary_doubts(scenario))
    )
    return (State.INVALID if found else said), (*reasons, *found), doubts


def _bodies(scenario: ScenarioComparison, _: RunRecord) -> Iterator[str]:
    if scenario.rounds_bodies_differ:
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
    elif scenario.ended == "rounds" and rounds < scenario.rounds_planned:
        yield f"{scenario.name}: {delivered}, though it ended as if all were"
    if rounds == 0:
        yield f"{scenario.name}: no round was measured"
    elif scenario.rounds == 0:
        yield f"{scenario.name}: none of {units.count_of(rounds, 'rounds')} could be compared"


def _evenly(scenario: ScenarioComparison, record: RunRecord) -> Iterator[str]:
    """Every round asks every variant once; only where a run is cut off may one round be short."""
    cut_off = 0 if record.state == "complete" else 1
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


def _errors(scenario: ScenarioComparison, record: RunRecord) -> Iterator[str]:
    baseline = next(one for one in scenario.deliveries if one.variant == record.baseline)
    for delivery in scenario.deliveries:
        where = f"{scenario.name}, {delivery.variant}"
        said = f"{delivery.errors} of {units.count_of(delivery.requests, 'requests')} failed"
        if delivery.unanswered:
            yield (
                f"{where}: {units.count_of(delivery.unanswered, 'requests')} got no answer at all"
            )
        if delivery.errors > ERROR_RATE_MAX * delivery.requests:
            yield f"{where}: {said}, more than {units.percent(ERROR_RATE_MAX)}"
        if delivery is not baseline and _rates_differ(baseline, delivery):
            yield (
                f"{where}: {said}, but {baseline.errors} of {baseline.requests} in "
                f"{baseline.variant}: the error rates differ"
            )


def _rates_differ(one: Delivery, other: Delivery) -> bool:
    p_value = stats.rates_differ_p((one.errors, other.errors), (one.requests, other.requests))
    return p_value < _ALPHA


def _canary(scenario: ScenarioComparison, _: RunRecord) -> Iterator[str]:
    for effect in scenario.effects:
        if scenario.canary and _is_latency(effect) and effect.verdict in _MOVED:
            yield (
                f"{scenario.name}: the canary runs the same code in every variant, yet "
                f"{effect.variant} is {units.change(effect.ratio, effect.interval_familywise)} "
                f"in {units.metric_name(effect.metric)}, so other effects cannot be believed either"
            )


_MOVED = {Verdict.SLOWER, Verdict.FASTER}


def _is_latency(effect: Effect) -> bool:
    return effect.metric.startswith("latency_s_")


def _canary_doubts(scenario: ScenarioComparison) -> Iterator[str]:
    for effect in scenario.effects:
        unsure = effect.verdict is Verdict.INCONCLUSIVE and effect.metric == TYPICAL
        if scenario.canary and unsure:
            yield (
                "the canary cannot yet tell whether the measurement treats "
                f"{effect.variant} like the baseline"
            )
