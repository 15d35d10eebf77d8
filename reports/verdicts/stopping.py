"""Which scenarios of a run under way need no further measuring.

It runs between blocks, so it must be quick: it compares only the metrics that a budget, a claim or
a verdict of the whole run is about.
"""

from collections.abc import Callable, Collection, Sequence

from contract.config.judging import Claim, Settings
from contract.looks import LOOKS, looks_reached
from contract.metrics import BODIES, TYPICAL, find, stage_column
from contract.run.record import RunRecord
from contract.run.samples import Samples
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.estimating import required
from reports.effects.primaries import primaries
from reports.effects.shapes import Effect, SubjectComparison, Verdict
from reports.statistics.sequential import Look
from reports.verdicts.accepted import acknowledge, day_of
from reports.verdicts.gate import expanded, judge
from reports.verdicts.settings import joint_metrics
from reports.verdicts.shapes import Decision, Outcome


def decided(
    record: RunRecord,
    samples: Samples,
    settings: Settings,
    seen: Callable[[Comparison], None] | None = None,
) -> frozenset[str]:
    """The names of the scenarios whose questions are all decided.

    A scenario is decided when its primary effects have verdicts and all budgets and claims about it
    are decided. What its budget of time cannot decide is not waited for, such as a p95 where rounds
    are slow. A canary is decided when its typical latency is. Where answers differ, nothing is
    waited for: the scenario proves nothing.

    Args:
        record: of the run so far.
        samples: of the run so far.
        settings: how the run is judged.
        seen: takes the comparison of what has been measured so far.
    """
    comparison = _compare_judged(record, samples, settings)
    if seen:
        seen(comparison)
    return frozenset(
        scenario.name
        for scenario in comparison.scenarios
        if scenario.rounds_bodies_differ
        or (
            _has_verdicts(scenario, comparison)
            and not _open_budgets(scenario, comparison, settings)
            and not _open_claims(scenario, comparison, settings)
        )
    )


def gated(record: RunRecord, samples: Samples, settings: Settings) -> frozenset[str]:
    """The names of the scenarios of which more measuring would not change the gate.

    As `decided`, where only PASS or FAIL matters: a scenario stops when all budgets
    about it are decided, a canary when it could have raised the alarm.
    """
    return _without_open_budgets(_compare_budgeted(record, samples, settings), settings)


def settled(record: RunRecord, samples: Samples, settings: Settings) -> frozenset[str]:
    """As `gated`, in a run of two revisions, which ends once it has failed.

    All scenarios stop as soon as one budget fails: counters have no noise, so they are looked at
    after every pair of starts; latencies as was declared. Where nothing but answers differs, they
    go on up to the first look at latencies: whoever mends the answers learns the latencies, too.
    """
    comparison = _compare_budgeted(record, samples, settings)
    failing = _failing(comparison, record, settings)
    everything = frozenset(scenario.name for scenario in comparison.scenarios)
    if any(outcome.budget.metric != BODIES for outcome in failing):
        return everything
    if not all(_times(scenario) for scenario in comparison.scenarios):
        return frozenset()  # The first look is still to come.
    return everything if failing else _without_open_budgets(comparison, settings)


def _times(scenario: SubjectComparison) -> set[str]:
    """The times that were estimated; none before the first look."""
    own = {one.metric for one in scenario.own if one.level}
    return own | {effect.metric for effect in scenario.effects}


def failed(record: RunRecord, samples: Samples, settings: Settings) -> bool:
    """Whether a budget is exceeded already, so that more measuring cannot change the answer."""
    return bool(_failing(_compare_budgeted(record, samples, settings), record, settings))


def _failing(comparison: Comparison, record: RunRecord, settings: Settings) -> list[Outcome]:
    """The budgets that are exceeded, and answers that differ, without that being accepted."""
    judgement = judge(comparison, settings.budgets)
    accepted = acknowledge(comparison, judgement, settings.accepted, day_of(record))[1]
    borne = {one.budget for one in accepted if one.standing == "accepted"}
    return [
        outcome
        for outcome in judgement.outcomes
        if outcome.decision is Decision.FAIL and outcome.budget not in borne
    ]


def _without_open_budgets(comparison: Comparison, settings: Settings) -> frozenset[str]:
    return frozenset(
        scenario.name
        for scenario in comparison.scenarios
        if (not scenario.canary or _has_verdicts(scenario, comparison))
        and not _open_budgets(scenario, comparison, settings)
    )


def _compare_judged(record: RunRecord, samples: Samples, settings: Settings) -> Comparison:
    """A run under way, reduced to what is judged."""
    claimed = {one.metric for one in settings.claims}
    return _compare_budgeted(record, samples, settings, {*primaries("paired"), *claimed})


def _compare_budgeted(
    record: RunRecord, samples: Samples, settings: Settings, others: Collection[str] = ()
) -> Comparison:
    """A run under way, reduced to the typical latency, what has a budget, and other metrics."""
    metrics = {TYPICAL, *others} | {one.metric for one in settings.budgets}
    judged = record.model_copy(
        update={
            "looks": True,
            "stages": tuple(one for one in record.stages if stage_column(one) in metrics),
            "counters": tuple(one for one in record.counters if one in metrics),
        }
    )
    joint = joint_metrics(record, settings)
    return compare(judged, samples, settings.margins, joint=joint, only=metrics)


def _has_verdicts(scenario: SubjectComparison, comparison: Comparison) -> bool:
    """Whether the metrics that are waited for have verdicts."""
    metrics = {TYPICAL} if scenario.canary else {*primaries("paired")}
    waited = [
        effect
        for effect in scenario.effects
        if effect.metric in metrics and _in_reach(effect.metric, scenario, comparison)
    ]
    return bool(waited) and all(one.verdict is not Verdict.INCONCLUSIVE for one in waited)


def _in_reach(metric: str, scenario: SubjectComparison, comparison: Comparison) -> bool:
    """Whether the scenario's budgets of time and rounds have room for a verdict on a metric."""
    planned = scenario.scenario
    rounds = int(min(planned.rounds_max, planned.budget_s / scenario.round_s))
    confidence = comparison.confidence_canary if scenario.canary else comparison.confidence
    needed = required(Look(rounds), confidence, find(metric)).rounds
    if metric in primaries("paired") and _all_changed(scenario):
        # A tail may then be told as one factor of all requests.
        needed = min(needed, find(metric).rounds_first)
    return looks_reached(rounds) > 0 and LOOKS[looks_reached(rounds) - 1] >= needed


def _all_changed(scenario: SubjectComparison) -> bool:
    """Whether the typical latency of any variant changed."""
    changed = {Verdict.SLOWER, Verdict.FASTER}
    return any(one.metric == TYPICAL and one.verdict in changed for one in scenario.effects)


def _open_budgets(
    scenario: SubjectComparison, comparison: Comparison, settings: Settings
) -> list[str]:
    """Metrics of which a budget is undecided, and more rounds could decide it."""
    every = [one for budget in settings.budgets for one in expanded(budget, comparison)]
    # What passes undecided is not waited for: it fails if a look for the others finds it to.
    budgets = [one for one in every if one.scenario == scenario.name and one.undecided != "pass"]
    undecided = [
        outcome.budget.metric
        for outcome in judge(comparison, budgets).outcomes
        if outcome.decision is Decision.INCONCLUSIVE
    ]
    return _reachable(undecided, scenario, comparison)


def _open_claims(
    scenario: SubjectComparison, comparison: Comparison, settings: Settings
) -> list[str]:
    """Metrics of which a claim is undecided, and more rounds could decide it."""
    effects = {(one.variant, one.metric): one for one in scenario.effects}
    claims = [one for one in settings.claims if one.scenario == scenario.name]
    undecided = [
        one.metric for one in claims if _is_open(one, effects.get((one.variant, one.metric)))
    ]
    return _reachable(undecided, scenario, comparison)


def _reachable(
    metrics: Sequence[str], scenario: SubjectComparison, comparison: Comparison
) -> list[str]:
    """Those that were compared, and that the scenario's budgets have room for."""
    compared = _times(scenario)
    return [
        metric
        for metric in metrics
        if metric in compared and _in_reach(metric, scenario, comparison)
    ]


def _is_open(claim: Claim, effect: Effect | None) -> bool:
    """Whether the interval still holds what was claimed, so that it may be met or not."""
    if effect is None or claim.ratio_expected is None:
        return False
    within = effect.interval90.low <= claim.ratio_expected < effect.interval90.high
    return within or effect.verdict is Verdict.INCONCLUSIVE
