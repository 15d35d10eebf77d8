"""comparison.json keeps its published schema."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reports.judging import read_report
from reports.tests.hostile import hostile_run
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.findings import findings_json, findings_schema

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs" / "comparison.schema.json").read_text(encoding="utf-8")
)


def test_the_schema_is_the_published_one() -> None:
    """After a change of what is found: bump the version, write the schema anew, tell readers."""
    assert SCHEMA == findings_schema()


@pytest.mark.parametrize("which", ["ordinary", "hostile"])
def test_comparisons_keep_the_schema(which: str, tmp_path: Path) -> None:
    """Infinite ends are null, as the schema says, and all text is ASCII."""
    behaviours = {"baseline": Behaviour(0.020), "optimized": Behaviour(0.024)}
    made = Made((Scenario("list", behaviours, rounds=40),))
    run = make_run(tmp_path, made) if which == "ordinary" else hostile_run(tmp_path)
    written = findings_json(read_report(run).findings)
    found = json.loads(written)
    validator = Draft202012Validator(SCHEMA)

    assert [] == [error.message for error in validator.iter_errors(found)]
    assert not validator.is_valid({**found, "run": 5})
    assert written.isascii()
