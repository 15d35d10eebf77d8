"""run.json: what was planned, on what it ran and how it ended."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from contract.config.scenarios import ScenarioFacts
from contract.errors import RecordError
from contract.metrics import Design
from contract.run.answers import AnswersRecord
from contract.run.files import FileRecord, Stored, read_record, write_record

SCHEMA_VERSION = 9
"""Version of run.json and of the samples' columns.

1: first.
2: runs under load: `design`, `load`, and what a block and a round are in them.
3: runs that start their servers again and again: `restarts`, and what a block is in them.
4: the samples' column `ttfb_s`.
5: the samples' columns of connections, `stall_s` and `note`.
6: `revisions`; each scenario's `new` and `answers`; hashes of JSON are of its value.
7: `processes`; the samples' columns of CPU time; `memory.parquet`.
8: each scenario's `events`; the samples' columns of streams: `first_event_s`, `events_per_s`,
   `last_byte_s`. Also `rows` and `fixed`; the samples' column `row`; `users` of a run under load.
9: `commits` of two revisions.
"""

RUN_NAME = "run.json"

CommitId = Annotated[str, Field(pattern="^[0-9a-f]{7,64}$")]
"""The id of a commit, or its beginning."""

RunState = Literal["running", "complete", "partial", "invalid"]


class ScenarioRecord(Stored, ScenarioFacts):
    """What was planned and delivered for one scenario, beside the facts that the file states.

    Attributes:
        name: as recorded; what the file allows has changed.
        request: method and path as sent, for people.
        rounds_max: the most rounds the plan allows.
        rounds: complete measured rounds, warm-up not counted.
        budget_s: the most time the plan allows, in seconds.
        ended: why measuring stopped.
        new: of two revisions, whether the base does not know the request, so that the head is
            measured alone.
        events: whether one of its answers is a stream of events.
        rows: how many rows of data its requests were drawn from; 0 without.
        fixed: whether each of its requests was the same one; False in older runs, where it is
            unknown.
        answers: how answers were compared; None in older runs and under load, where every other
            body counts as different.
    """

    name: str
    request: str
    rounds_max: int
    rounds: int = 0
    budget_s: Annotated[float, Field(gt=0)]
    ended: Literal["", "rounds", "time", "decided", "interrupted", "errors", "target"] = ""
    new: bool = False
    events: bool = False
    rows: Annotated[int, Field(ge=0)] = 0
    fixed: bool = False
    answers: AnswersRecord | None = None


class StepRecord(Stored):
    """One stretch of load: one variant, arrivals at one rate, then time to answer them all.

    Attributes:
        phase: `probe` sends a few requests one after the other, `capacity` searches the highest
            rate, `switchback` is what is compared.
        block, position: as in the samples.
        rate_per_s: of arrivals, all scenarios and workers together; 0 in a probe. Of users: of
            requests that were answered after the burn-in and before the end.
        start_s, end_s: of the time in which arrivals are due, as the samples' times.
        drained_s: when the last answer had come.
        planned, sent: arrivals, by worker.
        cpu_s: of each worker's process from `start_s` to `drained_s`.
        errors: wrong answers.
        late_share: the share of arrivals after the burn-in that were answered wrongly or later than
            their scenario's objective: of all of them, or of the scenario that fared worst, if it
            has enough of them for the objective's quantile.
        lag_s_p99: how late arrivals were sent, 99th percentile.
        met: in a capacity step, whether the objective was kept.
        limit: why it was not; `queue` where all were in time so far, but more arrived than was
            answered.
    """

    phase: Literal["probe", "capacity", "switchback"]
    block: int
    position: int
    variant: str
    rate_per_s: float
    start_s: float
    end_s: float
    drained_s: float
    planned: tuple[int, ...]
    sent: tuple[int, ...]
    cpu_s: tuple[float, ...]
    errors: int
    late_share: float
    lag_s_p99: float
    met: bool | None = None
    limit: Literal["", "latency", "queue", "errors", "generator"] = ""


class UsersRecord(Stored):
    """The users of a Locust file, who loaded the target instead of arrivals.

    Attributes:
        count: of users at a time.
        file: its name, without folders.
        sha256: of its content.
        classes, tags: of users and of tasks, as chosen; empty: all.
        hosts_ignored: user classes that state a host, instead of which the variants' were used.
        exceptions: that left a task, by variant.
        last_exception: the last of them.
    """

    count: int
    file: str
    sha256: str
    classes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    hosts_ignored: tuple[str, ...] = ()
    exceptions: dict[str, int] = Field(default_factory=dict)
    last_exception: str = ""


class LoadRecord(Stored):
    """How a run loaded its target, and what came of each step.

    Attributes:
        rate_per_s: of the switchback; 0 where the search ended before there was one.
        utilization: that rate as a share of the smallest capacity; None where the rate was given.
        blocks_planned: of the switchback.
        objective_quantile: the share of requests that must keep their scenario's objective.
        errors_max: the share of wrong answers that is still allowed.
        lag_s_max: the 99th percentile of the dispatch lag that is still allowed.
        worker_cpu_share_max: of one core, that a worker may use.
        users: of a Locust file, in a closed loop; None where arrivals were sent when they were due.
    """

    workers: int
    rate_per_s: float = 0.0
    utilization: float | None = None
    sub_block_s: float
    burn_in_s: float
    blocks_planned: int
    objective_quantile: float
    errors_max: float
    lag_s_max: float
    worker_cpu_share_max: float
    steps: tuple[StepRecord, ...] = ()
    users: UsersRecord | None = None


class RestartsRecord(Stored):
    """How often a run started its servers anew, all variants' together: a pair of starts.

    Attributes:
        looks: after how many pairs it was to be looked at, ascending; the last one ends it.
        starts: the variants of each pair, in the order in which they were started.
        hash_seeds: of each pair, the PYTHONHASHSEED that both got if nothing else set one.
    """

    looks: Annotated[tuple[int, ...], Field(min_length=1)]
    starts: tuple[tuple[str, ...], ...] = ()
    hash_seeds: tuple[int, ...] = ()


class EvidenceRecord(Stored):
    """What shows that a revision runs its own code.

    Attributes:
        kind: `opened` where its server opened a file of its own that the change touches; `made`
            where it opened one that its build made, unlike the other side's; `lacks` where it has
            none of the files that the change touches; `image`
            where it runs a container image of its own; empty where nothing shows it.
        name: of that file, relative to the top folder, or of the image.
    """

    kind: Literal["", "opened", "made", "lacks", "image"] = ""
    name: str = ""


class RevisionsRecord(Stored):
    """What was found of two revisions before they were measured.

    Attributes:
        commits: their whole ids, by side; empty in older runs.
        changed: how many files differ between them.
        evidence: by side.
        notes: what else to know, one line each, such as files that are in neither.
    """

    commits: dict[Literal["base", "head"], CommitId] = Field(default_factory=dict)
    changed: int = 0
    evidence: dict[str, EvidenceRecord] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether both sides were shown to run their own code."""
        return bool(self.evidence) and all(one.kind for one in self.evidence.values())


class ProcessesRecord(Stored):
    """What can be read of the service's processes from outside.

    Decided before anything is measured, so that planning and judging agree.

    Attributes:
        cpu_unknown: why the CPU time of a request cannot be read; empty where it can.
        memory_unknown: why memory cannot be read; empty where it can.
    """

    cpu_unknown: str = ""
    memory_unknown: str = ""


class RunRecord(Stored):
    """Everything in run.json.

    Attributes:
        state: `running` until closed; a folder left `running` by a crash is read as `partial`.
        reasons: one line each, why the run is partial or invalid.
        command: what a person types to measure the same again.
        config: the effective configuration without secrets.
        variants: names in the order of the configuration.
        baseline: the variant every other one is compared with.
        design: how requests were scheduled.
        load: in a run under load, how, and what came of it.
        restarts: where servers were started anew for each block of a scenario, how often.
        revisions: where two revisions were compared, what was found before; None in older runs.
        processes: what can be read of the service's processes; None in older runs.
        looks: whether a look at what was measured so far could end a scenario early.
        stages: server stages recorded, from Server-Timing.
        counters: cost counters recorded.
        environment: facts about machine, code and target, by section.
        noise: host counters over the measured time, by name.
    """

    schema_version: int = SCHEMA_VERSION
    tool_version: str
    id: str
    state: RunState = "running"
    reasons: tuple[str, ...] = ()
    command: str
    profile: str
    seed: int
    started_at: str
    finished_at: str | None = None
    config: dict[str, Any]
    variants: tuple[str, ...]
    baseline: str
    scenarios: Annotated[tuple[ScenarioRecord, ...], Field(min_length=1)]
    design: Design = "paired"
    load: LoadRecord | None = None
    restarts: RestartsRecord | None = None
    revisions: RevisionsRecord | None = None
    processes: ProcessesRecord | None = None
    looks: bool = False
    stages: tuple[str, ...]
    counters: tuple[str, ...]
    environment: dict[str, dict[str, Any]] = Field(default_factory=dict)
    noise: dict[str, float] = Field(default_factory=dict)
    files: dict[str, FileRecord] = Field(default_factory=dict)

    @property
    def load_users(self) -> UsersRecord | None:
        """The users who loaded the target in a closed loop; None in every other run."""
        return self.load.users if self.load else None

    @field_validator("variants", "stages", "counters")
    @classmethod
    def _named_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} stands there twice")
        return names

    @field_validator("scenarios")
    @classmethod
    def _scenarios_named_once(
        cls, scenarios: tuple[ScenarioRecord, ...]
    ) -> tuple[ScenarioRecord, ...]:
        cls._named_once(tuple(one.name for one in scenarios))
        return scenarios


def write_run(run_folder: Path, record: RunRecord) -> None:
    """Write run.json."""
    write_record(run_folder / RUN_NAME, record)


def read_run_json(path: Path) -> RunRecord:
    """Read and check run.json alone.

    Raises:
        RecordError: it is missing, damaged, or of a newer schema.
    """
    record = read_record(path, RunRecord, SCHEMA_VERSION)
    if record is None:
        raise RecordError(
            f"{path}: missing, so this is no run's folder. Measure one with `versus bench`."
        )
    return record
