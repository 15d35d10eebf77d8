"""Measures live: whole gates on a server of our own, long runs that gates are held against."""

import io
from dataclasses import dataclass
from pathlib import Path

from calibration.deciding import judge_run, look
from calibration.findings import Condition, Gate, Truth
from calibration.replay import Trace, trace_of
from calibration.subject import plan_of
from contract.run.record import Run, read_run
from loadtests.course import EXIT_INTERRUPTED, MeasureError
from loadtests.engines.looks import Look
from loadtests.runner import measure


@dataclass(frozen=True)
class Site:
    """Where live runs take place.

    Attributes:
        root: the project's folder.
        folder: the calibration's own; runs go below it.
        command: what a person types to calibrate again, for the records.
    """

    root: Path
    folder: Path
    command: str

    def gate(self, condition: Condition, effect: float, horizon_s: float, seed: int) -> Gate:
        """One whole gate: from a server's start to a verdict."""
        run = self._measured("gates", effect, horizon_s, seed, look)
        judged = judge_run(run.record, run.samples)
        return Gate.of(judged, "live", condition, effect, measured_s(run))

    def trace(self, condition: Condition, length_s: float, seed: int) -> Trace:
        """A recorded run of unchanged code."""
        return trace_of(self._measured(f"trace-{condition}", 0.0, length_s, seed, None))

    def truth(self, condition: Condition, effect: float, length_s: float, seed: int) -> Truth:
        """What planted work does, from one run of a fixed length.

        Raises:
            MeasureError: it could not be compared.
        """
        run = self._measured("truths", effect, length_s, seed, None)
        judged = judge_run(run.record, run.samples)
        if run.record.state != "complete":
            raise MeasureError(f"{run.folder}: {judged.note}. Calibrate again.")
        ninety, familywise = judged.interval90, judged.interval_familywise
        ends = ninety.low, ninety.high, familywise.low, familywise.high
        return Truth(condition, effect, judged.ratio, *ends)

    def _measured(
        self, kind: str, effect: float, measure_s: float, seed: int, asked: Look | None
    ) -> Run:
        """Measure one run.

        Raises:
            KeyboardInterrupt: measuring was interrupted; it has ended in order.
            MeasureError: nothing was measured.
        """
        said = io.StringIO()
        plan = plan_of(self.folder, self.root, effect, measure_s, seed)
        ended = measure(plan, self.root, self.folder / kind, self.command, said, look=asked)
        if ended.exit_code == EXIT_INTERRUPTED:
            raise KeyboardInterrupt
        if not (ended.samples and ended.closed):
            lines = said.getvalue().strip().splitlines() or ["it said nothing"]
            raise MeasureError(f"{ended.folder}: no run came of it: {lines[-1]}")
        return read_run(ended.folder)


def measured_s(run: Run) -> float:
    """Time of measuring: all blocks with warm-up and pauses; not looks, nor what lies between."""
    return float(sum(run.host["end_s"].to_numpy() - run.host["start_s"].to_numpy()))
