"""The paired design at low load: one connection, one request in flight.

It walks through rounds of all variants, scenario by scenario in blocks, and records every request.
What takes time (encoding, writing, collecting garbage, telling progress) happens between blocks
or between rounds, never between two requests of a round.

Where it may ask, it looks after the block in which a scenario reached the next of 50, 100, 200, ...
measured rounds, waits, and ends the scenarios that are decided. Looking counts towards no budget.
What a decided scenario leaves of its own is left unused: the others keep the budgets on record.

Where servers are started again and again, each pair of starts gets one block of every scenario, and
then it waits until the next servers answer or nobody needs more.
"""

import gc
import math
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import gevent

from contract.run.stream import SampleStream
from loadtests.planning.plan import Job, Scenario
from loadtests.planning.schedule import Round, next_look, rounds
from loadtests.probes.http.exchange import Exchange, Place

PROGRESS_EVERY_S = 0.5
CONSECUTIVE_ERRORS_MAX = 10
"""So many wrong answers in a row mean that the target is broken, not unlucky."""
COMPARED_MIN = 3
"""So many rounds a block compares, however long they take, while there is time at all."""


@dataclass
class ScenarioState:
    """One scenario under way.

    Attributes:
        spent_s: time used of the scenario's budget.
        measured: complete rounds without error, warm-up not counted.
        look_at: so many measured rounds are worth the next look.
        log_ratio_sums: sum over measured rounds of log(latency / the baseline's), by variant.
    """

    index: int
    plan: Scenario
    upcoming: Iterator[Round]
    log_ratio_sums: list[float]
    sent: int = 0
    blocks: int = 0
    measured: int = 0
    look_at: int = next_look(0)
    spent_s: float = 0.0
    ended: str = ""


class PairedRun:
    """One job, driven over one client."""

    def __init__(
        self,
        job: Job,
        stream: SampleStream,
        exchange: Exchange,
        tell: Callable[..., None],
        ask: Callable[[str, int], Collection[str]] | None = None,
        renew: Callable[[int], Exchange | str] | None = None,
    ) -> None:
        self._job = job
        self._stream = stream
        self._exchange = exchange
        self._tell = tell
        self._ask = ask
        self._renew = renew
        self._pairs = 0
        self._errors = 0
        self._errors_in_a_row = [0] * len(job.variants)
        self._last_error = ""
        self._states = [_state(job, index) for index in range(len(job.scenarios))]
        self._epoch_s = time.perf_counter()
        self._next_report_s = self._epoch_s

    def run(self) -> None:
        """Measure a block of each scenario in turn until all have ended."""
        self._tell(boundary=None)
        try:
            while not all(state.ended for state in self._states):
                for state in self._states:
                    # One scenario's block can end another: by errors, or by a look.
                    if not state.ended:
                        self._block(state)
                        self._look(state)
                self._start_anew()
        finally:
            self._stream.close()

    def _block(self, state: ScenarioState) -> None:
        profile = self._job.profile
        housekeeping_s = time.perf_counter()
        gc.collect()
        began_s = time.perf_counter()
        budget_end_s = began_s + state.plan.budget_s - state.spent_s
        block_s = profile.pair_s * state.plan.share if self._renew else profile.block_s
        end_s = min(began_s + block_s, budget_end_s)
        # The first block warms caches; a later one only has to settle after its predecessor.
        cold = self._renew is not None or state.blocks == 0
        settling = profile.warmup_rounds if cold else min(profile.warmup_rounds, 1)
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
        self._tell(
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
        if not state.ended and state.spent_s >= state.plan.budget_s and not self._renew:
            state.ended = "time"
        self._stream.flush()
        self._report(state, state.spent_s, now=True)

    def _look(self, state: ScenarioState) -> None:
        """Ask, where it is time to, and end the scenarios that are decided."""
        if self._ask is None or state.ended or state.measured < state.look_at:
            return
        state.look_at = next_look(state.measured)
        decided = self._ask(state.plan.name, state.measured)
        for one in self._states:
            if not one.ended and one.plan.name in decided:
                one.ended = "decided"
        self._report(state, state.spent_s, now=True)

    def _start_anew(self) -> None:
        """Wait for the next pair of starts, where there is to be one."""
        if self._renew is None or any(state.ended == "errors" for state in self._states):
            return
        self._pairs += 1
        renewed = self._renew(self._pairs)
        if isinstance(renewed, str):
            for state in self._states:
                state.ended = state.ended or renewed
            self._report(self._states[-1], self._states[-1].spent_s, now=True)
        else:
            self._exchange = renewed

    def _round(self, state: ScenarioState, *, warmup: bool) -> None:
        drawn = next(state.upcoming)
        latencies_s: list[float | None] = [None] * len(self._job.variants)
        for position, (variant, gap_s) in enumerate(zip(drawn.order, drawn.gaps_s, strict=True)):
            intended_s = time.perf_counter() + gap_s
            gevent.sleep(gap_s)
            latencies_s[variant] = self._request(
                Place(
                    scenario=state.index,
                    variant=variant,
                    block=state.blocks,
                    round=state.sent,
                    position=position,
                    warmup=warmup,
                    intended_s=intended_s - self._epoch_s,
                    start_s=time.perf_counter() - self._epoch_s,
                )
            )
        state.sent += 1
        self._count(state, latencies_s, warmup=warmup)

    def _request(self, place: Place) -> float | None:
        """Send and keep one request; its latency if the answer is a right one."""
        row = self._exchange.send(place)
        self._stream.append(row)
        if not row.error:
            self._errors_in_a_row[place.variant] = 0
            return row.latency_s
        self._errors += 1
        self._errors_in_a_row[place.variant] += 1
        where = f"{self._job.scenarios[place.scenario].name}, {self._job.variants[place.variant]}"
        self._last_error = f"{where}: {row.error}"
        return None

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
        if state.measured >= self._job.profile.rounds_max and not self._renew:
            state.ended = "rounds"

    def _report(self, state: ScenarioState, spent_s: float, *, now: bool = False) -> None:
        if not now and time.perf_counter() < self._next_report_s:
            return
        self._next_report_s = time.perf_counter() + PROGRESS_EVERY_S
        left_s = sum(
            max(0.0, one.plan.budget_s - (spent_s if one is state else one.spent_s))
            for one in self._states
            if not one.ended
        )
        self._tell(
            scenario=state.plan.name,
            left_s=left_s,
            errors=self._errors,
            last_error=self._last_error,
            rounds={one.plan.name: one.measured for one in self._states},
            ended={one.plan.name: one.ended for one in self._states},
            ratios={one.plan.name: _mean_ratios(one) for one in self._states if one.measured},
        )


def _state(job: Job, index: int) -> ScenarioState:
    plan = job.scenarios[index]
    gap_s = (job.profile.gap_ms[0] / 1000, job.profile.gap_ms[1] / 1000)
    return ScenarioState(
        index=index,
        plan=plan,
        upcoming=rounds(job.seed, index, len(job.variants), gap_s),
        log_ratio_sums=[0.0] * len(job.variants),
    )


def _mean_ratios(state: ScenarioState) -> list[float]:
    return [math.exp(log_sum / state.measured) for log_sum in state.log_ratio_sums]
