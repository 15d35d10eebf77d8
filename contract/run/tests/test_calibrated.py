from pathlib import Path

import pytest

from contract.errors import RecordError
from contract.run.calibrated import (
    CalibratedGates,
    CalibratedRecord,
    read_calibrated,
    write_calibrated,
)


def make_calibrated(**changes: object) -> CalibratedRecord:
    """300 gates of unchanged code, and 300 of +10 %."""
    unchanged = CalibratedGates(
        metric="latency_s_p50",
        ratio_max=1.05,
        effect=0.0,
        gates=300,
        failed=0,
        passed=280,
        failed_share_max=0.0122,
    )
    slower = {"effect": 0.1, "failed": 296, "passed": 0, "failed_share_max": 0.997}
    times = {"median_s": 3.0, "most_s": 12.0, "most_units": 900}
    record = CalibratedRecord(
        tool_version="0.1.0",
        run="run-1",
        calibrated_at="2026-11-24T00:00:00+00:00",
        command="versus calibrate --run runs/run-1 --seed 3",
        seed=3,
        scenario="same",
        variant="other",
        unit="rounds",
        recorded_s=20.0,
        recorded_units=1500,
        horizon_s=40.0,
        horizon_units=3000,
        gates_planned=300,
        took_s=90.0,
        gates=(unchanged, unchanged.model_copy(update=slower | times)),
    )
    return record.model_copy(update=changes)


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    """A run that was never calibrated has none."""
    assert None is read_calibrated(tmp_path, "run-1")

    write_calibrated(tmp_path, make_calibrated())
    assert make_calibrated() == read_calibrated(tmp_path, "run-1")


def test_a_calibration_of_another_run_is_refused(tmp_path: Path) -> None:
    """A copied file says nothing about this run."""
    write_calibrated(tmp_path, make_calibrated())

    with pytest.raises(RecordError, match=r"is of the run run-1, and this one is run-2. Remove it"):
        read_calibrated(tmp_path, "run-2")


def test_a_newer_calibration_is_refused(tmp_path: Path) -> None:
    """As every other file of a run."""
    write_calibrated(tmp_path, make_calibrated(schema_version=99))

    with pytest.raises(RecordError, match="schema version 99"):
        read_calibrated(tmp_path, "run-1")


@pytest.mark.parametrize("most_s", ["-1e308", "1e300"])
def test_impossible_times_are_damage(tmp_path: Path, most_s: str) -> None:
    """A time that no page can print is refused when it is read."""
    write_calibrated(tmp_path, make_calibrated())
    path = tmp_path / "calibration.json"
    text = path.read_text(encoding="utf-8").replace('"most_s":12.0', f'"most_s":{most_s}')
    path.write_text(text.replace('"most_s": 12.0', f'"most_s": {most_s}'), encoding="utf-8")

    with pytest.raises(RecordError, match="most_s"):
        read_calibrated(tmp_path, "run-1")


@pytest.mark.parametrize(
    ("field", "value"),
    [("metric", "<script>x"), ("failed", 301), ("effect", 1e308), ("failed_share_max", 2.0)],
)
def test_impossible_gates_are_damage(tmp_path: Path, field: str, value: object) -> None:
    """No calibration writes such a name or number, and none reaches the page."""
    record = make_calibrated()
    gates = record.gates[0].model_copy(update={field: value})
    write_calibrated(tmp_path, record.model_copy(update={"gates": (gates,)}))

    with pytest.raises(RecordError, match=r"damaged at gates.0"):
        read_calibrated(tmp_path, "run-1")
