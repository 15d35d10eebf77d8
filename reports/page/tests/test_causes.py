"""Where changes come from, as far as a run shows it."""

from pathlib import Path

from reports.judging import read_report
from reports.page.causes import causes_of
from reports.tests.runs import Behaviour, Made, Scenario, make_run

BEFORE = Behaviour(0.02, cpu_s=0.004)


def causes(folder: Path, after: Behaviour, **changes: str) -> tuple[str, ...]:
    """Of one scenario; half of each latency is in the stage db."""
    scenario = Scenario("list", {"baseline": BEFORE, "after": after}, rounds=300)
    report = read_report(make_run(folder, Made((scenario,), changes=changes)))
    return causes_of(report.findings.comparison)


def test_stage_and_counters_that_moved_with_the_latency_are_named(tmp_path: Path) -> None:
    """With both values of each."""
    (cause,) = causes(tmp_path, Behaviour(0.03, db_rows=75.0, cpu_s=0.006))

    assert cause.startswith("list: largest part in stage db, 9.")
    assert "rows from the database 50 → 75" in cause
    assert "CPU time of the service 50." in cause


def test_what_moved_the_other_way_is_no_cause(tmp_path: Path) -> None:
    """Faster with more rows: the rows do not explain it."""
    (cause,) = causes(tmp_path, Behaviour(0.01, db_rows=75.0, cpu_s=0.006))

    assert "stage db" in cause
    assert "rows" not in cause
    assert "CPU" not in cause


def test_what_did_not_change_has_no_cause(tmp_path: Path) -> None:
    """Nor has an invalid run."""
    assert () == causes(tmp_path / "same", BEFORE)
    assert () == causes(tmp_path / "invalid", Behaviour(0.03), state="invalid")
