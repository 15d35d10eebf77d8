"""The generator: one Locust user, one connection, one request in flight.

It walks through rounds of all variants, scenario by scenario in blocks, and records every request.
What takes time (encoding, writing, collecting garbage, telling progress) happens between blocks
or between rounds, never between two requests of a round.

The job comes on the file descriptor VERSUS_JOB_FD; progress goes to VERSUS_PROGRESS_FD as JSON
lines. This is the only module that imports locust, because that import patches the process.
"""

import gc
import json
import math
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import gevent
from locust import FastHttpUser, constant, task
from pydantic import TypeAdapter

from loadtests.answer import body_hash, body_size, complaint, parse_cost, parse_server_timing
from loadtests.plan import Job, Scenario
from loadtests.schedule import Round, rounds
from reports.record import RUN_NAME, SampleRow, SampleStream, read_run_json

PROGRESS_EVERY_S = 0.5
CONSECUTIVE_ERRORS_MAX = 10
"""So many wrong answers in a row mean that the target is broken, not unlucky."""
COMPARED_MIN = 3
"""So many rounds a block compares, however long they take, while there is time at all."""


class RecorderError(Exception):
    """A sample could not be kept, which is our own mistake."""


class Place(NamedTuple):
    """Where a request stands in the schedule."""

    scenario: "ScenarioState"
    variant: int
    round: int
    position: int
    warmup: bool
    intended_s: float
    start_s: float


@dataclass
class ScenarioState:
    """One scenario under way.

    Attributes:
        headers: of each variant's requests.
        spent_s: time used of the scenario's budget.
        measured: complete rounds without error, warm-up not counted.
        log_ratio_sums: sum over measured rounds of log(latency / the baseline's), by variant.
    """

    index: int
    plan: Scenario
    headers: list[dict[str, str]]
    upcoming: Iterator[Round]
    ignored: re.Pattern[bytes] | None
    log_ratio_sums: list[float]
    sent: int = 0
    blocks: int = 0
    measured: int = 0
    spent_s: float = 0.0
    ended: str = ""


class Measurement:
    """One job, driven over one client."""

    def __init__(self, job: Job, stream: SampleStream, client: Any) -> None:
        self._job = job
        self._stream = stream
        self._client = client
        self._latency_s: float | None = None
        self._recorded = False
        self._errors = 0
        self._errors_in_a_row = [0] * len(job.variants)
        self._last_error = ""
        self._states = [_state(job, index) for index in range(len(job.scenarios))]
        self._epoch_s = time.perf_counter()
        self._next_report_s = self._epoch_s

    def run(self) -> None:
        """Measure a block of each scenario in turn until all have ended."""
        tell(boundary=None)
        try:
            while True:
                open_ones = [state for state in self._states if not state.ended]
                if not open_ones:
                    break
                for state in open_ones:
                    self._block(state)
        finally:
            self._stream.close()

    def _block(self, state: ScenarioState) -> None:
        profile = self._job.profile
        housekeeping_s = time.perf_counter()
        gc.collect()
        began_s = time.perf_counter()
        budget_end_s = began_s + state.plan.budget_s - state.spent_s
        end_s = min(began_s + profile.block_s, budget_end_s)
        # The first block warms caches; a later one only has to settle after its predecessor.
        settling = min(profile.warmup_rounds, 1 if state.blocks else profile.warmup_rounds)
        done = 0
        # Where a round takes longer than a block should, blocks of warm-up alone would compare
        # nothing: such a block goes on as long as the budget lasts, and always for one round.
        while not state.ended and (
            done <= settling
            or time.perf_counter() < (budget_end_s if done < settling + COMPARED_MIN else end_s)
        ):
            self._round(state, warmup=done < settling)
            done += 1
            self._report(state, state.spent_s + time.perf_counter() - began_s)
        ended_s = time.perf_counter()
        tell(
            boundary={
                "scenario": state.plan.name,
                "block": state.blocks,
                "start_s": began_s - self._epoch_s,
                "end_s": ended_s - self._epoch_s,
                "gc_s": began_s - housekeeping_s,
            }
        )
        state.blocks += 1
        state.spent_s += ended_s - began_s
        if not state.ended and state.spent_s >= state.plan.budget_s:
            state.ended = "time"
        self._stream.flush()
        self._report(state, state.spent_s, now=True)

    def _round(self, state: ScenarioState, *, warmup: bool) -> None:
        drawn = next(state.upcoming)
        latencies_s: list[float | None] = [None] * len(self._job.variants)
        for position, (variant, gap_s) in enumerate(zip(drawn.order, drawn.gaps_s, strict=True)):
            intended_s = time.perf_counter() + gap_s
            gevent.sleep(gap_s)
            path, _ = state.plan.requests[variant]
            self._latency_s = None
            self._recorded = False
            self._client.request(
                state.plan.method,
                path,
                headers=state.headers[variant],
                allow_redirects=False,
                context={
                    "place": Place(
                        state,
                        variant,
                        state.sent,
                        position,
                        warmup,
                        intended_s - self._epoch_s,
                        time.perf_counter() - self._epoch_s,
                    )
                },
            )
            if not self._recorded:
                # Locust logs what a listener raises and goes on; a sample must not be lost so.
                raise RecorderError("the recorder failed")
            latencies_s[variant] = self._latency_s
        state.sent += 1
        self._count(state, latencies_s, warmup=warmup)

    def _count(
        self, state: ScenarioState, latencies_s: list[float | None], *, warmup: bool
    ) -> None:
        if max(self._errors_in_a_row) >= CONSECUTIVE_ERRORS_MAX:
            for one in self._states:
                one.ended = one.ended or "errors"
        baseline_s = latencies_s[0]
        if warmup or baseline_s is None:
            return
        ratios = [latency_s / baseline_s for latency_s in latencies_s if latency_s is not None]
        if len(ratios) < len(latencies_s):
            return
        state.measured += 1
        for variant, ratio in enumerate(ratios):
            state.log_ratio_sums[variant] += math.log(ratio)
        if state.measured >= self._job.profile.rounds_max:
            state.ended = "rounds"

    def record(
        self,
        response_time: float,
        response: Any,
        exception: Exception | None,
        context: dict[str, Place],
        **_: object,
    ) -> None:
        """Listener of Locust's request event: keep one sample."""
        place = context["place"]
        plan = place.scenario.plan
        body, exception = _body(response, exception)
        headers = response.headers or {}
        status = int(response.status_code or 0)
        size = body_size(plan.method, headers, len(body))
        error = complaint(status, plan.status, exception, size.missing_bytes)
        if error:
            self._errors += 1
            self._errors_in_a_row[place.variant] += 1
            self._last_error = f"{plan.name}, {self._job.variants[place.variant]}: {error}"
        else:
            self._errors_in_a_row[place.variant] = 0
            self._latency_s = response_time / 1000
        self._stream.append(
            SampleRow(
                scenario=place.scenario.index,
                variant=place.variant,
                block=place.scenario.blocks,
                round=place.round,
                position=place.position,
                warmup=place.warmup,
                intended_s=place.intended_s,
                start_s=place.start_s,
                latency_s=response_time / 1000,
                status=status,
                error=error,
                wire_bytes=size.wire_bytes,
                body_bytes=len(body),
                body_hash=body_hash(body, place.scenario.ignored) if status else 0,
                stages=parse_server_timing(headers.get("server-timing"), self._job.target.stages),
                counters=parse_cost(
                    headers.get(self._job.target.cost_header), self._job.target.counters
                ),
            )
        )
        self._recorded = True

    def _report(self, state: ScenarioState, spent_s: float, *, now: bool = False) -> None:
        if not now and time.perf_counter() < self._next_report_s:
            return
        self._next_report_s = time.perf_counter() + PROGRESS_EVERY_S
        left_s = sum(
            max(0.0, one.plan.budget_s - (spent_s if one is state else one.spent_s))
            for one in self._states
            if not one.ended
        )
        tell(
            scenario=state.plan.name,
            left_s=left_s,
            errors=self._errors,
            last_error=self._last_error,
            rounds={one.plan.name: one.measured for one in self._states},
            ended={one.plan.name: one.ended for one in self._states},
            ratios={one.plan.name: _mean_ratios(one) for one in self._states if one.measured},
        )


def _body(response: Any, exception: Exception | None) -> tuple[bytes, Exception | None]:
    """The decoded body, or what kept it from being decoded."""
    try:
        return response.content or b"", exception
    except Exception as error:  # noqa: BLE001 - whatever a broken body makes its decoder raise
        return b"", exception or error


def _state(job: Job, index: int) -> ScenarioState:
    plan = job.scenarios[index]
    gap_s = (job.profile.gap_ms[0] / 1000, job.profile.gap_ms[1] / 1000)
    return ScenarioState(
        index=index,
        plan=plan,
        headers=[{**job.headers, **headers} for _, headers in plan.requests],
        upcoming=rounds(job.seed, index, len(job.variants), gap_s),
        ignored=re.compile(plan.ignore.encode()) if plan.ignore else None,
        log_ratio_sums=[0.0] * len(job.variants),
    )


def _mean_ratios(state: ScenarioState) -> list[float]:
    return [math.exp(log_sum / state.measured) for log_sum in state.log_ratio_sums]


def tell(**message: object) -> None:
    """Send one line of progress to the process that started this one."""
    # Less than a pipe's atomic size, so that no reader sees half a line.
    os.write(_PROGRESS_FD, json.dumps(message).encode() + b"\n")


def _read_job() -> Job:
    with os.fdopen(int(os.environ["VERSUS_JOB_FD"]), "rb") as pipe:
        return TypeAdapter(Job).validate_json(pipe.read())


_PROGRESS_FD = int(os.environ["VERSUS_PROGRESS_FD"])
_JOB = _read_job()


class PairedUser(FastHttpUser):
    """The one user; its only task is the whole measurement."""

    host = _JOB.base_url
    concurrency = 1
    network_timeout = _JOB.target.timeout_s
    connection_timeout = _JOB.target.timeout_s
    # A bearer token goes only to a host that proves its name; SSL_CERT_FILE adds an authority.
    insecure = False
    wait_time = constant(0)

    @task
    def measure(self) -> None:
        """Run the job, then end Locust."""
        # What exists now lives until the end: keep the collector away from it, and from us
        # while a round is under way.
        gc.freeze()
        gc.disable()
        folder = Path(_JOB.run_folder)
        try:
            # A cookie of one variant must not come back with another's request.
            self.client.client.cookiejar = None
            stream = SampleStream(folder, read_run_json(folder / RUN_NAME))
            measurement = Measurement(_JOB, stream, self.client)
            self.environment.events.request.add_listener(measurement.record)
            measurement.run()
        except OSError as error:
            tell(failed=f"{folder}: {error.strerror or error}. Free space or mend the folder")
        except RecorderError as error:
            tell(failed=f"{error}, see {folder / 'generator.log'}")
        finally:
            self.environment.runner.quit()
