"""What happens during a run, as far as its record needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contract.errors import InputError
from contract.run.record import RunRecord, RunState, StepRecord
from loadtests.machine.noise import HostLog
from loadtests.progress import Progress
from loadtests.redaction import redacted

EXIT_OK = 0
EXIT_INVALID = 4
EXIT_INTERRUPTED = 130


class MeasureError(InputError):
    """Measuring ended early; the message says why and what to do."""


@dataclass
class Course:
    """How a run goes; the generator's messages end here.

    Attributes:
        ended: why each scenario ended, by name.
        steps: of load, in order of time.
        rate_per_s: of the switchback, once it is known.
        planned: measured arrivals of each scenario in each variant, by name.
        starts: of servers that are started anew, in order, pair by pair.
    """

    redact: bool = False
    state: RunState = "complete"
    reasons: list[str] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    last_error: str = ""
    host: HostLog | None = None
    exit_code: int = EXIT_OK
    steps: list[StepRecord] = field(default_factory=list)
    rate_per_s: float = 0.0
    planned: dict[str, int] = field(default_factory=dict)
    starts: list[tuple[str, ...]] = field(default_factory=list)

    def shown(self, record: RunRecord) -> RunRecord:
        """The record as it may be written."""
        return redacted(record) if self.redact else record

    def fail(self, reason: str, state: RunState = "partial", exit_code: int = EXIT_INVALID) -> None:
        """Keep why the run is not complete."""
        self.state, self.exit_code = state, exit_code
        self.reasons.append(reason)

    def take(self, message: Mapping[str, Any], progress: Progress) -> None:
        """Keep what the generator tells, and show it.

        Raises:
            MeasureError: it cannot go on.
        """
        if "failed" in message:
            raise MeasureError(f"{message['failed']}, then measure again.")
        if "lost" in message:
            self.fail(message["lost"], "invalid")
        elif "boundary" in message:
            assert self.host is not None
            self.host.reached(message["boundary"])
        elif "step" in message:
            self.steps.append(StepRecord.model_validate(message["step"]))
        elif "planned" in message:
            self.rate_per_s, self.planned = message["rate_per_s"], message["planned"]
        elif "say" in message:
            progress.say(message["say"])
        else:
            self.ended = message["ended"]
            self.last_error = message["last_error"]
            progress.measuring(
                message["scenario"], message["left_s"], message["errors"], message["ratios"]
            )
