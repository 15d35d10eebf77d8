"""Which scenarios may stop, on runs whose truth is known."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.config.judging import Budget, Claim, Settings
from contract.metrics import TAIL, TYPICAL
from contract.run.reading import Run, read_run
from contract.run.record import RunRecord
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.shapes import Effect, State, Verdict
from reports.page.reasons import all_in_words
from reports.statistics.sequential import Look
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts import stopping
from reports.verdicts.stopping import decided, gated

PLAIN = Settings()
UNDER_WAY: Mapping[str, Any] = {"state": "partial", "reasons": ("measuring is under way",)}
TENTH_SLOWER = Scenario(
    "list",
    {"baseline": Behaviour(0.020), "optimized": Behaviour(0.022)},
    rounds=400,
    rounds_planned=100_000,
    ended="",
)


def under_way(folder: Path, scenario: Scenario = TENTH_SLOWER) -> Run:
    """A run of one scenario as a look finds it."""
    return read_run(make_run(folder, Made((scenario,), changes=UNDER_WAY)))


def is_decided(run: Run, settings: Settings = PLAIN) -> bool:
    return bool(decided(run.record, run.samples, settings))


def ratio_budget(limit: float, metric: str = TYPICAL) -> Settings:
    return Settings(budgets=(Budget("list", "optimized", metric, ratio_max=limit),))


def test_a_clear_effect_is_decided(tmp_path: Path) -> None:
    """Ten percent after 400 rounds is decided; the answer names the scenario."""
    run = under_way(tmp_path)

    assert frozenset({"list"}) == decided(run.record, run.samples, PLAIN)


def test_no_effect_is_decided_too(tmp_path: Path) -> None:
    """Equivalent is a verdict."""
    same = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}

    assert is_decided(under_way(tmp_path, replace(TENTH_SLOWER, behaviours=same)))


def test_nothing_is_decided_before_the_first_look(tmp_path: Path) -> None:
    """After 12 rounds a tenfold effect stays open: looks begin at 16."""
    huge = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.2)}
    early = replace(TENTH_SLOWER, behaviours=huge, rounds=12)

    assert not is_decided(under_way(tmp_path / "12", early))
    assert is_decided(under_way(tmp_path / "95", replace(early, rounds=95)))


def test_a_tail_is_waited_for_only_where_it_can_be_told(tmp_path: Path) -> None:
    """A budget of 3 s holds too few rounds of 50 ms for p95; 600 s hold enough, if allowed."""
    same = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
    long = replace(TENTH_SLOWER, behaviours=same, rounds=245, budget_s=600)
    short, capped = replace(long, budget_s=3), replace(long, rounds_planned=79)

    assert [True, False, True] == [
        is_decided(under_way(tmp_path / str(index), one))
        for index, one in enumerate((short, long, capped))
    ]


@pytest.mark.parametrize(("budget_s", "expected"), [(1.5, True), (3, False)])
def test_a_tail_is_waited_for_where_all_requests_changed(
    tmp_path: Path, budget_s: float, expected: bool
) -> None:
    """Sixty rounds, which 3 s hold, may tell p95 as one factor; thirty never do."""
    twice = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.01)}
    early = replace(TENTH_SLOWER, behaviours=twice, rounds=30, budget_s=budget_s)

    assert expected == is_decided(under_way(tmp_path, early))


def test_a_told_tail_holds_nothing_up(tmp_path: Path) -> None:
    """After 400 rounds p95 is told as well."""
    waited = replace(TENTH_SLOWER, budget_s=600)

    assert is_decided(under_way(tmp_path, waited))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (ratio_budget(1.02), True),
        (ratio_budget(1.10), False),
        (ratio_budget(1.25), True),
        (ratio_budget(1.10, TAIL), False),
        (ratio_budget(1.10, "latency_s_p999"), True),
        (ratio_budget(1.10, "stage_db_s"), False),
        (ratio_budget(1.25, "stage_db_s"), True),
        (ratio_budget(1.10, "stage_sign_s"), True),
        (ratio_budget(0.50, "db_rows"), True),
        (Settings(budgets=(Budget("other", "optimized", TYPICAL, 1.1),)), True),
        (Settings(budgets=(Budget("list", "optimized", TYPICAL, None, 1.0),)), True),
        (Settings(budgets=(Budget("list", "baseline", TYPICAL, None, 0.001),)), True),
    ],
)
def test_budgets_are_waited_for(tmp_path: Path, settings: Settings, expected: bool) -> None:
    """A limit near the truth holds measuring up, where more of it could decide.

    Not so a p99.9 out of reach, a stage without time, a counter, or another scenario's budget.
    """
    assert expected == is_decided(under_way(tmp_path), settings)


@pytest.mark.parametrize(("claimed", "expected"), [(0.30, True), (0.50, False), (0.80, True)])
def test_claims_are_waited_for(tmp_path: Path, claimed: float, expected: bool) -> None:
    """A claim near the truth holds measuring up; one that is clearly met or missed does not."""
    half = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.01)}
    claim = Claim("half", "half", "a report", "list", "optimized", TYPICAL, claimed)
    run = under_way(tmp_path, replace(TENTH_SLOWER, behaviours=half, rounds=95))

    assert expected == is_decided(run, Settings(claims=(claim,)))


def test_a_mean_is_waited_for_where_somebody_asks(tmp_path: Path) -> None:
    """A limit near the truth holds measuring up, one that is far from it does not."""
    run = under_way(tmp_path)

    assert not is_decided(run, ratio_budget(1.1, "latency_s_mean"))
    assert is_decided(run, ratio_budget(1.25, "latency_s_mean"))


def test_a_look_takes_no_more_than_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither mean, p99 nor any picture, unless a budget or claim is about it."""
    seen: list[set[str]] = []

    def watched(*arguments: Any, **options: Any) -> Comparison:
        found = compare(*arguments, **options)
        assert all(not one.shift_functions for one in found.scenarios)
        seen.append({one.metric for one in found.effects()})
        return found

    monkeypatch.setattr(stopping, "compare", watched)
    run = under_way(tmp_path)
    is_decided(run)
    is_decided(run, ratio_budget(1.2, "latency_s_mean"))

    assert [{TYPICAL, TAIL}, {TYPICAL, TAIL, "latency_s_mean"}] == seen


def test_claims_that_cannot_be_tested_hold_nothing_up(tmp_path: Path) -> None:
    """What is not measured is not waited for."""
    nowhere = Claim("far", "far", "a report", not_measured="needs another region")
    missing = Claim("far", "far", "a report", "list", "optimized", "stage_gone_s", 0.5)

    assert is_decided(under_way(tmp_path), Settings(claims=(nowhere, missing)))


def test_a_canary_is_decided_by_its_typical_latency(tmp_path: Path) -> None:
    """Its p95 is not waited for, though there is time for it."""
    same = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
    canary = replace(TENTH_SLOWER, behaviours=same, rounds=245, budget_s=600, canary=True)

    assert is_decided(under_way(tmp_path / "canary", canary))
    assert not is_decided(under_way(tmp_path / "other", replace(canary, canary=False)))


def test_each_scenario_is_decided_by_itself(tmp_path: Path) -> None:
    """Of two scenarios the one with an effect near its margin goes on."""
    near = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.0206)}
    made = Made(
        (TENTH_SLOWER, replace(TENTH_SLOWER, name="near", behaviours=near, rounds=95)),
        changes=UNDER_WAY,
    )
    run = read_run(make_run(tmp_path, made))

    assert frozenset({"list"}) == decided(run.record, run.samples, PLAIN)


def ended(run: Run, why: str, **changes: Any) -> RunRecord:
    scenarios = tuple(one.model_copy(update={"ended": why}) for one in run.record.scenarios)
    told = {"state": "complete", "reasons": (), "scenarios": scenarios, "looks": True}
    return run.record.model_copy(update={**told, **changes})


def typical(run: Run, record: RunRecord) -> Effect:
    found = compare(record, run.samples, {}).effects()
    return next(one for one in found if one.metric == TYPICAL)


def test_what_was_decided_stays_so_in_the_report(tmp_path: Path) -> None:
    """A run that ended because it was decided is complete and has that verdict."""
    run = under_way(tmp_path)
    found = compare(ended(run, "decided"), run.samples, {})

    assert (State.COMPLETE, Verdict.SLOWER) == (found.state, found.effects()[0].verdict)


def test_a_run_that_could_stop_is_told_more_carefully(tmp_path: Path) -> None:
    """The planned end has what no look has spent, and a stop at the same rounds has one look.

    A look came after 395 rounds, the first block of more than 364; the one before after 295.
    """
    run = under_way(tmp_path, replace(TENTH_SLOWER, rounds=395))
    plain = typical(run, ended(run, "time", looks=False))
    end = typical(run, ended(run, "time"))
    stop = typical(run, ended(run, "decided"))

    def width(effect: Effect) -> float:
        return effect.interval90.high / effect.interval90.low

    assert width(plain) < width(end) < width(stop)
    assert Look(395, 295).promised(plain.p_value) == pytest.approx(end.p_value)
    look = Look(395, 295, at_end=False)
    assert look.promised(plain.p_value) == pytest.approx(stop.p_value)
    assert plain.ratio == end.ratio == stop.ratio


def test_rounds_after_the_last_look_tell_nothing_where_somebody_stopped(tmp_path: Path) -> None:
    """Who interrupts at 350 rounds may have seen why; the look at 295 rounds could not."""
    run = under_way(tmp_path, replace(TENTH_SLOWER, rounds=350))

    assert 295 == typical(run, ended(run, "interrupted", state="partial", reasons=("ctrl-c",))).n
    assert 350 == typical(run, ended(run, "time")).n
    assert 350 == typical(run, ended(run, "interrupted", looks=False)).n


def test_a_decided_scenario_says_that_there_were_looks(tmp_path: Path) -> None:
    """Even a record that forgot to say so is judged by its looks."""
    run = under_way(tmp_path, replace(TENTH_SLOWER, rounds=445))

    assert typical(run, ended(run, "decided")) == typical(run, ended(run, "decided", looks=False))


def test_too_few_rounds_for_a_look_are_said(tmp_path: Path) -> None:
    """A run interrupted before its first look says how many rounds that takes."""
    run = under_way(tmp_path, replace(TENTH_SLOWER, rounds=12))
    found = typical(run, ended(run, "interrupted", state="partial", reasons=("ctrl-c",)))

    assert ("only 12 rounds; a verdict needs 16",) == all_in_words(found.warnings)


@pytest.mark.parametrize(("limit", "expected"), [(0.93, True), (1.0, False), (1.07, True)])
def test_a_gate_waits_for_its_budgets_alone(tmp_path: Path, limit: float, expected: bool) -> None:
    """A p95 that `decided` waits for holds no gate up, which has no budget about it."""
    same = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
    waited = replace(TENTH_SLOWER, behaviours=same, rounds=245, budget_s=600)
    long = under_way(tmp_path, waited)
    settings = ratio_budget(limit)

    assert not is_decided(long, settings)
    assert expected == bool(gated(long.record, long.samples, settings))


def test_a_gate_waits_for_its_canary(tmp_path: Path) -> None:
    """A canary must have had its chance to raise the alarm; what nobody asks about stops."""
    early = replace(TENTH_SLOWER, rounds=12)
    canary = under_way(tmp_path / "canary", replace(early, canary=True))
    other = under_way(tmp_path / "other", early)

    assert frozenset() == gated(canary.record, canary.samples, PLAIN)
    assert frozenset({"list"}) == gated(other.record, other.samples, PLAIN)
