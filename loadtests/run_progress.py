"""How a run goes, as far as its record needs it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from contract.run.answers import AnswerPair, AnswersRecord
from contract.run.record import RunRecord, RunState, ScenarioRecord, StepRecord
from loadtests.checking.first_answers import FirstAnswers, record_with
from loadtests.engines.events import (
    AnswersCompared,
    BlockEnded,
    Ended,
    Event,
    GeneratorFailed,
    LoadNotDelivered,
    MeasuringStarted,
    Progressed,
    RateChosen,
    RequestsNamed,
    StepEnded,
    TasksFailed,
)
from loadtests.errors import EXIT_INVALID, EXIT_OK, MeasureError
from loadtests.machine.noise import HostLog
from loadtests.redaction import redacted


@dataclass
class RunProgress:
    """How a run goes; it takes in the generator's events.

    Attributes:
        redact: whether names of hosts, paths and the branch stay out of the record.
        reasons: why the run is not complete, one line each.
        ended: why each scenario ended, by name.
        host: what the host counted, from the moment when the generator runs.
        steps: of load, in order of time.
        rate_per_s: of the switchback, once it is known.
        planned: measured arrivals of each scenario in each variant, by name.
        starts: of servers that are started repeatedly, in order, pair by pair.
        hash_seeds: what the servers of each pair shared.
        first_answers: of two revisions, what was found before measuring.
        pairs: of answers that differ, by scenario.
        reads_cpu, reads_memory: whether they can be read of the service's processes.
        requests: of a Locust file, for people, by the name of the scenario.
        exceptions: that left tasks of a Locust file, by variant.
        last_exception: the last of them.
        hidden: values that no log of the run may hold.
        others: commands of other measurements on this machine at the same time.
        keep: writes the record while measuring goes on, so that no crash loses what it says.
    """

    redact: bool = False
    state: RunState = "complete"
    reasons: list[str] = field(default_factory=list)
    ended: dict[str, Ended] = field(default_factory=dict)
    last_error: str = ""
    host: HostLog | None = None
    exit_code: int = EXIT_OK
    steps: list[StepRecord] = field(default_factory=list)
    rate_per_s: float = 0.0
    planned: dict[str, int] = field(default_factory=dict)
    starts: list[tuple[str, ...]] = field(default_factory=list)
    hash_seeds: list[int] = field(default_factory=list)
    first_answers: tuple[FirstAnswers, ...] = ()
    pairs: dict[str, list[AnswerPair]] = field(default_factory=dict)
    reads_cpu: bool = False
    reads_memory: bool = False
    requests: dict[str, str] = field(default_factory=dict)
    exceptions: dict[str, int] = field(default_factory=dict)
    last_exception: str = ""
    hidden: list[str] = field(default_factory=list, repr=False)
    others: Callable[[], tuple[str, ...]] = tuple
    keep: Callable[[], None] = lambda: None

    def publishable(self, record: RunRecord) -> RunRecord:
        """The record as it may be written."""
        return redacted(record) if self.redact else record

    def with_requests(self, record: RunRecord) -> RunRecord:
        """The record with the requests of a Locust file as its scenarios."""
        if not self.requests:
            return record
        alike = record.scenarios[0]
        return record.model_copy(
            update={
                "scenarios": tuple(
                    alike.model_copy(update={"name": name, "request": request})
                    for name, request in self.requests.items()
                )
            }
        )

    def with_answers(self, record: RunRecord) -> RunRecord:
        """The record with what is known of answers; under load they are not looked through."""
        if record.load:
            return record
        if self.first_answers:
            record = record_with(record, self.first_answers)
        return record.model_copy(
            update={
                "scenarios": tuple(
                    scenario.model_copy(update={"answers": self._answers_of(scenario)})
                    for scenario in record.scenarios
                )
            }
        )

    def _answers_of(self, scenario: ScenarioRecord) -> AnswersRecord:
        found = scenario.answers or AnswersRecord()
        # The first answers are answered again while rounds are measured.
        known = {(one.variant, *one.hashes) for one in found.pairs}
        new = [
            one
            for one in self.pairs.get(scenario.name, ())
            if (one.variant, *one.hashes) not in known
        ]
        return found.model_copy(update={"pairs": (*found.pairs, *new)})

    def fail(self, reason: str, state: RunState = "partial", exit_code: int = EXIT_INVALID) -> None:
        """Keep why the run is not complete."""
        self.state, self.exit_code = state, exit_code
        self.reasons.append(reason)

    def handle(self, event: Event) -> None:
        """Keep what an event says of the run.

        Raises:
            MeasureError: the generator cannot go on.
        """
        match event:
            case GeneratorFailed():
                raise MeasureError(f"{event.reason}, then measure again.")
            case LoadNotDelivered():
                self.fail(event.reason, "invalid")
            case MeasuringStarted():
                assert self.host is not None
                self.host.begin()
            case BlockEnded():
                assert self.host is not None
                self.host.end_block(
                    event.scenario, event.block, event.start_s, event.end_s, gc_s=event.gc_s
                )
            case StepEnded():
                self.steps.append(event.step)
            case RateChosen():
                self.rate_per_s, self.planned = event.rate_per_s, event.planned
            case RequestsNamed() | TasksFailed():
                self._handle_users(event)
            case AnswersCompared():
                self.pairs.setdefault(event.scenario, []).append(event.pair)
            case Progressed():
                self.ended, self.last_error = event.ended, event.last_error
            case _:
                pass  # Of no interest to the record.

    def _handle_users(self, event: RequestsNamed | TasksFailed) -> None:
        if isinstance(event, RequestsNamed):
            self.requests = event.requests
            self.keep()
        else:
            so_far = self.exceptions.get(event.variant, 0)
            self.exceptions[event.variant] = so_far + event.count
            self.last_exception = event.last
