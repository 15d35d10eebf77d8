"""The events that pass between the generator and the runner, and their one encoding.

The generator sends events over one pipe; where it waits for a decision, the runner answers over
another. Each event is one line of JSON with its `kind`. Both ends are the same code, so an unknown
kind or key is an error, never something to skip.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from contract.run.answers import AnswerPair
from contract.run.record import StepRecord
from loadtests.planning.setups import Given

EVENT_BYTES_MAX = 2**24
"""Progress on hundreds of scenarios or workers takes more than 64 KiB, asyncio's own limit."""

Ended = Literal["", "rounds", "time", "decided", "errors"]
"""Why a scenario ended; empty while it goes on."""


class EventError(Exception):
    """A line is no event."""


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class MeasuringStarted(_Event):
    """The first block begins."""

    kind: Literal["measuring_started"] = "measuring_started"


class BlockEnded(_Event):
    """A block is over.

    Attributes:
        scenario: `load` where all are sent at once.
        start_s, end_s: as the samples' times.
        gc_s: how long the generator collected garbage before it.
        round_s: of a scenario, one of its rounds that are compared; 0 where that is unknown.
    """

    kind: Literal["block_ended"] = "block_ended"
    scenario: str
    block: int
    start_s: float
    end_s: float
    gc_s: float
    round_s: float = 0.0


class Progressed(_Event):
    """How far measuring is.

    Attributes:
        activity: what is under way, for people.
        left_s: time still to measure.
        errors: wrong answers so far.
        last_error: where and why the last of them was wrong.
        ended: why each scenario ended, by name.
        ratios: by scenario, each variant's mean latency ratio to the first variant so far.
    """

    kind: Literal["progressed"] = "progressed"
    activity: str
    left_s: float
    errors: int
    last_error: str
    ended: dict[str, Ended]
    ratios: dict[str, tuple[float, ...]]


class WorkerJoined(_Event):
    """A worker is ready.

    Attributes:
        number: of workers so far.
        count: of workers that are needed.
    """

    kind: Literal["worker_joined"] = "worker_joined"
    number: int
    count: int


class RateChosen(_Event):
    """The switchback begins.

    Attributes:
        planned: measured arrivals of each scenario in each variant, by name.
    """

    kind: Literal["rate_chosen"] = "rate_chosen"
    rate_per_s: float
    planned: dict[str, int]


class RequestsNamed(_Event):
    """Users sent requests of new names.

    Attributes:
        requests: for people, by the name of the scenario.
    """

    kind: Literal["requests_named"] = "requests_named"
    requests: dict[str, str]


class TasksFailed(_Event):
    """Exceptions left tasks of a Locust file.

    Attributes:
        count: since the last such event.
        last: the last of them.
    """

    kind: Literal["tasks_failed"] = "tasks_failed"
    variant: str
    count: int
    last: str


class StepEnded(_Event):
    """A step of load is over, and its samples are written."""

    kind: Literal["step_ended"] = "step_ended"
    step: StepRecord


class AnswersCompared(_Event):
    """Two answers of a round that differ were looked through."""

    kind: Literal["answers_compared"] = "answers_compared"
    scenario: str
    pair: AnswerPair


class LoadNotDelivered(_Event):
    """A worker was lost or is too slow, so the run is invalid."""

    kind: Literal["load_not_delivered"] = "load_not_delivered"
    reason: str


class GeneratorFailed(_Event):
    """The generator cannot go on; the reason says what to do before measuring again."""

    kind: Literal["generator_failed"] = "generator_failed"
    reason: str


class LookRequested(_Event):
    """The generator waits for `ScenariosDecided`."""

    kind: Literal["look_requested"] = "look_requested"


class RestartRequested(_Event):
    """The generator waits for `ServersRestarted` or `NoMoreRestarts`.

    Attributes:
        pairs: of starts so far.
    """

    kind: Literal["restart_requested"] = "restart_requested"
    pairs: int


class ScenariosDecided(_Event):
    """The answer to a look: these scenarios end."""

    kind: Literal["scenarios_decided"] = "scenarios_decided"
    names: tuple[str, ...]


class ServersRestarted(_Event):
    """The next pair of starts answers, each variant at its address.

    Attributes:
        pids, given: of the servers, as of a job.
    """

    kind: Literal["servers_restarted"] = "servers_restarted"
    base_urls: tuple[str, ...]
    pids: tuple[int, ...] = ()
    given: tuple[Given, ...] = ()


class NoMoreRestarts(_Event):
    """Measuring ends here."""

    kind: Literal["no_more_restarts"] = "no_more_restarts"
    ended: Literal["decided", "rounds"]


Event = (
    MeasuringStarted
    | BlockEnded
    | Progressed
    | WorkerJoined
    | RateChosen
    | RequestsNamed
    | TasksFailed
    | StepEnded
    | AnswersCompared
    | LoadNotDelivered
    | GeneratorFailed
    | LookRequested
    | RestartRequested
    | ScenariosDecided
    | ServersRestarted
    | NoMoreRestarts
)

_EVENTS: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def encode(event: Event) -> bytes:
    """An event as one line.

    Raises:
        EventError: it is longer than EVENT_BYTES_MAX.
    """
    line = event.model_dump_json().encode() + b"\n"
    if len(line) > EVENT_BYTES_MAX:
        raise EventError(f"{event.kind}: {len(line)} bytes; at most {EVENT_BYTES_MAX} can be sent")
    return line


def decode(line: bytes) -> Event:
    """An event from its line.

    Raises:
        EventError: the line is too long, cut short, of an unknown kind, or not as its kind says.
    """
    if len(line) > EVENT_BYTES_MAX or not line.endswith(b"\n"):
        raise EventError(f"an event of {len(line)} bytes is too long or was cut short")
    try:
        return _EVENTS.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "event"
        raise EventError(f"{where}: {first['msg']}") from error
