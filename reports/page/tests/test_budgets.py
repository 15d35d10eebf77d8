"""Budgets and claims in words: the headline of the gate, each outcome, and each claim."""

from dataclasses import replace
from datetime import date

import pytest

from contract.config.defaults import default_budgets
from contract.config.judging import Accepted, Budget, Claim
from reports.effects.reasons import Name, reason
from reports.effects.shapes import State
from reports.page.budgets import (
    budget_table,
    claims_table,
    default_budgets_line,
    gate_lines,
    no_budget_line,
    observed_and_limit,
    outcome_line,
    repeat_line,
)
from reports.page.tests.made import texts
from reports.statistics.values import Interval
from reports.verdicts.accepted import Acceptance, Standing
from reports.verdicts.gate import judge
from reports.verdicts.shapes import ClaimOutcome, ClaimVerdict, Decision
from reports.verdicts.tests.test_gate import EVENTS, budget, comparison_of

ENTRY = Accepted(
    scenario="list",
    variant="optimized",
    metric="latency_s_p50",
    ratio_max=1.2,
    reason="a known bug",
    expires=date(2026, 12, 1),
)


@pytest.mark.parametrize(
    ("limits", "headline"),
    [
        ((1.1,), "PASS: 1 of 1 budget kept"),
        ((1.1, 1.02), "INCONCLUSIVE: 1 of 2 budgets undecided, none exceeded"),
        ((1.1, 1.02, 0.9), "FAIL: 1 of 3 budgets exceeded, 1 undecided"),
    ],
)
def test_headline(limits: tuple[float, ...], headline: str) -> None:
    """It counts what is exceeded, then what is undecided."""
    judgement = judge(comparison_of(), tuple(budget(ratio_max=one) for one in limits))

    assert headline == gate_lines(comparison_of(), judgement)[0]


def test_a_partial_run_passes_no_budget() -> None:
    """The headline gives the run's own reason."""
    partial = comparison_of(state=State.PARTIAL)
    judgement = judge(partial, (budget(ratio_max=1.1),))

    assert (
        "PARTIAL: this run cannot pass any budget: cut off" == (gate_lines(partial, judgement)[0])
    )


def test_the_line_of_an_outcome() -> None:
    """Decision, what it limits, what was observed, and the limit."""
    (outcome,) = judge(comparison_of(), (budget(ratio_max=0.9),)).outcomes

    assert (
        "FAIL list, optimized, typical latency: 1.02x, 90 % interval [1.01x, 1.03x], limit 0.9x"
        == outcome_line(outcome, None)
    )


def test_an_interval_without_an_end_says_so() -> None:
    """A question mark would be a riddle."""
    (outcome,) = judge(comparison_of(), (budget(ratio_max=0.9),)).outcomes
    unbounded = replace(outcome, interval90=Interval(0.5, float("inf"), 0.9))

    assert "1.02x [0.5x, no upper bound]" == observed_and_limit(unbounded)[0]


def test_an_interval_above_the_limit_does_not_fail_by_itself() -> None:
    """The 90 % interval is shown; a FAIL needs the one that holds jointly. Bytes have none."""
    (outcome,) = judge(comparison_of(), (budget(ratio_max=0.9),)).outcomes
    unsure = replace(outcome, decision=Decision.INCONCLUSIVE)
    counted = replace(unsure, interval90=Interval(1.02, 1.02, 1.0))
    why = "a FAIL needs the joint 99 % interval above the limit"

    assert why in outcome_line(unsure, None)
    assert why not in outcome_line(counted, None)
    assert why not in outcome_line(outcome, None)


@pytest.mark.parametrize(
    ("standing", "decision", "note"),
    [
        ("accepted", "ACCEPTED", "accepted up to 1.2x until 2026-12-01: a known bug"),
        ("expired", "FAIL", "was accepted until 2026-12-01, which is past: a known bug"),
        ("exceeded", "FAIL", "accepted up to 1.2x only: a known bug"),
        ("idle", "FAIL", "kept without its [[accepted]], which can be removed"),
    ],
)
def test_accepted_regressions(standing: Standing, decision: str, note: str) -> None:
    """Each standing of an accepted regression has its own words."""
    limit = budget(ratio_max=0.9)
    judgement = judge(comparison_of(), (limit,))
    (row,) = texts(budget_table(judgement, (Acceptance(limit, ENTRY, standing),)).rows)

    assert [decision, note] == row[5:]


def test_an_accepted_regression_without_effect_is_noted() -> None:
    """So that it can be removed."""
    limit = budget(ratio_max=1.1)
    lines = gate_lines(
        comparison_of(), judge(comparison_of(), (limit,)), (Acceptance(limit, ENTRY, "idle"),)
    )

    assert (
        (
            "note: list, optimized, typical latency: kept without its [[accepted]], which can be "
            "removed: a known bug"
        ),
    ) == lines[1:]


def test_what_was_not_measured_has_no_number() -> None:
    """And a counter that grew from nothing has no ratio."""
    absent, grown = judge(
        comparison_of(), (budget("latency_s_p99", ratio_max=1.1), budget("db_rows", ratio_max=1.1))
    ).outcomes

    assert ("not measured", "1.1x") == observed_and_limit(absent)
    assert ("some where the baseline counts none", "1.1x") == observed_and_limit(
        replace(grown, observed=float("inf"))
    )


def test_a_limit_from_below_is_named_so() -> None:
    """Of events per second, with their unit."""
    limits = (
        Budget("list", "optimized", "events_per_s_p50", ratio_min=0.95),
        Budget("list", "optimized", "events_per_s_p50", value_min=99.5),
    )
    ratio, value = judge(comparison_of(EVENTS), limits).outcomes

    assert ("1.02x [1.01x, 1.03x]", "at least 0.95x") == observed_and_limit(ratio)
    assert ("102/s [101/s, 103/s]", "at least 99.5/s") == observed_and_limit(value)
    assert "the lower end" in budget_table(judge(comparison_of(EVENTS), limits)).caption


def test_only_an_undecided_ratio_is_worth_repeating() -> None:
    """More runs do not decide what is exceeded."""
    (undecided,) = judge(comparison_of(), (budget(ratio_max=1.0299),)).outcomes
    (exceeded,) = judge(comparison_of(), (budget(ratio_max=0.9),)).outcomes

    assert (
        "undecided; repeating until it passes does not work. Measure once more: versus bench "
        "--config a; then judge both runs together: versus gate --run b --run c"
    ) == repeat_line((undecided,), "versus bench --config a", "versus gate --run b --run c")
    assert repeat_line((undecided,), "", "x").endswith(
        "Measure once more; then judge both runs together: x"
    )
    assert "" == repeat_line((exceeded,), "x", "y")


def test_a_claim_stands_beside_what_was_measured() -> None:
    """Both in the same words, with the notes and the source."""
    claim = Claim("a", "70 % faster", "a talk", "list", "optimized", "latency_s_p50", 0.30)
    missed = ClaimOutcome(
        claim,
        ClaimVerdict.NOT_REPRODUCED,
        0.98,
        Interval(0.95, 1.01, 0.9),
        (reason(Name.LESS_THAN_CLAIMED),),
    )
    untested = ClaimOutcome(
        Claim("b", "text", "a talk", not_measured="no browser"),
        ClaimVerdict.NOT_MEASURED,
        notes=(reason(Name.CLAIM_NOT_TESTABLE, text="no browser"),),
    )

    assert [
        [
            "a: 70 % faster",
            "70 % less: 3.33x faster",
            "2 % less: 2.0 % faster [-1.0, 5.0]",
            "not reproduced",
            (
                "not as much as claimed; whether there is a smaller change is undecided; "
                "source: a talk"
            ),
        ],
        ["b: text", "", "", "not measured", "no browser; source: a talk"],
    ] == texts(claims_table((missed, untested)).rows)


def test_default_budgets_are_named_in_one_line() -> None:
    """Before measuring; a star marks what is not required."""
    assert (
        "default budgets, because no [[budgets]] with revisions = true are stated: of each "
        "scenario at most typical latency 1.05x, p95 latency 1.05x*, CPU time of the service "
        "1.03x*, peak memory 1.1x*, bytes on the wire 1x*, bytes of body 1x*, CPU time in the "
        "service 1.03x* (* undecided: not required)"
    ) == default_budgets_line(default_budgets(["cpu_s"]))
    assert not default_budgets_line([{"metric": "latency_s_p50", "ratio_max": 1.1}])


@pytest.mark.parametrize(
    ("stated", "under_load", "judged"),
    [
        ([], False, False),
        ([{"variant": "after"}], False, True),
        ([{"variant": "after"}], True, False),
        ([{"variant": "after", "under_load": True}], True, True),
        ([{"revisions": True}], False, False),
    ],
)
def test_a_run_that_no_budget_limits_is_announced(
    stated: list[dict[str, object]], under_load: bool, judged: bool
) -> None:
    """Its gate would have nothing to judge, which is known before anything is measured."""
    line = no_budget_line(stated, under_load=under_load)

    assert judged == (not line)
    assert line in {"", "no budget limits this run: `versus gate` will have nothing to judge"}
