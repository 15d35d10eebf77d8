"""The paired design at low load: one connection, one request in flight.

It walks through rounds of all variants, scenario by scenario in blocks, and records every request.
What takes time (encoding, writing, collecting garbage, sending events) happens between blocks or
between rounds, never between two requests of a round.

With looks, it waits for a decision after the block in which a scenario reaches the next declared
number of measured rounds, and ends the scenarios that are decided. Looks count towards no budget.
The budget that a decided scenario leaves is not given to the others: they keep those on record.

With restarts, each pair of starts gets one block of every scenario; then it waits until the next
servers answer or no more are needed.
"""

import gc
import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from contract.looks import next_look
from contract.run.observation import LATE, Observation, Place
from loadtests.engines.events import BlockEnded, Ended, Event, MeasuringStarted, Progressed
from loadtests.planning.plan import Job, Scenario
from loadtests.planning.schedule import Round, rounds
from loadtests.probes.probe import BlockProbe

PROGRESS_EVERY_S = 0.5
CONSECUTIVE_ERRORS_MAX = 10
"""So many wrong answers in a row mean that the target is broken, not unlucky."""
LATE_COUNTS = 4
"""An answer that did not come in time counts as so many: each takes a minute by default."""
COMPARED_MIN = 3
"""So many rounds a block compares, however long they take, while there is time at all."""


class Samples(Protocol):
    """Keeps samples; `append` is quick, the others may take time."""

    def append(self, observation: Observation) -> None:
        """Keep one sample until the next flush."""

    def forget_cpu_times(self) -> None:
        """Make those of the samples kept so far unknown."""

    def flush(self) -> None:
        """Write the samples kept so far."""

    def close(self) -> None:
        """Flush and end."""


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
    look_at: float = next_look(0)
    spent_s: float = 0.0
    ended: Ended = ""


@dataclass
class PairedRun:
    """One job, measured in rounds.

    Attributes:
        probe: sends the requests; with restarts, another one for each pair of starts.
        samples: takes what was measured; closed at the end, however that comes.
        emit: takes events.
        clock: monotonic, in seconds.
        sleep: waits for a number of seconds.
        look: with looks, waits for a decision and gives the names of decided scenarios.
        restart: with restarts, takes the number of pairs so far, and gives the probe of the next
            servers, or why there are none.
        compare: runs after each block: compares its answers, and says whether some differ that
            should not.
        collect_garbage: runs before each block, so that it need not run within one.
    """

    job: Job
    probe: BlockProbe
    samples: Samples
    emit: Callable[[Event], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    look: Callable[[], Collection[str]] | None = None
    restart: Callable[[int], BlockProbe | Ended] | None = None
    compare: Callable[[], bool] = lambda: False
    collect_garbage: Callable[[], object] = gc.collect
    _pairs: int = field(default=0, init=False)
    _errors: int = field(default=0, init=False)
    _last_error: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._errors_in_a_row = [0] * len(self.job.variants)
        self._states = [_state(self.job, index) for index in range(len(self.job.scenarios))]
        self._epoch_s = self.clock()
        self._next_progress_s = self._epoch_s

    def run(self) -> None:
        """Measure a block of each scenario in turn until all have ended."""
        self.emit(MeasuringStarted())
        try:
            while not all(state.ended for state in self._states):
                for state in self._states:
                    # One scenario's block can end another: by errors, or by a look.
                    if not state.ended:
                        self._measure_block(state)
                        self._look(state)
                self._restart()
        finally:
            self.samples.close()

    def _measure_block(self, state: ScenarioState) -> None:
        profile = self.job.profile
        housekeeping_s = self.clock()
        self.collect_garbage()
        self.probe.begin_block()
        began_s = self.clock()
        budget_end_s = began_s + state.plan.budget_s - state.spent_s
        block_s = profile.pair_s * state.plan.share if self.restart else profile.block_s
        end_s = min(began_s + block_s, budget_end_s)
        # The first block warms caches; a later one only has to settle after its predecessor.
        cold = self.restart is not None or state.blocks == 0
        settling = profile.warmup_rounds if cold else min(profile.warmup_rounds, 1)
        done, settled_s = 0, began_s
        # Where a round takes longer than a block should, blocks of warm-up alone would compare
        # nothing: such a block goes on as long as the budget lasts, and always for one round.
        while not state.ended and (
            done <= settling
            or self.clock() < (budget_end_s if done < settling + COMPARED_MIN else end_s)
        ):
            self._measure_round(state, warmup=done < settling)
            done += 1
            settled_s = self.clock() if done == settling else settled_s
            self._report_progress(state, state.spent_s + self.clock() - began_s)
        ended_s = self.clock()
        self.emit(
            BlockEnded(
                scenario=state.plan.name,
                block=state.blocks,
                start_s=began_s - self._epoch_s,
                end_s=ended_s - self._epoch_s,
                gc_s=began_s - housekeeping_s,
                round_s=(ended_s - settled_s) / max(1, done - settling),
            )
        )
        if not self.probe.knows_all_processes():
            self.samples.forget_cpu_times()
        if self.compare():
            # No latency makes up for another answer, so this is worth a look at once.
            state.look_at = 0
        state.blocks += 1
        state.spent_s += ended_s - began_s
        if not state.ended and state.spent_s >= state.plan.budget_s and not self.restart:
            state.ended = "time"
        self.samples.flush()
        self._report_progress(state, state.spent_s, now=True)

    def _look(self, state: ScenarioState) -> None:
        """Wait for a decision, where it is time to, and end the scenarios that are decided."""
        if self.look is None or state.ended or state.measured < state.look_at:
            return
        state.look_at = next_look(state.measured)
        decided = self.look()
        for other in self._states:
            if not other.ended and other.plan.name in decided:
                other.ended = "decided"
        self._report_progress(state, state.spent_s, now=True)

    def _restart(self) -> None:
        """Wait for the next pair of starts, if there is another."""
        if self.restart is None or any(state.ended == "errors" for state in self._states):
            return
        self._pairs += 1
        self.probe.close()
        restarted = self.restart(self._pairs)
        if isinstance(restarted, str):
            for state in self._states:
                state.ended = state.ended or restarted
            self._report_progress(self._states[-1], self._states[-1].spent_s, now=True)
        else:
            self.probe = restarted

    def _measure_round(self, state: ScenarioState, *, warmup: bool) -> None:
        drawn = next(state.upcoming)
        self.probe.prepare(state.index, state.sent)
        latencies_s: list[float | None] = [None] * len(self.job.variants)
        for position, (variant, gap_s) in enumerate(zip(drawn.order, drawn.gaps_s, strict=True)):
            if state.plan.before:
                self.probe.before(state.index, variant)
            intended_s = self.clock() + gap_s
            self.sleep(gap_s)
            latencies_s[variant] = self._send(
                Place(
                    scenario=state.index,
                    variant=variant,
                    block=state.blocks,
                    round=state.sent,
                    position=position,
                    warmup=warmup,
                    intended_s=intended_s - self._epoch_s,
                    start_s=self.clock() - self._epoch_s,
                )
            )
        state.sent += 1
        self._count_round(state, latencies_s, warmup=warmup)

    def _send(self, place: Place) -> float | None:
        """Send and keep one request; its latency if the answer is right."""
        sample = self.probe.send(place)
        if self.job.scenarios[place.scenario].after:
            sample = self.probe.after(sample)
        self.samples.append(sample)
        if not sample.error:
            self._errors_in_a_row[place.variant] = 0
            return sample.latency_s
        self._errors += 1
        self._errors_in_a_row[place.variant] += LATE_COUNTS if LATE in sample.error else 1
        where = f"{self.job.scenarios[place.scenario].name}, {self.job.variants[place.variant]}"
        self._last_error = f"{where}: {sample.error}"
        return None

    def _count_round(
        self, state: ScenarioState, latencies_s: list[float | None], *, warmup: bool
    ) -> None:
        if max(self._errors_in_a_row) >= CONSECUTIVE_ERRORS_MAX:
            for other in self._states:
                other.ended = other.ended or "errors"
        baseline_s = latencies_s[0]
        if warmup or baseline_s is None:
            return
        ratios = [latency_s / baseline_s for latency_s in latencies_s if latency_s is not None]
        if len(ratios) < len(latencies_s):
            return
        state.measured += 1
        for variant, ratio in enumerate(ratios):
            state.log_ratio_sums[variant] += math.log(ratio)
        if state.measured >= self.job.profile.rounds_max and not self.restart:
            state.ended = "rounds"

    def _report_progress(self, state: ScenarioState, spent_s: float, *, now: bool = False) -> None:
        if not now and self.clock() < self._next_progress_s:
            return
        self._next_progress_s = self.clock() + PROGRESS_EVERY_S
        left_s = sum(
            max(0.0, other.plan.budget_s - (spent_s if other is state else other.spent_s))
            for other in self._states
            if not other.ended
        )
        self.emit(
            Progressed(
                activity=state.plan.name,
                left_s=left_s,
                errors=self._errors,
                last_error=self._last_error,
                ended={other.plan.name: other.ended for other in self._states},
                ratios={
                    other.plan.name: _mean_ratios(other)
                    for other in self._states
                    if other.measured and not other.plan.new
                },
            )
        )


def _state(job: Job, index: int) -> ScenarioState:
    gap_s = (job.profile.gap_ms[0] / 1000, job.profile.gap_ms[1] / 1000)
    return ScenarioState(
        index=index,
        plan=job.scenarios[index],
        upcoming=rounds(job.seed, index, len(job.variants), gap_s),
        log_ratio_sums=[0.0] * len(job.variants),
    )


def _mean_ratios(state: ScenarioState) -> tuple[float, ...]:
    return tuple(math.exp(log_sum / state.measured) for log_sum in state.log_ratio_sums)
