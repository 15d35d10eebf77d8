"""Variants that answer differently in one scenario: that one proves nothing, the others stand."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from contract.config.judging import Budget, Claim, Settings
from contract.run.reading import Run, read_run
from reports.effects.compare import compare
from reports.effects.shapes import State
from reports.effects.tests.test_bodies import answers
from reports.page.budgets import gate_lines
from reports.page.first_verdicts import new_verdicts
from reports.publish import publish
from reports.tests.runs import Behaviour, Made, make_run
from reports.verdicts.claims import judge_claims
from reports.verdicts.gate import judge
from reports.verdicts.shapes import ClaimVerdict, Decision
from reports.verdicts.stopping import decided
from reports.verdicts.tests.test_stopping import TENTH_SLOWER, UNDER_WAY

OTHER = replace(
    TENTH_SLOWER,
    name="other",
    behaviours={"baseline": Behaviour(0.02), "optimized": Behaviour(0.01, body_hash=5)},
    rounds=60,
    ended="decided",
)
BUDGETS = tuple(Budget(name, "optimized", "latency_s_p50", 1.02) for name in ("list", "other"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two scenarios; the variants answer differently in one."""
    made = Made((replace(TENTH_SLOWER, ended="decided"), OTHER), changes={"looks": True})
    found = read_run(make_run(tmp_path_factory.mktemp("run"), made))
    first, second = found.record.scenarios
    known = second.model_copy(update={"answers": answers("different", variant="optimized")})
    return replace(found, record=found.record.model_copy(update={"scenarios": (first, known)}))


def test_the_others_keep_their_verdicts(run: Run) -> None:
    """The run is invalid and cannot pass; what is exceeded elsewhere is said."""
    comparison = compare(run.record, run.samples)
    judgement = judge(comparison, BUDGETS)
    lines = gate_lines(comparison, judgement)

    assert (frozenset({"other"}), State.INVALID) == (comparison.invalid_scenarios, comparison.state)
    assert 4 == judgement.exit_code
    assert [Decision.FAIL, Decision.INCONCLUSIVE] == [
        outcome.decision for outcome in judgement.outcomes
    ]
    assert lines[0] == (
        "INVALID: this run cannot pass; 1 of 2 budgets exceeded in other scenarios: other: the "
        "variants answered with different bodies in 60 of 60 rounds: /items/0/owner: nothing / "
        '"ann"'
    )
    assert "not measured, limit 1.02x; answers differ, so latencies prove nothing" in lines[2]


def test_where_all_differ_the_whole_run_is_invalid(run: Run) -> None:
    """Nothing is left that could keep a verdict."""
    alone = run.record.model_copy(update={"scenarios": run.record.scenarios[1:]})
    comparison = compare(alone, run.samples)

    assert (frozenset(), False) == (comparison.invalid_scenarios, comparison.judged)


def test_a_claim_about_it_is_not_measured(run: Run) -> None:
    """However fast the wrong answers came."""
    claim = Claim("half", "half", "a report", "other", "optimized", "latency_s_p50", 0.50)
    (outcome,) = judge_claims(compare(run.record, run.samples), (claim,))

    assert ClaimVerdict.NOT_MEASURED is outcome.verdict


def test_it_ends_at_once_and_shows_no_verdict(tmp_path: Path) -> None:
    """After its first block; what only has another form goes on."""
    found = read_run(make_run(tmp_path, Made((replace(OTHER, rounds=5),), changes=UNDER_WAY)))
    scenario = found.record.scenarios[0]
    equal = scenario.model_copy(update={"answers": answers("equal", variant="optimized")})
    same = found.record.model_copy(update={"scenarios": (equal,)})

    assert {"other"} == decided(found.record, found.samples, Settings())
    assert frozenset() == decided(same, found.samples, Settings())


def test_no_verdict_of_it_is_shown_early(run: Run) -> None:
    """A person who waits reads only what may be believed."""
    shown = new_verdicts(compare(run.record, run.samples), ())

    assert {"list"} == {scenario for scenario, _, _ in shown}


def test_the_page_names_it(tmp_path: Path) -> None:
    """The headline says which scenario is invalid and what the others show."""
    made = Made((replace(TENTH_SLOWER, ended="decided"), OTHER), changes={"looks": True})
    folder = make_run(tmp_path, made)
    out = io.StringIO()

    assert 4 == publish(folder, out).exit_code
    assert out.getvalue().startswith("Invalid in other: list is 9.5 % slower.")
