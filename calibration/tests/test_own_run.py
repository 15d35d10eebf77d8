"""Calibrations on runs of anybody's service: which runs serve, and what comes of them."""

import io
from pathlib import Path
from typing import Any

import pytest

from calibration import own_run
from calibration.own_run import calibrate_run, print_calibrated
from calibration.tests.traces import add_host
from contract.errors import ReportError
from contract.run.calibrated import CalibratedRecord, read_calibrated
from contract.run.record import RestartsRecord, RevisionsRecord
from reports.judging import read_report
from reports.tests.runs import Behaviour, LoadMade, Made, Scenario, make_load_run, make_run

VARIANTS = ("baseline", "one", "other")


@pytest.fixture(autouse=True)
def few_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_run, "GATES", 2)


def bench(folder: Path, canaries: tuple[str, ...] = ("same",), **config: Any) -> Path:
    """A run of three variants, with a scenario `list` and canaries."""
    behaviours = {name: Behaviour(0.004) for name in VARIANTS}
    names = dict.fromkeys(("list", *canaries))
    made = tuple(Scenario(name, behaviours, rounds=200, canary=name in canaries) for name in names)
    make_run(folder, Made(made, config=config))
    add_host(folder)
    return folder


def gate(folder: Path, changed: int = 0) -> Path:
    """A gate of two revisions with 16 pairs of starts."""
    behaviours = {name: Behaviour(0.004, start_spread=0.01) for name in ("base", "head")}
    changes = {
        "design": "restarts",
        "restarts": RestartsRecord(looks=(14, 16), starts=(("base", "head"),) * 16),
        "revisions": RevisionsRecord(changed=changed),
    }
    scenario = Scenario("list", behaviours, rounds=795)
    budget = {"scenario": "*", "revisions": True, "metric": "latency_s_p50", "ratio_max": 1.04}
    make_run(folder, Made((scenario,), config={"budgets": [budget]}, changes=changes))
    add_host(folder)
    return folder


def calibrated(folder: Path, scenario: str = "", effect: float = 0.5) -> CalibratedRecord:
    return calibrate_run(folder, scenario, [effect], 3, "versus calibrate", io.StringIO())


def test_a_canary_is_calibrated(tmp_path: Path) -> None:
    """Unchanged code does not fail, half as much again always does, and the report says so."""
    record = calibrated(bench(tmp_path))
    first = {one.effect: one for one in record.gates if one.metric == "latency_s_p50"}

    assert ("same", "one", "rounds", 200) == (
        *(record.scenario, record.variant, record.unit),
        record.recorded_units,
    )
    assert [(2, 0), (2, 2)] == [(one.gates, one.failed) for one in first.values()]
    assert first[0.5].median_s is not None
    assert {1.03} == {one.ratio_max for one in first.values()}
    report = read_report(tmp_path)
    assert record == report.calibrated == read_calibrated(tmp_path, record.run)
    assert any("finds +50 % in 19 of 20 runs" in line for line in report.page.lede)


def test_a_budget_of_the_scenario_is_the_limit(tmp_path: Path) -> None:
    """It also says which variant is made slower."""
    budget = {"scenario": "same", "variant": "other", "metric": "latency_s_p50", "ratio_max": 1.2}
    record = calibrated(bench(tmp_path, budgets=[budget]))

    assert (1.2, "other") == (record.gates[0].ratio_max, record.variant)


def test_a_gate_of_a_commit_against_itself_is_calibrated(tmp_path: Path) -> None:
    """Its unit is the pair of starts, and a budget on every scenario is the limit."""
    record = calibrated(gate(tmp_path))

    assert ("list", "head", "pairs", 16) == (
        *(record.scenario, record.variant, record.unit),
        record.recorded_units,
    )
    assert [(1.04, 0), (1.04, 2)] == [(one.ratio_max, one.failed) for one in record.gates[:2]]
    assert 14 <= (record.gates[1].most_units or 0) <= 16


def test_the_same_seed_gives_the_same_gates(tmp_path: Path) -> None:
    """Whatever else was replayed."""
    bench(tmp_path)
    first, second = (calibrated(tmp_path, effect=0.2).gates for _ in range(2))

    assert first == second


def test_time_is_bounded(tmp_path: Path) -> None:
    """When it is up, each slowdown has at least one gate, and all have equally many."""
    now_s = iter(range(0, 100_000, 300))
    err = io.StringIO()
    record = calibrate_run(bench(tmp_path), "", [0.5], 3, "", err, clock=lambda: float(next(now_s)))
    out = io.StringIO()
    print_calibrated(record, tmp_path, out)

    assert {1} == {one.gates for one in record.gates}
    assert "Time was up after 1 gate of 2" in out.getvalue()
    assert "1 of 2 gates of each slowdown" in err.getvalue()


@pytest.mark.parametrize(
    ("canaries", "scenario", "words"),
    [
        ((), "", "holds no canary, so no unchanged code. Mark a scenario `canary = true`"),
        (("same", "alike"), "", "same, alike are of unchanged code. Name one with --scenario"),
        (("same",), "list", "'list' is not of unchanged code. Valid for --scenario: same."),
        (("same",), "nothing", "'nothing' was not measured. Valid for --scenario: same."),
    ],
)
def test_another_run_is_refused(
    tmp_path: Path, canaries: tuple[str, ...], scenario: str, words: str
) -> None:
    """The error says what is missing and what to do."""
    with pytest.raises(ReportError) as refused:
        calibrated(bench(tmp_path, canaries), scenario)

    assert words in str(refused.value)


def test_one_of_several_canaries_is_chosen(tmp_path: Path) -> None:
    """By its name."""
    assert "alike" == calibrated(bench(tmp_path, ("same", "alike")), "alike").scenario


def test_two_revisions_that_differ_are_refused(tmp_path: Path) -> None:
    """Their effect is not known."""
    with pytest.raises(ReportError, match=r"2 files differ.*gate --base HEAD"):
        calibrated(gate(tmp_path, changed=2))


def test_load_is_refused(tmp_path: Path) -> None:
    """Nothing was paired there."""
    behaviours = {"list": {name: Behaviour(0.01) for name in VARIANTS[:2]}}
    make_load_run(tmp_path, LoadMade(behaviours, blocks=1))

    with pytest.raises(ReportError, match="under load"):
        calibrated(tmp_path)


def test_a_short_run_is_refused(tmp_path: Path) -> None:
    """20 rounds are fewer than one look needs."""
    behaviours = {name: Behaviour(0.004) for name in VARIANTS}
    make_run(tmp_path, Made((Scenario("same", behaviours, rounds=20, canary=True),)))
    add_host(tmp_path)

    with pytest.raises(ReportError, match="same has 20 rounds, at least 50 are needed"):
        calibrated(tmp_path)
