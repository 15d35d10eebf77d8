"""Whether a run may be believed at all, and why not.

What the run's record states is only the start: a run whose canary changed, whose variants answered
differently, or that delivered less than planned must never be read as a pass.
"""

import math
from collections.abc import Iterator, Sequence

from contract.metrics import LATENCIES, TYPICAL
from contract.run.record import LoadRecord, RestartsRecord, RunRecord, StepRecord
from reports.effects import capacity
from reports.effects.bodies import differences_of, facts_of, first_pair
from reports.effects.capacity import LoadComparison
from reports.effects.host import GENERATOR_CPU_SHARE_MAX
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import Delivery, State, SubjectComparison, Verdict
from reports.statistics import stats

ERROR_RATE_MAX = 0.01
"""With more wrong answers than this, the rest is no fair sample."""

SILENT_RATE_MAX = 0.01
"""With more rounds than this without an observation of every variant, something was lost."""

SEPARATE_SERVERS_DIFFER = 0.01
"""Processes of the same code differ in latency by a few tenths of a percent: memory layout and hash
seeds are drawn at their start."""

_ALPHA = 0.01
# Of each variant in each scenario: such a fault must not be reported now and then by chance.
_UNFAIR_ALPHA = 1e-5
# So many standard deviations from what is expected, the exact p-value is far above that.
_NEAR_SD = 3.0
_EXPLAINED = {"rounds", "time", "decided"}
_OVERRUN_SHARE_MAX = 0.5
_CHANGED = {Verdict.SLOWER, Verdict.FASTER}


def examine_requests(
    record: RunRecord, scenarios: Sequence[SubjectComparison], load: LoadComparison | None
) -> tuple[Reason, ...]:
    """Why a run's requests prove nothing; empty where they do."""
    generator = tuple(_load_delivered(record, load) if load else _generator(record))
    if record.load_users:
        # Requests that failed, and how many there were, are results.
        return generator
    # Where load fell short, each scenario would only repeat that it did.
    delivered = (_delivered,) if load and generator else (_delivered, _evenly)
    of_scenarios = (
        one
        for scenario in scenarios
        for examine in (_bodies, *delivered, _order, _errors_of_requests, _canary)
        for one in examine(scenario, record)
    )
    return (*generator, *of_scenarios)


def examine_pages(
    pages: Sequence[SubjectComparison], baseline: str, state: State
) -> tuple[Reason, ...]:
    """Why a run's pages prove nothing, by the same rules as for requests.

    Args:
        pages: compared.
        baseline: the variant that every other one is compared with.
        state: what is known without pages; a run that was cut off may lack what it planned.
    """
    return tuple(one for page in pages for one in _page(page, baseline, state))


def stated_reasons(record: RunRecord) -> tuple[Reason, ...]:
    """Why the run is not complete, as its record states it."""
    if record.state != "complete" and not record.reasons:
        return (reason(Name.CLOSED_AS, state=record.state),)
    return tuple(reason(Name.STATED, text=text) for text in record.reasons)


def find_doubts(record: RunRecord, scenarios: Sequence[SubjectComparison]) -> tuple[Reason, ...]:
    """What else to know of a run that it does not invalidate."""
    return (
        *_sides_not_proven(record),
        *_separate_servers(record),
        *_measured_together(record),
        *(_rate_not_carried(record.load, record.variants) if record.load else ()),
        *(
            Reason(one.name, scenario.name, one.facts)
            for scenario in scenarios
            for one in (
                *_answers(scenario, of_users=record.load_users is not None),
                *scenario.warnings,
                *_canary_undecided(scenario, record),
            )
        ),
    )


def _sides_not_proven(record: RunRecord) -> Iterator[Reason]:
    """Whether two revisions that differ may both have run the same code."""
    found = record.revisions
    if found is None or found.proven:
        return
    if not found.changed:
        yield reason(Name.SIDES_NOT_PROVEN, sides=[])
        return
    shown = {side for side, evidence in found.evidence.items() if evidence.kind}
    sides = [side for side in record.variants if side not in shown]
    yield reason(Name.SIDES_NOT_PROVEN, sides=sides)


def _generator(record: RunRecord) -> Iterator[Reason]:
    """Whether the generator had anything left of the one core that it can use."""
    wall_s, cpu_s = record.noise.get("wall_s", 0.0), record.noise.get("generator_cpu_s", 0.0)
    if wall_s > 0 and cpu_s > GENERATOR_CPU_SHARE_MAX * wall_s:
        share_max = GENERATOR_CPU_SHARE_MAX
        yield reason(Name.GENERATOR_BUSY, share=cpu_s / wall_s, share_max=share_max)


def _load_delivered(record: RunRecord, load: LoadComparison) -> Iterator[Reason]:
    """Whether the planned load was sent, by a generator that had capacity left."""
    assert record.load is not None
    for worker in load.workers:
        if worker.sent < worker.planned:
            yield reason(
                Name.WORKER_SENT_LESS,
                worker=worker.number,
                sent=worker.sent,
                planned=worker.planned,
            )
    if load.samples_missing:
        yield reason(Name.OBSERVATIONS_LOST, requests=load.samples_missing)
    yield from _at_ease(record.load, load)
    steps = len(capacity.switchback_steps(record.load))
    blocks, planned = steps // (2 * len(record.variants)), record.load.blocks_planned
    if record.state == "complete" and blocks < planned:
        yield reason(Name.BLOCKS_MISSING, blocks=blocks, planned=planned)


def have_own_servers(record: RunRecord) -> bool:
    """Whether each variant has a process of its own."""
    separate = bool(record.environment.get("target", {}).get("separate_servers"))
    return separate or record.restarts is not None


def _separate_servers(record: RunRecord) -> Iterator[Reason]:
    # What differs from start to start is part of what pairs of starts differ by.
    if have_own_servers(record) and record.restarts is None:
        yield reason(Name.SEPARATE_SERVERS, share=SEPARATE_SERVERS_DIFFER)


def servers_in_doubt(record: RunRecord) -> Reason | None:
    """Why processes that were started once each cannot be told from their variants.

    Another measurement takes its CPUs from one process more than from the other, for as long as
    both live. Pairing inside rounds does not cancel that, and only fresh starts would.
    """
    if not have_own_servers(record) or record.restarts is not None:
        return None
    disturbed = next(iter(_measured_together(record)), None)
    return reason(Name.SERVERS_DISTURBED) if disturbed else None


def _measured_together(record: RunRecord) -> Iterator[Reason]:
    commands = record.environment.get("other_measurements", {}).get("commands")
    if isinstance(commands, list) and commands:
        yield reason(Name.MEASURED_TOGETHER, commands=[str(one) for one in commands])


def _rate_not_carried(record: LoadRecord, variants: Sequence[str]) -> Iterator[Reason]:
    """Where steps were too short for a growing queue to be late."""
    if record.users:
        return  # They wait for their answers, so no queue grows.
    for variant in variants:
        steps = [
            one
            for one in capacity.switchback_steps(record)
            if one.variant == variant and not _broken(one, record)
        ]
        overran = sum(capacity.overrun_share(one) > _OVERRUN_SHARE_MAX for one in steps)
        if overran > len(steps) / 2:
            yield reason(
                Name.RATE_NOT_CARRIED,
                variant=variant,
                rate_per_s=record.rate_per_s,
                overran=overran,
                steps=len(steps),
            )


def _broken(step: StepRecord, record: LoadRecord) -> bool:
    """Whether wrong answers explain its time; waiting for them in vain is no queue."""
    return step.errors > record.errors_max * sum(step.sent)


def _at_ease(record: LoadRecord, load: LoadComparison) -> Iterator[Reason]:
    if load.lag_s_p99 > record.lag_s_max:
        yield reason(Name.SENT_LATE, lag_s_p99=load.lag_s_p99, lag_s_max=record.lag_s_max)
    busiest = max((worker.cpu_share for worker in load.workers), default=0.0)
    if busiest > record.worker_cpu_share_max:
        share_max = record.worker_cpu_share_max
        name = Name.USERS_BUSY if record.users else Name.WORKER_BUSY
        yield reason(name, share=busiest, share_max=share_max)


def _bodies(scenario: SubjectComparison, record: RunRecord) -> Iterator[Reason]:
    """Of two revisions another answer is no fault of the run: a finding, which the gate judges."""
    for one in differences_of(scenario) if record.restarts is None else ():
        yield Reason(Name.BODIES_DIFFER, scenario.name, one.facts)


def _answers(scenario: SubjectComparison, *, of_users: bool) -> Iterator[Reason]:
    """What of a scenario's answers is not compared."""
    answers = scenario.scenario.answers
    if scenario.new or of_users:
        return
    if answers and answers.not_compared:
        yield reason(Name.ANSWERS_NOT_COMPARED, why=answers.not_compared, ignore=answers.ignore)
        return
    if answers and answers.noise:
        yield reason(Name.ANSWERS_NOISY, places=answers.noise, ignore=answers.ignore)
    if not scenario.rounds_bodies_differ and (pair := first_pair(scenario, "different")):
        yield reason(Name.ANSWERS_DIFFER_ELSEWHERE, **facts_of(pair))


def _delivered(scenario: SubjectComparison, record: RunRecord) -> Iterator[Reason]:
    """Less measured than planned, unless the record is partial and states so itself."""
    planned = scenario.scenario
    rounds = scenario.rounds + scenario.rounds_left_out
    facts = {"rounds": rounds, "planned": planned.rounds_max, "ended": planned.ended}
    if rounds < planned.rounds:
        yield reason(Name.ROUNDS_LOST, scenario.name, rounds=rounds, stated=planned.rounds)
    if record.state != "complete":
        return
    if planned.ended not in _EXPLAINED:
        yield reason(Name.ENDED_WITHOUT_CAUSE, scenario.name, **facts)
    elif record.restarts:
        yield from _started(scenario, record.restarts)
    elif planned.ended == "rounds" and rounds < planned.rounds_max:
        yield reason(Name.ROUNDS_MISSING, scenario.name, **facts)
    if rounds == 0:
        yield reason(Name.NO_ROUND, scenario.name)
    elif scenario.rounds == 0:
        yield reason(Name.NO_ROUND_COMPARABLE, scenario.name, rounds=rounds)


def _started(scenario: SubjectComparison, restarts: RestartsRecord) -> Iterator[Reason]:
    """Whether there were as many pairs of starts as its end states."""
    starts, planned = len(restarts.starts), restarts.looks[-1]
    if scenario.scenario.ended == "rounds" and starts < planned:
        yield reason(Name.STARTS_MISSING, scenario.name, starts=starts, planned=planned)


def _evenly(scenario: SubjectComparison, record: RunRecord) -> Iterator[Reason]:
    """Every round observes every variant once; only where a run is cut off one may be short."""
    cut_off = 0.0 if record.state == "complete" else 1.0
    if record.load and cut_off:
        cut_off = math.inf  # A whole step of one variant may be missing.
    yield from _unequal_counts(scenario, cut_off)
    rounds = scenario.rounds + scenario.rounds_left_out
    if scenario.rounds_silent > max(SILENT_RATE_MAX * rounds, cut_off):
        yield reason(
            Name.ROUNDS_INCOMPLETE,
            scenario.name,
            incomplete=scenario.rounds_silent,
            rounds=rounds,
            share_max=SILENT_RATE_MAX,
        )


def _unequal_counts(compared: SubjectComparison, difference_max: float) -> Iterator[Reason]:
    counts = {one.variant: one.requests for one in compared.deliveries}
    if max(counts.values()) - min(counts.values()) > difference_max:
        yield reason(Name.UNEQUAL_COUNTS, compared.name, kind=compared.kind, counts=counts)


def _order(compared: SubjectComparison, record: RunRecord) -> Iterator[Reason]:
    """Verdicts of paired rounds rest on the coins that drew each round's order, and on no more."""
    if not record.load:
        yield from _order_of(compared)


def _order_of(compared: SubjectComparison) -> Iterator[Reason]:
    most = drawn_unfairly(compared.deliveries)
    if most is not None:
        yield reason(
            Name.ORDER_NOT_RANDOM,
            compared.name,
            kind=compared.kind,
            variant=most.variant,
            first=most.first,
            rounds=sum(one.first for one in compared.deliveries),
        )


def drawn_unfairly(deliveries: Sequence[Delivery]) -> Delivery | None:
    """The variant that came first so often that no coin drew it; None where a coin may have."""
    first = [one.first for one in deliveries]
    expected, chance = sum(first) / len(first), 1 / len(first)
    if max(abs(one - expected) for one in first) <= _NEAR_SD * math.sqrt(expected * (1 - chance)):
        return None
    fair = min(stats.fair_p(one, sum(first), 1 / len(first)) for one in first) >= _UNFAIR_ALPHA
    return None if fair else max(deliveries, key=lambda one: one.first)


def _errors_of_requests(scenario: SubjectComparison, record: RunRecord) -> Iterator[Reason]:
    rate_max = min(ERROR_RATE_MAX, record.load.errors_max) if record.load else ERROR_RATE_MAX
    yield from _errors(scenario, record.baseline, rate_max)


def _errors(compared: SubjectComparison, baseline: str, rate_max: float) -> Iterator[Reason]:
    base = next(one for one in compared.deliveries if one.variant == baseline)
    for one in compared.deliveries:
        facts = {
            "kind": compared.kind,
            "variant": one.variant,
            "errors": one.errors,
            "requests": one.requests,
        }
        if one.unanswered:
            yield reason(
                Name.NO_ANSWER, compared.name, variant=one.variant, requests=one.unanswered
            )
        if one.errors > rate_max * one.requests:
            example = one.kinds[0][0] if one.kinds else ""
            yield reason(
                Name.ERROR_RATE, compared.name, **facts, share_max=rate_max, example=example
            )
        if one is not base and rates_differ(base, one):
            yield reason(
                Name.ERROR_RATES_DIFFER,
                compared.name,
                **facts,
                baseline=baseline,
                baseline_errors=base.errors,
                baseline_requests=base.requests,
            )


def rates_differ(one: Delivery, other: Delivery) -> bool:
    """Whether two variants fail more unequally than by chance."""
    p_value = stats.rates_differ_p((one.errors, other.errors), (one.requests, other.requests))
    return p_value < _ALPHA


def _page(page: SubjectComparison, baseline: str, state: State) -> Iterator[Reason]:
    yield from _errors(page, baseline, ERROR_RATE_MAX)
    yield from _order_of(page)
    unequal = tuple(_unequal_counts(page, 0))
    yield from unequal
    if not unequal and page.rounds == 0 and state is State.COMPLETE:
        yield reason(Name.NO_ROUND_COMPARABLE, page.name, rounds=page.rounds_left_out)


def _watches(scenario: SubjectComparison, record: RunRecord) -> bool:
    """Under load a canary shares the server with code that differs, so it may well change."""
    return scenario.canary and record.load is None


def _canary(scenario: SubjectComparison, record: RunRecord) -> Iterator[Reason]:
    for effect in scenario.effects if _watches(scenario, record) else ():
        if effect.metric in LATENCIES and effect.verdict in _CHANGED:
            yield reason(
                Name.CANARY_CHANGED,
                scenario.name,
                variant=effect.variant,
                metric=effect.metric,
                ratio=effect.ratio,
                interval=effect.interval_familywise,
            )


def _canary_undecided(scenario: SubjectComparison, record: RunRecord) -> Iterator[Reason]:
    for effect in scenario.effects if _watches(scenario, record) else ():
        if effect.verdict is Verdict.INCONCLUSIVE and effect.metric == TYPICAL:
            yield reason(Name.CANARY_UNDECIDED, scenario.name, variant=effect.variant)
