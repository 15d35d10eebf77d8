"""Live measurements: whole gates, recorded traces, and long runs that show the true effect."""

import io
from dataclasses import dataclass
from pathlib import Path

from calibration.deciding import judge_run, look
from calibration.findings import Condition, Gate, Truth
from calibration.replay import Trace, trace_of
from calibration.subject import plan_of
from contract.run.reading import Run, read_run
from loadtests.engines.looks import Look
from loadtests.errors import EXIT_INTERRUPTED, MeasureError
from loadtests.runner import measure


@dataclass(frozen=True)
class Site:
    """Where live runs are measured and stored.

    Attributes:
        folder: the calibration's folder; runs are stored below it.
        command: the command that repeats the calibration, for the records.
    """

    folder: Path
    command: str

    def gate(self, condition: Condition, effect: float, horizon_s: float, seed: int) -> Gate:
        """One whole gate, from the server's start to the verdict."""
        run = self._measured("gates", effect, horizon_s, seed, look)
        judged = judge_run(run.record, run.samples)
        return Gate.of(judged, "live", condition, effect, measured_s(run))

    def trace(self, condition: Condition, length_s: float, seed: int) -> Trace:
        """A recorded run of unchanged code."""
        return trace_of(self._measured(f"trace-{condition}", 0.0, length_s, seed, None))

    def truth(self, condition: Condition, effect: float, length_s: float, seed: int) -> Truth:
        """The true effect of planted work, from one run of a fixed length.

        Raises:
            MeasureError: the run could not be compared.
        """
        run = self._measured("truths", effect, length_s, seed, None)
        judged = judge_run(run.record, run.samples)
        if run.record.state != "complete":
            raise MeasureError(f"{run.folder}: {judged.note}. Calibrate again.")
        ninety, familywise = judged.interval90, judged.interval_familywise
        ends = ninety.low, ninety.high, familywise.low, familywise.high
        return Truth(condition, effect, judged.ratio, *ends)

    def _measured(
        self, kind: str, effect: float, measure_s: float, seed: int, decide: Look | None
    ) -> Run:
        """Measure one run.

        Raises:
            KeyboardInterrupt: measuring was interrupted and stopped in order.
            MeasureError: nothing was measured.
        """
        messages = io.StringIO()
        plan = plan_of(self.folder, effect, measure_s, seed)
        ended = measure(plan, self.folder / kind, self.command, messages, look=decide)
        if ended.exit_code == EXIT_INTERRUPTED:
            raise KeyboardInterrupt
        if not (ended.samples and ended.closed):
            lines = messages.getvalue().strip().splitlines() or ["no message"]
            raise MeasureError(f"{ended.folder}: nothing was measured: {lines[-1]}")
        return read_run(ended.folder)


def measured_s(run: Run) -> float:
    """Measuring time: all blocks with warm-up and pauses, without the time between blocks."""
    return float(sum(run.host["end_s"].to_numpy() - run.host["start_s"].to_numpy()))
