"""What a run leaves to history, and what is refused as an entry."""

import json
from pathlib import Path
from typing import Any

import pytest

from contract.errors import ReportError
from contract.run.record import RevisionsRecord
from reports.history.entry import entry_json, entry_of, parse_entry, read_entry
from reports.history.tests.entries import commit, entry, gate
from reports.judging import read_report
from reports.tests.runs import Behaviour, Made, Scenario, make_run


def test_an_entry_holds_the_effects_of_a_run(tmp_path: Path) -> None:
    """As its page shows them."""
    behaviours = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.01)}
    run = make_run(tmp_path / "run0", Made((Scenario("list", behaviours, rounds=60),)))
    report = read_report(run)
    found = entry_of(report.record, report.findings)
    typical = next(one for one in found.effects if one.scenario == "list")

    assert ("run0", "complete", 2) == (found.run, found.state, found.exit_code)
    assert "faster" == typical.verdict
    assert pytest.approx(0.5, rel=0.05) == typical.ratio
    assert typical.low is not None
    assert typical.high is not None
    assert typical.low < typical.ratio < typical.high


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "no entry of a history"),
        ("[1]", "no entry of a history"),
        (json.dumps({"schema_version": 99}), "newer Versus"),
        (json.dumps({"schema_version": 1, "run": 5}), "no entry of a history"),
        ("[" * 100_000, "no entry of a history"),
        (" " * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_what_is_no_entry_is_refused(tmp_path: Path, content: str, told: str) -> None:
    """One line that names the file."""
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ReportError, match=told) as refused:
        read_entry(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"ratio": 1e308},
        {"before": 1e-300},
        {"low": -1.0},
        {"high": float("nan")},
        {"after": float("inf")},
        {"verdict": "splendid"},
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_refused(changes: dict[str, Any]) -> None:
    """Numbers that no axis holds, and words that no table knows, end with one line."""
    told = entry(0, 0.5).model_dump()
    told["effects"][0].update(changes)

    with pytest.raises(ReportError, match="no entry of a history"):
        parse_entry(json.dumps(told).encode(), "x.json")


def test_an_entry_reads_as_it_was_written() -> None:
    """Nothing is lost on the way."""
    assert entry(7, 1.25) == parse_entry(entry_json(entry(7, 1.25)), "x.json")


def test_an_entry_of_a_gate_names_both_commits(tmp_path: Path) -> None:
    """And of each effect the interval's confidence, and whether it is doubted."""
    behaviours = {"base": Behaviour(0.02), "head": Behaviour(0.01)}
    commits = RevisionsRecord(commits={"base": commit(1), "head": commit(2)})
    made = Made((Scenario("list", behaviours, rounds=60),), changes={"revisions": commits})
    report = read_report(make_run(tmp_path / "run0", made))
    found = entry_of(report.record, report.findings)
    effects = {one.metric: one for one in report.findings.comparison.effects()}

    assert (commit(1), commit(2)) == (found.base, found.head)
    for one in found.effects:
        assert one.doubted == bool(effects[one.metric].warnings)
        if one.confidence is not None:
            assert one.confidence == effects[one.metric].interval_familywise.confidence


def test_a_commit_is_a_commit(tmp_path: Path) -> None:
    """Whoever writes an entry may write anything into it."""
    fields = gate(0, 1.1, 0, 1).model_dump(mode="json") | {"base": "</script>"}

    with pytest.raises(ReportError, match="no entry of a history"):
        parse_entry(json.dumps(fields).encode(), str(tmp_path))


def test_an_older_entry_is_read() -> None:
    """It names no base, so it is of no gate."""
    fields = entry(0, 0.5).model_dump(mode="json") | {"schema_version": 1}
    del fields["base"], fields["head"]
    for effect in fields["effects"]:
        del effect["confidence"], effect["doubted"]

    assert "" == parse_entry(json.dumps(fields).encode(), "x.json").base
