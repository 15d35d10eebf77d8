"""A few words about each part of the page."""

from dataclasses import replace

from reports.effects.shapes import Verdict
from reports.page.cards import cards_of
from reports.statistics.values import Interval
from reports.verdicts.findings import COMPARISON_VERSION, Findings
from reports.verdicts.gate import judge
from reports.verdicts.tests.test_gate import EFFECT, budget, comparison_of

FOUND = comparison_of(replace(EFFECT, interval_familywise=Interval(1.008, 1.03, 0.99)))
JUDGED = judge(FOUND, (budget(ratio_max=1.1), budget(ratio_max=1.005)))
FINDINGS = Findings(COMPARISON_VERSION, "a run", FOUND, JUDGED, (), ())


def test_budgets_are_counted_failed_first() -> None:
    """With a bar of the same numbers, and the scenario to look at."""
    budgets, _, following = cards_of(FINDINGS, (), 0)

    assert ("1 of 2 failed: list, optimized · 1 kept", "gate") == (budgets.text, budgets.anchor)
    assert (("bad", 1), ("unsure", 0), ("good", 1)) == budgets.bar
    assert ("Look at list: typical latency.", "scenario-1-list") == (
        following.text,
        following.anchor,
    )


def test_without_budgets_the_next_step_is_to_state_some() -> None:
    """The gate would have nothing to judge."""
    faster = comparison_of(replace(EFFECT, verdict=Verdict.FASTER, ratio=0.5))
    found = Findings(COMPARISON_VERSION, "a run", faster, judge(faster, ()), (), ())
    *_, following = cards_of(found, (), 0)

    assert "State budgets, so that the gate has something to judge." == following.text


def test_warnings_are_counted() -> None:
    """With a link to them."""
    _, sure, _ = cards_of(FINDINGS, (), 3)

    assert sure.text.endswith("3 warnings")
    assert "warnings" == sure.anchor
