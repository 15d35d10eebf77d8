"""Live measurements: whole gates, recorded traces, and long runs that show the true effect."""

import io
import math
from dataclasses import dataclass
from pathlib import Path

from calibration.deciding import judge_run, look
from calibration.findings import Condition, Gate, Truth
from calibration.questions import WHOLE
from calibration.slowdown import slower
from calibration.subject import LiveGate, plan_of
from calibration.trace import Trace, trace_of
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

    def gate(self, gate: LiveGate, seed: int) -> Gate:
        """One whole gate, from the server's start to the verdict."""
        run = self._measured("gates", gate, seed, look)
        return Gate.of(
            judge_run(run.record, run.samples),
            *("live", gate.condition, gate.question, slower(gate.effect)),
            *(measured_s(run), run.record.scenarios[0].rounds),
        )

    def trace(self, condition: Condition, length_s: float, seed: int) -> Trace:
        """A recorded run of unchanged code."""
        gate = LiveGate(condition, WHOLE, 0.0, length_s)
        return trace_of(self._measured(f"trace-{condition.replace(' ', '-')}", gate, seed, None))

    def truths(
        self, condition: Condition, effect: float, length_s: float, seed: int
    ) -> tuple[Truth, ...]:
        """The true effect of planted work on each metric, from one run of a fixed length.

        Raises:
            MeasureError: the run could not be compared.
        """
        run = self._measured("truths", LiveGate(condition, WHOLE, effect, length_s), seed, None)
        judged = judge_run(run.record, run.samples)
        if run.record.state != "complete":
            raise MeasureError(f"{run.folder}: {judged.note}. Calibrate again.")
        return tuple(
            Truth(
                *(condition, slower(effect), one.ratio, one.interval90.low, one.interval90.high),
                *(one.interval_familywise.low, one.interval_familywise.high, one.metric),
            )
            for one in judged.found
            if math.isfinite(one.interval_familywise.high)
        )

    def _measured(self, kind: str, gate: LiveGate, seed: int, decide: Look | None) -> Run:
        """Measure one run.

        Raises:
            KeyboardInterrupt: measuring was interrupted and stopped in order.
            MeasureError: nothing was measured.
        """
        messages = io.StringIO()
        plan = plan_of(self.folder, gate, seed)
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
