"""The findings as CSV, and in Bencher's format."""

import csv
import io
import json
from pathlib import Path

import pytest

from reports.judging import read_report
from reports.surfaces.exports import bencher_json, comparison_csv
from reports.surfaces.report import Report
from reports.surfaces.tests.made import SLOWER
from reports.tests.runs import Made, Scenario, make_run


def rows_of(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(comparison_csv(report.findings.comparison).decode())))


def test_the_csv_has_a_row_for_every_comparison(ordinary: Report, hostile: Report) -> None:
    """Numbers stay numbers, and no name is a formula."""
    rows = rows_of(ordinary)
    typical = next(row for row in rows if row["metric"] == "latency_s_p50")

    assert float(typical["low"]) < 1.2 < float(typical["high"])
    assert "slower" == typical["verdict"]
    assert {"db_bytes", "latency_s_p95"} <= {row["metric"] for row in rows}
    assert 1 == len({row["scenario"] for row in rows_of(hostile)})


@pytest.mark.parametrize("name", ["=1+1", "-1", "+x", "@sum"])
def test_a_spreadsheet_takes_no_name_for_a_formula(tmp_path: Path, name: str) -> None:
    """A quote before it makes it text."""
    made = Made((Scenario(name, SLOWER, rounds=30),))
    report = read_report(make_run(tmp_path, made))

    assert {f"'{name}"} == {row["scenario"] for row in rows_of(report)}


def test_bencher_gets_values_with_their_intervals(ordinary: Report) -> None:
    """A benchmark is a scenario in a variant, a measure a metric."""
    found = json.loads(bencher_json(ordinary.findings.comparison))
    typical = found["list optimized"]["latency_s_p50"]

    assert {"list baseline", "list optimized"} == set(found)
    assert typical["lower_value"] < typical["value"] < typical["upper_value"]
