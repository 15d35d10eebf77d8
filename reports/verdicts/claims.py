"""Compares claims with what was measured; a claim never fails a gate."""

from collections.abc import Sequence

from contract.config.judging import Claim
from reports.effects.comparison import SERVED, Comparison
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import CounterEffect, Effect, Verdict
from reports.verdicts.gate import why_missing
from reports.verdicts.shapes import ClaimOutcome, ClaimVerdict


def judge_claims(comparison: Comparison, claims: Sequence[Claim]) -> tuple[ClaimOutcome, ...]:
    """Judge every claim."""
    return tuple(_judge(comparison, claim) for claim in claims)


def _judge(comparison: Comparison, claim: Claim) -> ClaimOutcome:
    if claim.not_measured:
        return _not_measured(claim, reason(Name.CLAIM_NOT_TESTABLE, text=claim.not_measured))
    if comparison.design == "load":
        return _not_measured(claim, reason(Name.CLAIM_NEEDS_LOW_LOAD))
    if claim.scenario in comparison.invalid_scenarios:
        return _not_measured(claim, reason(Name.SCENARIO_INVALID))
    key = (claim.scenario, claim.variant, claim.metric)
    for effect in comparison.effects(*SERVED):
        if (effect.scenario, effect.variant, effect.metric) == key:
            return _judge_time(claim, effect)
    for counter in comparison.counters(*SERVED):
        if (counter.scenario, counter.variant, counter.metric) == key:
            return _judge_count(claim, counter)
    why = why_missing(comparison, key, page=bool(claim.page))
    return _not_measured(claim, *(why or (reason(Name.NOT_IN_THIS_RUN),)))


def _not_measured(claim: Claim, *why: Reason) -> ClaimOutcome:
    return ClaimOutcome(claim, ClaimVerdict.NOT_MEASURED, notes=why)


_BY_VERDICT = {
    Verdict.FASTER: ClaimVerdict.PARTLY,
    Verdict.FEWER: ClaimVerdict.PARTLY,
    Verdict.EQUIVALENT: ClaimVerdict.NOT_REPRODUCED,
    Verdict.EQUAL: ClaimVerdict.NOT_REPRODUCED,
    Verdict.SLOWER: ClaimVerdict.REFUTED,
    Verdict.MORE: ClaimVerdict.REFUTED,
    Verdict.INCONCLUSIVE: ClaimVerdict.UNDECIDED,
}
"""The verdict on a claim that was not met in full."""


def _judge_time(claim: Claim, effect: Effect) -> ClaimOutcome:
    verdict = _BY_VERDICT[effect.verdict]
    expected = claim.ratio_expected or 0.0
    met = effect.interval90.high <= expected and effect.on_one_side(expected)
    notes = effect.warnings
    if met and verdict is ClaimVerdict.PARTLY:
        verdict = ClaimVerdict.REPRODUCED
    excluded = effect.interval90.low > (claim.ratio_expected or 0.0) and not effect.warnings
    if excluded and verdict is ClaimVerdict.UNDECIDED:
        # Whether anything changed may be open where it is certain that so much did not.
        verdict = ClaimVerdict.NOT_REPRODUCED
        notes = (reason(Name.LESS_THAN_CLAIMED),)
    return ClaimOutcome(claim, verdict, effect.ratio, effect.interval90, notes)


def _judge_count(claim: Claim, counter: CounterEffect) -> ClaimOutcome:
    verdict = _BY_VERDICT[counter.verdict]
    met = counter.within.high <= (claim.ratio_expected or 0.0)
    if met and verdict is ClaimVerdict.PARTLY:
        verdict = ClaimVerdict.REPRODUCED
    undecided = verdict is ClaimVerdict.UNDECIDED
    notes = (reason(Name.NOT_FEWER_IN_EVERY_ROUND),) if undecided else ()
    return ClaimOutcome(claim, verdict, counter.ratio, notes=notes)
