"""The whole page: headline, lede and sections."""

from dataclasses import replace

import pytest

from contract.config.judging import Claim
from reports.effects.comparison import Comparison
from reports.effects.shapes import Effect, StageBreakdown, State, Verdict
from reports.effects.stages import NOT_STAGED, OUTSIDE
from reports.page.shapes import Page
from reports.page.tests.made import RECORD
from reports.page.view import build_page
from reports.verdicts.findings import COMPARISON_VERSION, Findings
from reports.verdicts.gate import judge
from reports.verdicts.shapes import ClaimOutcome, ClaimVerdict
from reports.verdicts.tests.test_gate import EFFECT, budget, comparison_of

SLOWER = replace(EFFECT, verdict=Verdict.SLOWER, ratio=1.9)
TAIL = replace(EFFECT, metric="latency_s_p95", verdict=Verdict.INCONCLUSIVE, needed_s=100.0)


def page_of(comparison: Comparison, claims: tuple[ClaimOutcome, ...] = ()) -> Page:
    """The page of a comparison with one budget."""
    judgement = judge(comparison, (budget(ratio_max=1.1),))
    return build_page(
        RECORD, Findings(COMPARISON_VERSION, RECORD.id, comparison, judgement, claims, ())
    )


def with_effects(*effects: Effect) -> Comparison:
    """A comparison of one scenario with these effects."""
    comparison = comparison_of()
    return replace(comparison, scenarios=(replace(comparison.scenarios[0], effects=effects),))


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (SLOWER, "optimized is 1.90x slower in list"),
        (EFFECT, "optimized is neither slower nor faster in list"),
        (replace(EFFECT, verdict=Verdict.INCONCLUSIVE), "optimized is undecided in list"),
    ],
)
def test_headline(effect: Effect, words: str) -> None:
    """The size of a change is named only where it is decided."""
    assert words == page_of(comparison_of(effect)).headline


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.PARTIAL, "Partial run, read with care: optimized is"),
        (State.INVALID, "Invalid run, proves nothing: optimized is"),
    ],
)
def test_an_incomplete_run_says_so_first(state: State, words: str) -> None:
    """With the reason below it."""
    page = page_of(comparison_of(state=state))

    assert page.headline.startswith(words)
    assert ("cut off",) == page.reasons


def test_many_scenarios_alike_are_counted() -> None:
    """Three are named, the others are counted."""
    effects = [replace(SLOWER, scenario=f"s{index}", ratio=2.0) for index in range(6)]

    assert page_of(with_effects(*effects)).headline.endswith("2.00x slower in s2, slower in 3 more")


def test_nothing_compared() -> None:
    """A run without effects has a headline too."""
    assert "nothing could be compared" == page_of(with_effects()).headline


def test_lede() -> None:
    """How sure, what is undecided about p95, and how claims fared."""
    claim = ClaimOutcome(
        Claim("a", "b", "c", "list", "optimized", "latency_s_p50", 0.5), ClaimVerdict.REFUTED
    )

    assert (
        (
            "From 100 rounds of requests in random order. All intervals below (those marked 90 % "
            "excluded) hold jointly with 99 % confidence."
        ),
        (
            "p95: too few requests for a verdict in 1 of 1 comparisons; about 2 more minutes "
            "should decide it."
        ),
        "Of 1 published claims: 1 refuted.",
    ) == page_of(with_effects(EFFECT, TAIL), (claim,)).lede


def test_a_section_has_facts_and_a_verdict() -> None:
    """Rounds, what was left out, and whether bodies differ."""
    comparison = comparison_of(SLOWER)
    scenario = replace(comparison.scenarios[0], rounds_left_out=2, rounds_bodies_differ=1)
    (section,) = page_of(replace(comparison, scenarios=(scenario,))).sections

    assert ("scenario-1-list", "list", "GET /list") == (section.id, section.title, section.request)
    assert "optimized: slower, 100 ms to 102 ms, 1.90x slower [1.00, 1.04]" == section.verdict
    assert (
        (
            "100 rounds compared, each one request of every variant. 2 rounds left out, because "
            "some variant's answer was wrong."
        ),
        "Answers differ in 1 of 100 rounds.",
    ) == section.facts


def test_the_gate_has_words_only_where_there_are_budgets() -> None:
    """Its headline is on the page."""
    assert ("PASS: 1 of 1 budget kept",) == page_of(comparison_of()).gate


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((), ""),
        ((("db", 0.1), (OUTSIDE, 0.1)), " The hatched rest is outside the service: network, queue"),
        ((("db", 0.1), (NOT_STAGED, 0.1)), " The hatched rest is in no stage: the service's other"),
    ],
)
def test_nothing_is_outside_the_service_that_nobody_knows(
    parts: tuple[tuple[str, float], ...], words: str
) -> None:
    """A remainder is called what the stages allow."""
    comparison = comparison_of()
    staged = replace(comparison.scenarios[0], stages=(StageBreakdown("baseline", 0.2, parts),))
    (section,) = page_of(replace(comparison, scenarios=(staged,))).sections
    caption = section.stage_caption.removeprefix("Medians of the stages that the service reports.")

    assert caption.startswith(words)
    assert bool(words) == bool(caption)
