"""Runs are compared and judged, and errors name the run."""

from pathlib import Path

import pytest

from contract.errors import InputError
from reports.judging import read_report
from reports.tests.runs import Behaviour, Made, Scenario, make_run

LIST = Scenario("list", {"baseline": Behaviour(0.02), "optimized": Behaviour(0.03)}, rounds=40)


def test_a_report_holds_numbers_and_words_of_one_run(tmp_path: Path) -> None:
    """Nothing is written to make it."""
    run = make_run(tmp_path / "run", Made((LIST,)))
    before = {path: path.read_bytes() for path in run.iterdir()}
    report = read_report(run)

    assert report.record.id == report.findings.run == "run"
    assert "slower in list" in report.page.headline
    assert before == {path: path.read_bytes() for path in run.iterdir()}


def test_a_wrong_configuration_names_its_run(tmp_path: Path) -> None:
    """In one line."""
    config = {"budgets": [{"scenario": "other", "variant": "optimized", "metric": "x"}]}
    run = make_run(tmp_path / "run", Made((LIST,), config=config))

    with pytest.raises(InputError) as refused:
        read_report(run)
    assert str(refused.value).startswith(f"{run}: ")
    assert 1 == len(str(refused.value).splitlines())
