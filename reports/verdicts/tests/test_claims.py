"""What becomes of claims: met, missed, refuted, undecided, or not measured."""

from dataclasses import replace

import pytest

from contract.config.judging import Claim
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import Spread, Verdict
from reports.page.reasons import all_in_words
from reports.statistics.values import Interval
from reports.verdicts.claims import judge_claims
from reports.verdicts.shapes import ClaimVerdict
from reports.verdicts.tests.test_gate import COUNTER, DOUBT, EFFECT, comparison_of, under_load


def test_claims_are_not_tested_under_load() -> None:
    """Whatever the load does to latency, a claim about single requests is not what it tests."""
    claim = Claim("a", "b", "c", "list", "optimized", "latency_s_p50", 0.3)
    outcome = judge_claims(under_load(), (claim,))[0]

    assert (ClaimVerdict.NOT_MEASURED, "claims are tested at low load, by `versus bench`") == (
        outcome.verdict,
        *all_in_words(outcome.notes),
    )


@pytest.mark.parametrize(
    ("high", "verdict", "claim_verdict"),
    [
        (0.30, Verdict.FASTER, ClaimVerdict.REPRODUCED),
        (0.3001, Verdict.FASTER, ClaimVerdict.PARTLY),
        (1.02, Verdict.EQUIVALENT, ClaimVerdict.NOT_REPRODUCED),
        (1.20, Verdict.SLOWER, ClaimVerdict.REFUTED),
        (0.20, Verdict.INCONCLUSIVE, ClaimVerdict.UNDECIDED),
    ],
)
def test_claims_of_time(high: float, verdict: Verdict, claim_verdict: ClaimVerdict) -> None:
    """Of "70 % faster", the whole interval must be at or below 0.30."""
    claim = Claim("a", "70 % faster", "text", "list", "optimized", "latency_s_p50", 0.30)
    effect = replace(EFFECT, interval90=Interval(0.1, high, 0.9), verdict=verdict)

    assert claim_verdict == judge_claims(comparison_of(effect), (claim,))[0].verdict


@pytest.mark.parametrize(
    ("low", "warnings", "claim_verdict"),
    [
        (0.31, (), ClaimVerdict.NOT_REPRODUCED),
        (0.30, (), ClaimVerdict.UNDECIDED),
        (0.31, (DOUBT,), ClaimVerdict.UNDECIDED),
    ],
)
def test_less_than_was_claimed(
    low: float, warnings: tuple[Reason, ...], claim_verdict: ClaimVerdict
) -> None:
    """Whether there is any change is open, and that there is one of 70 % is not."""
    claim = Claim("a", "70 % faster", "text", "list", "optimized", "latency_s_p50", 0.30)
    wide = Interval(low, 1.2, 0.9)
    effect = replace(
        EFFECT, interval90=wide, verdict=Verdict.INCONCLUSIVE, warnings=warnings, needed_s=None
    )
    outcome = judge_claims(comparison_of(effect), (claim,))[0]

    assert (claim_verdict, wide) == (outcome.verdict, outcome.interval90)
    assert (outcome.notes == (reason(Name.LESS_THAN_CLAIMED),)) is (
        claim_verdict is ClaimVerdict.NOT_REPRODUCED
    )


@pytest.mark.parametrize(
    ("after", "verdict", "claim_verdict"),
    [
        (5, Verdict.FEWER, ClaimVerdict.REPRODUCED),
        (6, Verdict.FEWER, ClaimVerdict.PARTLY),
        (50, Verdict.EQUAL, ClaimVerdict.NOT_REPRODUCED),
        (51, Verdict.MORE, ClaimVerdict.REFUTED),
    ],
)
def test_claims_of_counts(after: float, verdict: Verdict, claim_verdict: ClaimVerdict) -> None:
    """Of "90 % fewer" than 50, five are enough and six are not."""
    claim = Claim("a", "90 % fewer", "text", "list", "optimized", "db_rows", 0.10)
    within = Spread(after / 50, after / 50, after / 50)
    counter = replace(COUNTER, after=Spread(after, after, after), within=within, verdict=verdict)

    assert claim_verdict == judge_claims(comparison_of(counter=counter), (claim,))[0].verdict


def test_claims_that_were_not_measured_have_a_reason() -> None:
    """A declared reason stands; a metric the run lacks is named so."""
    declared = Claim("a", "b", "c", not_measured="no browser")
    missing = Claim("a", "b", "c", "other", "optimized", "db_rows", 0.1)

    outcomes = judge_claims(comparison_of(), (declared, missing))

    assert [ClaimVerdict.NOT_MEASURED] * 2 == [one.verdict for one in outcomes]
    assert ["no browser", "not measured in this run"] == [
        *all_in_words(each for one in outcomes for each in one.notes)
    ]
