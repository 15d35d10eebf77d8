"""The master under load: orders steps from the workers, and keeps what they report.

First a few requests one by one, then the search for each variant's capacity, then switchback
blocks at a rate that all variants carry. Workers need no common clock: each step begins when they
get its order, and the burn-in covers what they differ by.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from contract.run.record import StepRecord
from contract.run.stream import SampleStream
from loadtests.engines.capacity import CapacitySearch, rounded
from loadtests.engines.delivery import (
    StoppedError,
    check_all_reported,
    check_all_sent,
    check_target,
    describe_last_error,
)
from loadtests.engines.events import Event, RateChosen, StepEnded
from loadtests.engines.messages import Order, Report
from loadtests.engines.outcome import FloatArray, Outcome, StepAnswers, answers_of
from loadtests.engines.step import BEHIND_MAX_S, LEAD_S, PROBES, DrawsBefore, draw_arrivals
from loadtests.engines.switchback import Switchback
from loadtests.planning.arrivals import blocks_planned, search_order, switchback_order
from loadtests.planning.plan import Job

STEP_REQUESTS = 60
"""A step of the search is so long that about as many requests are due, within reason."""

STEP_STRETCH_MAX = 4.0
"""At low rates it becomes longer than a sub-block, but by no more than this factor."""

ARRIVALS_MIN = 5
"""Rates at which the longest step would have fewer are not tried: by chance it may have none, which
keeps every objective."""

FIRST_UTILIZATION = 0.7
"""The search begins at this share of what one request after the other would give."""

GRACE_S = 5.0
"""So much later than the slowest answer may come a worker's report is missed."""

_LISTEN_S = 0.5


class Workers(Protocol):
    """The workers of a run, numbered from 0."""

    count: int

    def order(self, order: Order) -> None:
        """Send an order to the worker it names."""

    def report(self, timeout_s: float) -> Report | None:
        """The next report, or None after so long."""

    def lost(self) -> Sequence[int]:
        """The workers that show no sign of life."""


class Conductor(Switchback):
    """One run under load."""

    def __init__(
        self,
        job: Job,
        stream: SampleStream,
        workers: Workers,
        emit: Callable[[Event], None],
        clock: Callable[[], float],
    ) -> None:
        """Take a job.

        Args:
            job: what to measure.
            stream: takes the samples; closed at the end, however that comes.
            workers: send the requests.
            emit: takes events.
            clock: monotonic, in seconds.
        """
        super().__init__(stream, emit, clock)
        self._job = job
        self._workers = workers
        self._draws = DrawsBefore(job)
        self._steps = 0
        # How long a request takes by itself, by variant.
        self._alone_s: list[float] = []
        # Of each block so far log(median / the baseline's), (n_variants, n_scenarios).
        self._log_ratios: list[FloatArray] = []

    def _measure(self) -> None:
        first_per_s = self._probe()
        rate_per_s = self._job.load.rate_per_s
        if self._job.profile.capacity_s > 0:
            searches = self._search(first_per_s)
            carried_per_s = min(search.carried_per_s for search in searches)
            rate_per_s = rate_per_s or rounded(self._job.load.utilization * carried_per_s)
            if not rate_per_s:
                raise StoppedError(self._why_no_rate(searches))
        assert rate_per_s
        self._switchback(rate_per_s)

    def _why_no_rate(self, searches: Sequence[CapacitySearch]) -> str:
        names = [
            name
            for name, search in zip(self._job.variants, searches, strict=True)
            if not search.carried_per_s
        ]
        none = f"{', '.join(names)}: there is no rate at which variants could be compared"
        if not all(search.tried for search in searches):
            return (
                f"{none}, because the search ended before one was tried. Raise capacity_s of the "
                "profile, or give load.rate_per_s"
            )
        wrong = f" The last wrong answer: {self._last_error}." if self._last_error else ""
        return (
            f"{none}, because the objective was missed at every rate that was tried.{wrong} Raise "
            "load.objective_s or capacity_s of the profile, or give load.rate_per_s"
        )

    def _probe(self) -> list[float]:
        """Send a few requests one after the other: a first guess of each variant's capacity."""
        shares = np.array([scenario.share for scenario in self._job.scenarios])
        for variant, name in enumerate(self._job.variants):
            self._report_progress(
                f"probing {name}", self._job.profile.capacity_s + self._switchback_s
            )
            answers = self._step(Order("probe", variant, self._block))[1]
            self._end_block()
            typical_s = [
                np.median(answers.latency_s[answers.scenario == scenario])
                for scenario in range(len(shares))
            ]
            self._alone_s.append(float(shares @ np.array(typical_s)))
        return [FIRST_UTILIZATION / alone_s for alone_s in self._alone_s]

    def _search(self, first_per_s: Sequence[float]) -> list[CapacitySearch]:
        """Search each variant's capacity, in turns."""
        profile = self._job.profile
        lowest_per_s = ARRIVALS_MIN / (STEP_STRETCH_MAX * profile.sub_block_s - profile.burn_in_s)
        searches = [CapacitySearch(first, lowest_per_s) for first in first_per_s]
        end_s = self._now_s() + profile.capacity_s
        turn = 0
        while self._now_s() < end_s and any(search.next_rate() for search in searches):
            for variant in search_order(self._job.seed, turn, len(searches)):
                rate_per_s = searches[variant].next_rate()
                if rate_per_s is not None and self._now_s() < end_s:
                    self._report_progress(
                        f"capacity of {self._job.variants[variant]}, {rate_per_s:g} requests/s",
                        end_s - self._now_s() + self._switchback_s,
                    )
                    searches[variant].take(rate_per_s, met=self._carries(variant, rate_per_s))
            turn += 1
        return searches

    def _carries(self, variant: int, rate_per_s: float) -> bool:
        """Whether a variant keeps the objective at a rate, for the length of one step."""
        profile = self._job.profile
        wanted_s = profile.burn_in_s + STEP_REQUESTS / rate_per_s
        order = Order(
            "capacity",
            variant,
            self._block,
            rate_per_s=rate_per_s,
            duration_s=min(
                max(wanted_s, profile.sub_block_s), STEP_STRETCH_MAX * profile.sub_block_s
            ),
            burn_in_s=profile.burn_in_s,
        )
        step, _ = self._step(order)
        self._end_block()
        return bool(step.met)

    @property
    def _switchback_s(self) -> float:
        return self._blocks * 2 * len(self._job.variants) * self._job.profile.sub_block_s

    @property
    def _blocks(self) -> int:
        return blocks_planned(self._job.profile, len(self._job.variants))

    def _switchback(self, rate_per_s: float) -> None:
        profile, n_variants = self._job.profile, len(self._job.variants)
        planned = self._planned(rate_per_s)
        self._emit(RateChosen(rate_per_s=rate_per_s, planned=planned))
        never = [name for name, count in planned.items() if count == 0]
        if never:
            raise StoppedError(
                f"{', '.join(never)}: no request is due in the time that is compared, at "
                f"{rate_per_s:g} requests/s and this weight. Raise weight, load.rate_per_s or "
                "measure_s of the profile"
            )
        for done in range(self._blocks):
            latencies: list[list[StepAnswers]] = [[] for _ in self._job.variants]
            for position, variant in enumerate(
                switchback_order(self._job.seed, self._block, n_variants)
            ):
                left = (self._blocks - done) * 2 * n_variants - position
                self._report_progress(
                    f"{rate_per_s:g} requests/s, block {done + 1} of {self._blocks}",
                    left * profile.sub_block_s,
                )
                order = Order(
                    "switchback",
                    variant,
                    self._block,
                    half=position // n_variants,
                    position=position,
                    rate_per_s=rate_per_s,
                    duration_s=profile.sub_block_s,
                    burn_in_s=profile.burn_in_s,
                )
                latencies[variant].append(self._step(order)[1])
            self._log_ratios.append(self._ratios(latencies))
            self._end_block()

    def _planned(self, rate_per_s: float) -> dict[str, int]:
        """How many arrivals each variant gets after the burn-in, by scenario."""
        profile = self._job.profile
        counts: Counter[int] = Counter()
        for block in range(self._block, self._block + self._blocks):
            for half in range(2):
                order = Order(
                    "switchback",
                    0,
                    block,
                    half,
                    rate_per_s=rate_per_s,
                    duration_s=profile.sub_block_s,
                )
                due = draw_arrivals(self._job, order)
                counts.update(due.scenario[due.due_s >= profile.burn_in_s].tolist())
        return {scenario.name: counts[index] for index, scenario in enumerate(self._job.scenarios)}

    def _step(self, order: Order) -> tuple[StepRecord, StepAnswers]:
        """Have all workers carry out a step, keep its samples, and emit its outcome.

        Raises:
            StoppedError: a worker was lost, or most answers were wrong.
        """
        count = 1 if order.phase == "probe" else self._workers.count
        order = replace(order, number=self._steps, draws=self._draws.before(order), workers=count)
        order = replace(order, start_s=self._now_s() + LEAD_S)
        self._steps += 1
        self._begin_step(order.start_s)
        for worker in range(count):
            self._workers.order(replace(order, worker=worker))
        reports = self._reports(order)
        answers = answers_of(self._kept(reports), order)
        alone_s = 0.0 if order.phase == "probe" else self._alone_s[order.variant]
        step = Outcome(self._job, order, reports, answers).record(alone_s)
        self._emit(StepEnded(step=step))
        check_all_reported(order, step, reports)
        self._count_errors(order, answers)
        check_all_sent(order, step)
        return step, answers

    def _count_errors(self, order: Order, answers: StepAnswers) -> None:
        self._errors += int(answers.wrong.sum())
        self._last_error = describe_last_error(self._job, order, answers) or self._last_error
        check_target(order, answers, self._last_error)

    def _reports(self, order: Order) -> dict[int, Report]:
        """The reports of a step by worker, without those of workers that were lost."""
        reports: dict[int, Report] = {}
        end_s = self._clock() + self._slowest_s(order)
        while len(reports) < order.workers:
            report = self._workers.report(_LISTEN_S)
            if report is None:
                gone = set(self._workers.lost()) | set(reports)
                # Only now: time also passes where this process itself is held up.
                if gone >= set(range(order.workers)) or self._clock() > end_s:
                    break
            elif report.number == order.number:
                reports[report.worker] = report
                if report.failed:
                    raise StoppedError(f"worker {report.worker + 1} failed: {report.failed}")
        return reports

    def _slowest_s(self, order: Order) -> float:
        """The longest that a step can take a worker which lives."""
        answers_s = [
            len(scenario.sequence) * self._job.target.timeout_s for scenario in self._job.scenarios
        ]
        if order.phase == "probe":
            return LEAD_S + PROBES * sum(answers_s) + GRACE_S
        return LEAD_S + order.duration_s + BEHIND_MAX_S + max(answers_s) + GRACE_S

    def _kept(self, reports: dict[int, Report]) -> pa.Table:
        """Write the samples of a step to the disk, and return them."""
        tables = []
        for report in reports.values():
            if report.samples:
                with pa.ipc.open_stream(report.samples) as reader:
                    tables.append(reader.read_all())
        table = pa.concat_tables(tables) if tables else self._stream.schema.empty_table()
        for batch in table.unify_dictionaries().to_batches():
            self._stream.write(batch)
        return table

    def _ratios(self, answers: Sequence[Sequence[StepAnswers]]) -> FloatArray:
        """The log ratios of a block's medians, for people who wait."""
        medians = np.full((len(answers), len(self._job.scenarios)), np.nan)
        for variant, steps in enumerate(answers):
            for scenario in range(len(self._job.scenarios)):
                mine = np.concatenate(
                    [step.latency_s[(step.scenario == scenario) & ~step.wrong] for step in steps]
                )
                if len(mine):
                    medians[variant, scenario] = np.log(np.median(mine))
        ratios: FloatArray = medians - medians[0]
        return ratios

    def _scenario_names(self) -> Sequence[str]:
        return [scenario.name for scenario in self._job.scenarios]

    def _ratios_so_far(self) -> dict[str, tuple[float, ...]]:
        ratios = {}
        for index, scenario in enumerate(self._job.scenarios):
            mine = [
                block[:, index] for block in self._log_ratios if np.isfinite(block[:, index]).all()
            ]
            if mine:
                ratios[scenario.name] = tuple(np.exp(np.mean(mine, axis=0)).tolist())
        return ratios
