"""Users of a person's Locust file against one variant after the other, in a switchback.

A closed loop: each user waits for its answer before it goes on, so a faster variant gets more
requests. After a first look at every variant, which finds the requests' names, blocks are ordered
as those of open load. Users start anew in every step, and all have ended before the next.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np

from contract.run.columns import SampleEncoder
from contract.run.observation import Observation
from contract.run.record import RunRecord, StepRecord
from contract.run.stream import SampleStream
from loadtests.engines.delivery import StoppedError, TargetBrokenError
from loadtests.engines.events import (
    Event,
    RateChosen,
    RequestsNamed,
    StepEnded,
    TasksFailed,
)
from loadtests.engines.request_names import RequestNames
from loadtests.engines.switchback import Switchback
from loadtests.planning.arrivals import blocks_planned, switchback_order
from loadtests.planning.users import UsersJob

LATENCY_S_MIN = 1e-6
"""A custom client may report less, which has no ratio."""


class Seen(NamedTuple):
    """One request of a user.

    Attributes:
        method, name: as Locust reports them; any text.
        start_s: from the step's beginning.
        latency_s: NaN where none was reported.
        status: 0 where there is none.
        error: empty where Locust counts the request as a success.
    """

    method: str
    name: str
    start_s: float
    latency_s: float
    status: int
    error: str
    body_bytes: int
    note: str = ""


@dataclass(frozen=True)
class Served:
    """What users did in one step.

    Attributes:
        drained_s: from the step's beginning until the last user had ended.
        cpu_s: of this process meanwhile.
        exceptions: that left a task.
        last_exception: the last of them.
    """

    seen: Sequence[Seen]
    drained_s: float
    cpu_s: float
    exceptions: int = 0
    last_exception: str = ""


class Users(Protocol):
    """The users of a Locust file."""

    def serve(self, variant: int, duration_s: float) -> Served:
        """Start all users against a variant, end them after so long, and wait until they have.

        Raises:
            StoppedError: they did not last, or do not end.
        """


@dataclass(frozen=True)
class _Step:
    phase: Literal["probe", "switchback"]
    variant: int
    block: int
    position: int


class ClosedLoop(Switchback):
    """One run of users."""

    def __init__(
        self,
        job: UsersJob,
        record: RunRecord,
        stream: SampleStream,
        users: Users,
        emit: Callable[[Event], None],
        clock: Callable[[], float],
    ) -> None:
        """Take a job.

        Args:
            job: what to run.
            record: of the run, for the columns of its samples.
            stream: takes the samples; closed at the end, however that comes.
            users: send the requests.
            emit: takes events.
            clock: monotonic, in seconds.
        """
        super().__init__(stream, emit, clock)
        self._job = job
        self._record = record
        self._users = users
        self._names = RequestNames()
        self._named = 0
        self._nothing = (
            (math.nan,) * len(record.stages),
            (math.nan,) * len(record.counters),
        )

    def _measure(self) -> None:
        n_variants, blocks = (
            len(self._job.variants),
            blocks_planned(self._job.profile, len(self._job.variants)),
        )
        step_s = self._job.profile.sub_block_s
        left = n_variants + 2 * n_variants * blocks
        for variant, name in enumerate(self._job.variants):
            self._report_progress(f"a first look at {name}", (left - variant) * step_s)
            self._first_look(_Step("probe", variant, self._block, 0))
            self._end_block()
        self._emit(RateChosen(rate_per_s=0.0, planned={}))
        left -= n_variants
        for done in range(blocks):
            order = switchback_order(self._job.seed, self._block, n_variants)
            for position, variant in enumerate(order):
                activity = f"{self._job.users.count} users, block {done + 1} of {blocks}"
                self._report_progress(activity, left * step_s)
                self._carry_out(_Step("switchback", variant, self._block, position))
                left -= 1
            self._end_block()

    def _first_look(self, step: _Step) -> None:
        seen = self._carry_out(step)
        if not seen:
            raise StoppedError(
                f"no user sent a request to {self._job.variants[step.variant]} in "
                f"{self._job.profile.sub_block_s:g} s. Set a longer sub_block_s in the profile, or "
                "a shorter wait_time"
            )
        if all(one.error for one in seen):
            raise TargetBrokenError(self._last_error)

    def _carry_out(self, step: _Step) -> Sequence[Seen]:
        """Run one step, keep its samples, and emit its outcome."""
        profile, name = self._job.profile, self._job.variants[step.variant]
        start_s = self._now_s()
        self._begin_step(start_s)
        served = self._users.serve(step.variant, profile.sub_block_s)
        rows = self._observations(step, start_s, served.seen)
        if len(self._names.names) > self._named:
            self._named = len(self._names.names)
            self._emit(RequestsNamed(requests=self._names.requests))
        if rows:
            self._stream.write(self._encoder().batch(rows))
        wrong = [one for one in served.seen if one.error]
        self._errors += len(wrong)
        if wrong:
            self._last_error = f"{wrong[-1].name[:60]}, {name}: {wrong[-1].error}"
        if served.exceptions:
            self._emit(
                TasksFailed(variant=name, count=served.exceptions, last=served.last_exception)
            )
        self._emit(StepEnded(step=self._record_of(step, start_s, served)))
        return served.seen

    def _encoder(self) -> SampleEncoder:
        return SampleEncoder(
            self._names.names, self._job.variants, self._record.stages, self._record.counters
        )

    def _observations(
        self, step: _Step, start_s: float, seen: Sequence[Seen]
    ) -> Sequence[Observation]:
        profile = self._job.profile
        numbers: Counter[int] = Counter()
        rows = []
        for one in sorted(seen, key=lambda each: each.start_s):
            scenario = self._names.index(one.method, one.name)
            compared = profile.burn_in_s <= one.start_s < profile.sub_block_s
            rows.append(
                Observation(
                    scenario=scenario,
                    variant=step.variant,
                    block=step.block,
                    round=numbers[scenario],
                    position=step.position,
                    warmup=step.phase != "switchback" or not compared,
                    intended_s=start_s + one.start_s,
                    start_s=start_s + one.start_s,
                    latency_s=max(one.latency_s, LATENCY_S_MIN),
                    status=one.status,
                    error=one.error,
                    wire_bytes=None,
                    body_bytes=one.body_bytes,
                    body_hash=0,
                    stages=self._nothing[0],
                    counters=self._nothing[1],
                    note=one.note,
                )
            )
            numbers[scenario] += 1
        return rows

    def _record_of(self, step: _Step, start_s: float, served: Served) -> StepRecord:
        profile = self._job.profile
        ends_s = np.array([one.start_s + one.latency_s for one in served.seen if not one.error])
        answered = int(((ends_s >= profile.burn_in_s) & (ends_s < profile.sub_block_s)).sum())
        return StepRecord(
            phase=step.phase,
            block=step.block,
            position=step.position,
            variant=self._job.variants[step.variant],
            rate_per_s=answered / (profile.sub_block_s - profile.burn_in_s),
            start_s=start_s,
            end_s=start_s + profile.sub_block_s,
            drained_s=start_s + served.drained_s,
            planned=(len(served.seen),),
            sent=(len(served.seen),),
            cpu_s=(served.cpu_s,),
            errors=sum(bool(one.error) for one in served.seen),
            late_share=0.0,
            lag_s_p99=0.0,
        )

    def _scenario_names(self) -> Sequence[str]:
        return self._names.names
