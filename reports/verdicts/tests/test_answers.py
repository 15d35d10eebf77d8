"""Answers of two revisions: what fails, what passes and is said, what nobody can compare."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.config.defaults import default_budgets
from contract.run.answers import AnswersRecord
from contract.run.reading import Run
from contract.run.record import RunRecord
from reports.effects.compare import compare
from reports.effects.reasons import Name
from reports.effects.tests.test_bodies import answers
from reports.effects.tests.test_new_scenarios import new_run
from reports.effects.tests.test_restarts import made_run, under_way
from reports.page.budgets import gate_lines
from reports.tests.runs import Behaviour
from reports.verdicts.accepted import acknowledge, day_of
from reports.verdicts.answers import judge_answers
from reports.verdicts.gate import judge
from reports.verdicts.settings import settings_of
from reports.verdicts.shapes import Decision
from reports.verdicts.stopping import failed, settled
from reports.verdicts.tests.test_gate import comparison_of

OTHER = Behaviour(0.02, body_hash=5)
LARGER = Behaviour(0.02, body_hash=5, wire_bytes=4_400)
ACCEPTED = {
    "scenario": "*",
    "metric": "bodies",
    "reason": "a new format",
    "expires": "2027-03-31",
}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of 14 pairs whose head answers differently."""
    return made_run(tmp_path_factory.mktemp("other"), OTHER, ended="decided")


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same after one pair."""
    return made_run(tmp_path_factory.mktemp("early"), OTHER, pairs=1, ended="decided")


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of nothing but a new scenario."""
    return new_run(tmp_path_factory.mktemp("new"))


def stated(run: Run, found: AnswersRecord | None = None, **config: Any) -> RunRecord:
    """The record of a run with these answers and this configuration."""
    scenario = run.record.scenarios[0]
    scenario = scenario.model_copy(update={"answers": found})
    changes = {"scenarios": (scenario,), "config": {**run.record.config, **config}}
    return run.record.model_copy(update=changes)


def answer(run: Run, record: RunRecord) -> tuple[int, tuple[str, ...]]:
    """The gate's exit code and what it says."""
    settings = settings_of(record)
    comparison = compare(record, run.samples, settings.margins)
    judgement, found = acknowledge(
        comparison, judge(comparison, settings.budgets), settings.accepted, day_of(record)
    )
    return judgement.exit_code, gate_lines(comparison, judgement, found)


@pytest.mark.parametrize(
    ("found", "config", "expected", "line"),
    [
        (
            answers("different"),
            {},
            1,
            (
                "FAIL list, head, rounds with another answer: answers differ in 700 of 700 rounds: "
                '/items/0/owner: nothing / "ann"; a revision answers as its base does'
            ),
        ),
        (
            answers("added"),
            {},
            0,
            (
                "PASS list, head, rounds with another answer: answers gained fields: "
                "/items/0/owner (allowed)"
            ),
        ),
        (
            answers("added"),
            {"revisions": {"added_fields": "fail"}},
            1,
            "FAIL list, head, rounds with another answer: answers gained fields in 700 of 700",
        ),
        (
            answers("different"),
            {"accepted": [ACCEPTED]},
            0,
            "ACCEPTED list, head, rounds with another answer: answers differ in 700 of 700 rounds",
        ),
        (
            answers("different"),
            {"accepted": [{**ACCEPTED, "scenario": "list"}]},
            0,
            "accepted until 2027-03-31: a new format",
        ),
        (
            answers("different"),
            {"accepted": [{**ACCEPTED, "expires": "2026-11-01"}]},
            1,
            "was accepted until 2026-11-01, which is past: a new format",
        ),
        (
            answers("equal"),
            {"accepted": [ACCEPTED]},
            0,
            "note: *, head, rounds with another answer: kept without its [[accepted]]",
        ),
        (
            AnswersRecord(not_compared="two answers of the base differ and are no JSON"),
            {},
            0,
            (
                "UNDECIDED list, head, rounds with another answer: undecided: not required; "
                "answers are not compared: two answers of the base differ and are no JSON"
            ),
        ),
    ],
)
def test_answers_decide(
    other: Run, found: AnswersRecord, config: Mapping[str, Any], expected: int, line: str
) -> None:
    """And where they differ is in the gate's lines."""
    code, lines = answer(other, stated(other, found, **config))

    assert expected == code, lines
    assert any(line in one for one in lines), lines


def test_the_size_of_other_answers_fails_no_default_budget(tmp_path: Path) -> None:
    """New fields have bytes; a limit that somebody stated holds all the same."""
    run = made_run(tmp_path, LARGER)
    default = {"budgets": default_budgets(())}
    limit = {"revisions": True, "scenario": "*", "metric": "wire_bytes", "ratio_max": 1.0}
    code, lines = answer(run, stated(run, answers("added"), **default))

    assert 0 == code, lines
    assert any("it grew because the answers say something else" in one for one in lines)
    assert 1 == answer(run, stated(run, answers("added"), budgets=[limit]))[0]
    assert 1 == answer(run, stated(run, answers("equal"), **default))[0]


def test_a_failure_is_one_whatever_is_undecided(early: Run) -> None:
    """Budgets that are not required do not hide that answers differ."""
    limit = {
        "revisions": True,
        "scenario": "*",
        "metric": "latency_s_p50",
        "ratio_max": 1.05,
        "undecided": "pass",
    }

    assert 1 == answer(early, stated(early, answers("different"), budgets=[limit]))[0]


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ({"metric": "latency_s_p50", "ratio_max": 1.05}, 3),
        ({"metric": "latency_s_p50", "value_max": 0.5}, 0),
        ({"metric": "latency_s_p50", "value_max": 0.05}, 1),
        ({"metric": "latency_s_p50", "value_max": 0.165}, 3),
        ({"metric": "db_rows", "value_max": 50}, 0),
        ({"metric": "db_rows", "value_max": 49}, 1),
        ({"metric": "stage_sign_s", "value_max": 1.0}, 3),
    ],
)
def test_what_is_new_keeps_values_alone(new: Run, budget: dict[str, Any], expected: int) -> None:
    """A ratio is not judged and hinders nothing; a run that only has new ones decides none."""
    limit = {"revisions": True, "scenario": "list", **budget}
    record = stated(new, budgets=[limit])
    code, lines = answer(new, record)

    assert expected == code, lines
    assert "NEW list: new in head, so not compared; only value_max is judged" in lines


def settled_and_failed(run: Run, record: RunRecord) -> tuple[bool, bool]:
    asked = (record, run.samples, settings_of(record))
    return bool(settled(*asked)), failed(*asked)


@pytest.mark.parametrize(
    ("pairs", "found", "accepted", "expected"),
    [
        (1, answers("different"), [], (False, True)),
        (14, answers("different"), [], (True, True)),
        (1, answers("added"), [], (False, False)),
        (14, answers("added"), [], (True, False)),
        (1, answers("different"), [ACCEPTED], (False, False)),
        (14, answers("different"), [ACCEPTED], (True, False)),
    ],
)
def test_other_answers_end_a_run_when_there_are_latencies(
    early: Run,
    other: Run,
    pairs: int,
    found: AnswersRecord,
    accepted: list[Any],
    expected: tuple[bool, bool],
) -> None:
    """The gate is lost at once; what is accepted, or only gained, loses nothing."""
    run = under_way(early if pairs == 1 else other)

    assert expected == settled_and_failed(run, stated(run, found, accepted=accepted))


@pytest.mark.parametrize(("pairs", "expected"), [(1, False), (14, True)])
def test_what_is_new_is_looked_at_like_the_rest(tmp_path: Path, pairs: int, expected: bool) -> None:
    """Not before the first look."""
    run = new_run(tmp_path, pairs=pairs)
    looks = run.record.restarts
    assert looks is not None
    declared = looks.model_copy(update={"looks": (14, 20, 28)})
    run = under_way(run)
    limit = {"revisions": True, "scenario": "*", "metric": "latency_s_p50", "value_max": 0.5}
    record = stated(run, budgets=[limit]).model_copy(update={"restarts": declared})

    assert (expected, False) == settled_and_failed(run, record)


def test_answers_that_nobody_compared_are_not_called_equal() -> None:
    """A run that ended before its first round has no answers."""
    comparison = replace(comparison_of(), design="restarts")
    (scenario,) = comparison.scenarios[:1]
    none = replace(comparison, scenarios=(replace(scenario, rounds=0, rounds_bodies_differ=0),))

    (outcome,) = judge_answers(none)
    assert Decision.INCONCLUSIVE is outcome.decision
    assert [Name.FEW_COMPARED_ROUNDS] == [one.name for one in outcome.notes]
