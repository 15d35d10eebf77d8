"""Which scenarios of a run under way need no further measuring.

Asked between blocks, so it must be quick: it compares only what somebody asked about.
"""

from collections.abc import Sequence
from typing import Any

from contract.run.columns import stage_column
from contract.run.record import RunRecord
from reports.effects.compare import compare
from reports.effects.effects import ROUNDS_PER_UNIT, units_min
from reports.model import (
    TAIL,
    TYPICAL,
    Claim,
    Comparison,
    Decision,
    Effect,
    ScenarioComparison,
    Settings,
    Verdict,
)
from reports.verdicts.gate import expanded, judge


def decided(record: RunRecord, samples: Any, settings: Settings) -> frozenset[str]:
    """The names of the scenarios of which more measuring would tell nothing that was asked.

    A scenario is decided when its primary effects have verdicts and all budgets and claims about it
    are decided. What its budget of time cannot tell is not waited for, such as a p95 where rounds
    are slow. A canary is decided when its typical latency is.

    Args:
        record: of the run so far.
        samples: what was measured so far, as `compare` takes it.
        settings: what the run's configuration says about judging it.
    """
    comparison = _compare_asked(record, samples, settings)
    return frozenset(
        scenario.name
        for scenario in comparison.scenarios
        if _told(scenario, comparison)
        and not _open_budgets(scenario, comparison, settings)
        and not _open_claims(scenario, comparison, settings)
    )


def gated(record: RunRecord, samples: Any, settings: Settings) -> frozenset[str]:
    """The names of the scenarios of which more measuring would not change the gate.

    As `decided`, where nobody asks for more than PASS or FAIL: a scenario stops when all budgets
    about it are decided, a canary when it could have raised the alarm.
    """
    return _without_open_budgets(_compare_asked(record, samples, settings), settings)


def settled(record: RunRecord, samples: Any, settings: Settings) -> frozenset[str]:
    """As `gated`, in a run of two revisions: nobody waits for what cannot save it any more.

    All scenarios stop as soon as one budget fails, or answers differ: counters and bodies have no
    noise, so they are looked at after every pair of starts; latencies as was declared.
    """
    comparison = _compare_asked(record, samples, settings)
    if _failed(comparison, settings):
        return frozenset(scenario.name for scenario in comparison.scenarios)
    if not all(scenario.effects for scenario in comparison.scenarios):
        return frozenset()  # The first look is still to come.
    return _without_open_budgets(comparison, settings)


def failed(record: RunRecord, samples: Any, settings: Settings) -> bool:
    """Whether a budget is exceeded already, so that nothing measured from now on can save it."""
    return _failed(_compare_asked(record, samples, settings), settings)


def _failed(comparison: Comparison, settings: Settings) -> bool:
    outcomes = judge(comparison, settings.budgets).outcomes
    return any(outcome.decision is Decision.FAIL for outcome in outcomes)


def _without_open_budgets(comparison: Comparison, settings: Settings) -> frozenset[str]:
    return frozenset(
        scenario.name
        for scenario in comparison.scenarios
        if (not scenario.canary or _told(scenario, comparison))
        and not _open_budgets(scenario, comparison, settings)
    )


def _compare_asked(record: RunRecord, samples: Any, settings: Settings) -> Comparison:
    """A run under way, reduced to what somebody asked about."""
    metrics = {TYPICAL, TAIL} | {one.metric for one in settings.budgets}
    metrics |= {one.metric for one in settings.claims}
    asked = record.model_copy(
        update={
            "looks": True,
            "stages": tuple(one for one in record.stages if stage_column(one) in metrics),
            "counters": tuple(one for one in record.counters if one in metrics),
        }
    )
    return compare(asked, samples, settings.margins, asked=metrics)


def _told(scenario: ScenarioComparison, comparison: Comparison) -> bool:
    """Whether the primaries have verdicts."""
    primaries = {TYPICAL} if scenario.canary else {TYPICAL, TAIL}
    waited = [
        effect
        for effect in scenario.effects
        if effect.metric in primaries and _in_reach(effect.metric, scenario, comparison)
    ]
    return bool(waited) and all(one.verdict is not Verdict.INCONCLUSIVE for one in waited)


def _in_reach(metric: str, scenario: ScenarioComparison, comparison: Comparison) -> bool:
    """Whether the scenario's budgets of time and rounds have room for a verdict on a metric."""
    rounds = min(scenario.rounds_planned, scenario.budget_s / scenario.round_s)
    confidence = comparison.confidence_canary if scenario.canary else comparison.confidence
    return rounds >= units_min(confidence) * ROUNDS_PER_UNIT.get(metric, 1)


def _open_budgets(
    scenario: ScenarioComparison, comparison: Comparison, settings: Settings
) -> list[str]:
    """Metrics of which a budget is undecided, and more rounds could decide it."""
    every = [one for budget in settings.budgets for one in expanded(budget, comparison)]
    budgets = [one for one in every if one.scenario == scenario.name]
    undecided = [
        outcome.budget.metric
        for outcome in judge(comparison, budgets).outcomes
        if outcome.decision is Decision.INCONCLUSIVE
    ]
    return _reachable(undecided, scenario, comparison)


def _open_claims(
    scenario: ScenarioComparison, comparison: Comparison, settings: Settings
) -> list[str]:
    """Metrics of which a claim is undecided, and more rounds could decide it."""
    effects = {(one.variant, one.metric): one for one in scenario.effects}
    claims = [one for one in settings.claims if one.scenario == scenario.name]
    undecided = [
        one.metric for one in claims if _is_open(one, effects.get((one.variant, one.metric)))
    ]
    return _reachable(undecided, scenario, comparison)


def _reachable(
    metrics: Sequence[str], scenario: ScenarioComparison, comparison: Comparison
) -> list[str]:
    """Those that were compared, and that the scenario's budgets have room for."""
    compared = {effect.metric for effect in scenario.effects}
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
