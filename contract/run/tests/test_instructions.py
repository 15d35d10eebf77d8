"""Counted instructions, from their file to the page: advice, and nothing that decides."""

import io
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contract.run.instructions import (
    INSTRUCTIONS_NAME,
    FunctionInstructions,
    InstructionsRecord,
    read_instructions,
    write_instructions,
)
from contract.run.micro import write_micro
from contract.run.record import RecordError
from reports.effects.tests.test_functions import suite_of
from reports.publish import COMPARISON_NAME, REPORT_NAME, gate, publish
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.findings import findings_schema

COUNTED = InstructionsRecord(
    variants=("before", "after"),
    functions=(
        FunctionInstructions(name="a.less", by_variant={"before": 40_000.25, "after": 30_000}),
        FunctionInstructions(name="a.more", by_variant={"before": 1_000, "after": 3_000}),
        FunctionInstructions(name="a.same", by_variant={"before": 5_000, "after": 5_001}),
        FunctionInstructions(name="a.new", by_variant={"after": 7}),
    ),
)


def published(folder: Path, counted: InstructionsRecord | None) -> Path:
    """A run whose scenarios are the same in both variants, and whose budget is kept."""
    same = {name: Behaviour(0.020) for name in ("baseline", "optimized")}
    limit = {"scenario": "list", "variant": "optimized", "metric": "latency_s_p50"}
    made = Made((Scenario("list", same),), config={"budgets": [limit | {"ratio_max": 1.05}]})
    make_run(folder, made)
    micro = suite_of(14, 1.0)
    write_micro(folder, micro.record, micro.processes)
    if counted:
        write_instructions(folder, counted)
    publish(folder, io.StringIO())
    return folder


def test_what_was_counted_is_read_back(tmp_path: Path) -> None:
    """The file holds what was written; where nobody counted there is none."""
    assert read_instructions(tmp_path) is None
    write_instructions(tmp_path, COUNTED)
    assert COUNTED == read_instructions(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"schema_version": 2}', "schema version 2, but this Versus reads 1 to 1"),
        ("{}", "schema version None"),
        ('{"schema_version": 1}', "variants: Field required"),
        (
            '{"schema_version": 1, "variants": [], "functions": []}',
            "variants: Tuple should have at least 1 item",
        ),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: str, told: str) -> None:
    """One line names the file and what is wrong with it."""
    (tmp_path / INSTRUCTIONS_NAME).write_text(content, encoding="utf-8")

    with pytest.raises(RecordError) as refused:
        read_instructions(tmp_path)
    assert f"{INSTRUCTIONS_NAME}: " in str(refused.value)
    assert told in str(refused.value)


def test_three_times_the_instructions_are_shown_and_fail_nothing(tmp_path: Path) -> None:
    """The most stands first, on the page and in the summary, and the gate passes."""
    folder = published(tmp_path, COUNTED)
    page = (folder / REPORT_NAME).read_text(encoding="utf-8")
    table = page[page.index('<table id="functions-instructions"') :]
    places = [table.index(f'<th scope="row">{name}</th>') for name in ("a.more", "a.same")]
    summary = (folder / "summary.md").read_text(encoding="utf-8")

    assert places == sorted(places)
    assert "advice: no verdict, budget or exit code rests on them" in page
    assert "| a.more | 3.00x more | 1,000 | 3,000 |" in summary
    assert "| a.same | 0.02 % more | 5,000 | 5,001 |" in summary
    assert "| a.less | 25.0 % fewer | 40,000 | 30,000 |" in summary
    assert "a.new" not in table
    assert "<summary>Instructions, advice only</summary>" in summary
    assert 0 == gate(folder, io.StringIO())


def test_comparison_json_tells_them(tmp_path: Path) -> None:
    """As the schema says."""
    found = json.loads((published(tmp_path, COUNTED) / COMPARISON_NAME).read_bytes())
    told = found["comparison"]["functions"]["instructions"]

    assert {"function": "a.more", "variant": "after"}.items() <= told["counts"][1].items()
    assert (3, "") == (told["counts"][1]["ratio"], told["reason"])
    assert Draft202012Validator(findings_schema()).is_valid(found)


def test_why_nothing_was_counted_is_said(tmp_path: Path) -> None:
    """Once on the page, without a table."""
    record = InstructionsRecord(variants=("before", "after"), reason="valgrind is <b>gone</b>.")
    page = (published(tmp_path, record) / REPORT_NAME).read_text(encoding="utf-8")

    assert 1 == page.count("Instructions were not counted: valgrind is &lt;b&gt;gone&lt;/b&gt;.")
    assert 'id="functions-instructions"' not in page


def test_a_run_without_counts_says_nothing_of_them(tmp_path: Path) -> None:
    """As runs that are older do."""
    page = (published(tmp_path, None) / REPORT_NAME).read_text(encoding="utf-8")

    assert "nstructions were" not in page
