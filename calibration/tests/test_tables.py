from dataclasses import replace

from calibration.bars import bars_of
from calibration.coverage import coverage_of
from calibration.findings import (
    CALIBRATION_VERSION,
    Calibration,
    RivalRun,
    Truth,
    rate,
    rivals_of,
    verdicts_of,
)
from calibration.slowdown import slower
from calibration.tables import format_rate, headline, lede, tables
from calibration.tests.support import make_gate


def make_calibration() -> Calibration:
    """Two quiet live gates, one rival, one truth."""
    gates = [
        make_gate("PASS", mode="live"),
        make_gate("FAIL", 0.10, 0.6, mode="live", ratio=1.1),
    ]
    truths = (Truth("quiet", slower(0.10), 1.1, 1.1, 1.1, 1.1, 1.1),)
    verdicts, coverage = verdicts_of(gates), coverage_of(gates, truths)
    return Calibration(
        schema_version=CALIBRATION_VERSION,
        id="calibration-1",
        command="make calibrate",
        tool_version="1",
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T01:00:00Z",
        complete=True,
        seed=1,
        horizons_s={"live": {"+10 %": 10.0}},
        trace_s=40.0,
        environment={"machine": {"cpus": 2}},
        bars=bars_of(verdicts, coverage),
        verdicts=verdicts,
        coverage=coverage,
        rivals=rivals_of([RivalRun("quiet", 0.10, alarm=True)]),
        truths=truths,
    )


def test_the_headline_counts_missed_bars() -> None:
    """Bad news comes first, and an incomplete calibration says so."""
    calibration = make_calibration()
    missed = replace(calibration, bars=(replace(calibration.bars[0], met=False),))

    assert f"All {len(calibration.bars)} bars met" == headline(calibration)
    assert "1 of 1 bar missed" == headline(missed)
    assert "Incomplete: 1 of 1 bar missed so far" == headline(replace(missed, complete=False))


def test_every_question_has_a_table() -> None:
    """Tables without rows are left out, and every row fills every column."""
    calibration = make_calibration()
    ids = ["bars", "alarms", "detections", "rival", "coverage", "truths", "machine"]

    assert ids == [table.id for table in tables(calibration)]
    assert "truths" not in [table.id for table in tables(replace(calibration, truths=()))]
    for table in tables(calibration):
        assert {len(table.columns)} == {len(row) for row in table.rows}


def test_a_gate_stands_beside_pytest_benchmark() -> None:
    """The row of a rival has the live gates of the same condition and effect."""
    [rival] = [table for table in tables(make_calibration()) if table.id == "rival"]

    texts = [[cell.text for cell in row] for row in rival.rows]
    assert [["quiet", "+10 %", format_rate(rate(1, 1)), format_rate(rate(1, 1))]] == texts


def test_a_rate_has_bounds_in_percent() -> None:
    """Three digits are enough."""
    assert "0 of 300 [0, 1.22 %]" == format_rate(rate(0, 300))


def test_the_lede_explains_the_figures() -> None:
    """One sentence each."""
    assert [1] * len(lede()) == [sentence.count("\n") + 1 for sentence in lede()]
    assert all(sentence.endswith(".") for sentence in lede())
