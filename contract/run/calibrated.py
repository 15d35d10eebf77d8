"""calibration.json in a run's folder: how often gates on that run's service are right.

It is made after the run, from the run's own samples, and is no part of what was measured.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contract.errors import RecordError
from contract.run.files import Stored, read_record, write_record

CALIBRATED_NAME = "calibration.json"

CALIBRATED_VERSION = 1
"""Version of a run's calibration.json. 1: first."""

_Count = Annotated[int, Field(ge=0)]
# What no run is, no page can print: of seconds, a century.
_Seconds = Annotated[float, Field(ge=0, le=3.2e9)]


class CalibratedGates(Stored):
    """Replayed gates of one metric with one planted slowdown.

    Attributes:
        metric: the metric that the gate's only budget limits.
        ratio_max: that limit.
        effect: the planted slowdown, 0.05 for 5 %; 0 for unchanged code.
        gates, failed, passed: how many there were, and their verdicts.
        failed_share_max: the upper end of the exact 95 % interval of the share that fails.
        median_s, most_s: measuring time in which half, and 19 of 20, of all gates had failed; None
            if fewer did.
        most_units: the same as `most_s` in rounds, or pairs of starts.
    """

    metric: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
    ratio_max: Annotated[float, Field(gt=0, le=1e6)]
    effect: Annotated[float, Field(ge=0, le=1e6)]
    gates: _Count
    failed: _Count
    passed: _Count
    failed_share_max: Annotated[float, Field(ge=0, le=1)]
    median_s: _Seconds | None = None
    most_s: _Seconds | None = None
    most_units: _Count | None = None

    @model_validator(mode="after")
    def _check_counts(self) -> Self:
        if self.failed + self.passed > self.gates:
            raise ValueError(f"{self.failed} failed and {self.passed} passed of {self.gates} gates")
        return self


class CalibratedRecord(Stored):
    """Everything in a run's calibration.json.

    Attributes:
        run: the id of the run whose samples were replayed.
        command: what a person types to calibrate the same again.
        scenario, variant: whose samples they are, and which variant was made slower.
        unit: what the order was drawn for again: rounds, or pairs of starts.
        recorded_s, recorded_units: what was recorded.
        horizon_s, horizon_units: how long a replayed gate goes on at most.
        gates_planned: of each metric and slowdown; fewer were replayed where time was up.
        took_s: how long the calibration took.
        gates: the results, by metric, small slowdowns first.
    """

    schema_version: int = CALIBRATED_VERSION
    tool_version: str
    run: str
    calibrated_at: str
    command: str
    seed: int
    scenario: str
    variant: str
    unit: Literal["rounds", "pairs"]
    recorded_s: _Seconds
    recorded_units: _Count
    horizon_s: _Seconds
    horizon_units: _Count
    gates_planned: _Count
    took_s: _Seconds
    gates: Annotated[tuple[CalibratedGates, ...], Field(min_length=1)]


def write_calibrated(run_folder: Path, record: CalibratedRecord) -> None:
    """Write a run's calibration.json."""
    write_record(run_folder / CALIBRATED_NAME, record)


def read_calibrated(run_folder: Path, run: str) -> CalibratedRecord | None:
    """Read a run's calibration.json; None if it was not calibrated.

    Args:
        run_folder: of the run.
        run: its id.

    Raises:
        RecordError: the file is damaged, of a newer schema, or of another run.
    """
    path = run_folder / CALIBRATED_NAME
    record = read_record(path, CalibratedRecord, CALIBRATED_VERSION, _REMEDY)
    if record and record.run != run:
        raise RecordError(f"{path}: is of the run {record.run}, and this one is {run}. {_REMEDY}")
    return record


_REMEDY = "Remove it, or calibrate again."
