"""The master under load: tells the workers what to send next, and keeps what they report.

First a few requests one by one, then the search for each variant's capacity, then switchback
blocks at a rate that all variants carry. Workers need no common clock: each step begins when they
hear of it, and the burn-in covers what they differ by.
"""

import time
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
from loadtests.engines.open_loop import BEHIND_MAX_S, LEAD_S, PROBES, Order, Report, drawn
from loadtests.engines.outcome import Answers, FloatArray, Outcome, answers_of
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

ERROR_SHARE_MAX = 0.5
"""A step in which more answers than this are wrong ends the run ..."""

ERRORS_MIN = 10
"""... unless there were as few as these."""

GRACE_S = 5.0
"""So much later than the slowest answer may come a worker's report is missed."""

_LISTEN_S = 0.5


class StoppedError(Exception):
    """There is no use in going on; the message says why and what to do."""


class UndeliveredError(StoppedError):
    """A worker was lost, or cannot keep up."""


class TargetBrokenError(StoppedError):
    """The target answers wrongly."""


class Workers(Protocol):
    """The workers of a run, numbered from 0."""

    count: int

    def order(self, order: Order) -> None:
        """Send an order to the worker it names."""

    def report(self, timeout_s: float) -> Report | None:
        """The next report, or None after so long."""

    def lost(self) -> Sequence[int]:
        """The workers that show no sign of life."""


class Conductor:
    """One run under load."""

    def __init__(
        self, job: Job, stream: SampleStream, workers: Workers, tell: Callable[..., None]
    ) -> None:
        self._job = job
        self._stream = stream
        self._workers = workers
        self._tell = tell
        self._epoch_s = time.perf_counter()
        self._steps = 0
        self._block = 0
        self._block_began_s: float | None = None
        self._errors = 0
        self._last_error = ""
        # How long a request takes by itself, by variant.
        self._alone_s: list[float] = []
        # Of each block so far log(median / the baseline's), (n_variants, n_scenarios).
        self._log_ratios: list[FloatArray] = []

    def run(self) -> None:
        """Probe, search and measure; the stream is closed however this ends.

        Raises:
            StoppedError: there is no use in going on.
        """
        self._tell(boundary=None)
        try:
            self._measure()
            self._say("done", 0.0, ended="rounds")
        except TargetBrokenError:
            self._say("stopped", 0.0, ended="errors")
        finally:
            self._stream.close()

    def _measure(self) -> None:
        first_per_s = self._probe()
        rate_per_s = self._job.load.rate_per_s
        if self._job.profile.capacity_s > 0:
            searches = self._search(first_per_s)
            carried_per_s = min(one.carried_per_s for one in searches)
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
            self._say(f"probing {name}", self._job.profile.capacity_s + self._switchback_s)
            answers = self._step(Order("probe", variant, self._block))[1]
            self._end_block()
            typical_s = [
                np.median(answers.latency_s[answers.scenario == one]) for one in range(len(shares))
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
        while self._now_s() < end_s and any(one.next_rate() for one in searches):
            for variant in search_order(self._job.seed, turn, len(searches)):
                rate_per_s = searches[variant].next_rate()
                if rate_per_s is not None and self._now_s() < end_s:
                    self._say(
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
        self._tell(rate_per_s=rate_per_s, planned=planned)
        never = [name for name, count in planned.items() if count == 0]
        if never:
            raise StoppedError(
                f"{', '.join(never)}: no request is due in the time that is compared, at "
                f"{rate_per_s:g} requests/s and this weight. Raise weight, load.rate_per_s or "
                "load_s of the profile"
            )
        for done in range(self._blocks):
            latencies: list[list[Answers]] = [[] for _ in self._job.variants]
            for position, variant in enumerate(
                switchback_order(self._job.seed, self._block, n_variants)
            ):
                left = (self._blocks - done) * 2 * n_variants - position
                self._say(
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
                due = drawn(self._job, order)
                counts.update(due.scenario[due.due_s >= profile.burn_in_s].tolist())
        return {one.name: counts[index] for index, one in enumerate(self._job.scenarios)}

    def _step(self, order: Order) -> tuple[StepRecord, Answers]:
        """Have all workers carry out a step, keep its samples, and tell what came of it.

        Raises:
            StoppedError: a worker was lost, or most answers were wrong.
        """
        count = 1 if order.phase == "probe" else self._workers.count
        order = replace(order, number=self._steps, start_s=self._now_s() + LEAD_S, workers=count)
        self._steps += 1
        if self._block_began_s is None:
            self._block_began_s = order.start_s
        for worker in range(count):
            self._workers.order(replace(order, worker=worker))
        reports = self._reports(order)
        answers = answers_of(self._kept(reports), order)
        alone_s = 0.0 if order.phase == "probe" else self._alone_s[order.variant]
        step = Outcome(self._job, order, reports, answers).record(alone_s)
        self._tell(step=step.model_dump(mode="json"))
        self._raise_lost(order, step, reports)
        self._raise_broken(order, answers)
        self._raise_behind(order, step)
        return step, answers

    def _reports(self, order: Order) -> dict[int, Report]:
        """The reports of a step by worker, without those of workers that were lost."""
        reports: dict[int, Report] = {}
        end_s = time.perf_counter() + self._slowest_s(order)
        while len(reports) < order.workers:
            report = self._workers.report(_LISTEN_S)
            if report is None:
                gone = set(self._workers.lost()) | set(reports)
                # Only now: time also passes where this process itself is held up.
                if gone >= set(range(order.workers)) or time.perf_counter() > end_s:
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

    def _raise_lost(self, order: Order, step: StepRecord, reports: dict[int, Report]) -> None:
        lost = [worker for worker in range(order.workers) if worker not in reports]
        if not lost:
            return
        names = ", ".join(str(worker + 1) for worker in lost)
        raise UndeliveredError(
            f"worker {names} of {order.workers} was lost in block {order.block}: {_shortfall(step)}"
        )

    def _raise_behind(self, order: Order, step: StepRecord) -> None:
        if order.phase == "switchback" and step.sent != step.planned:
            raise UndeliveredError(
                f"the generator cannot send {order.rate_per_s:g} requests/s: {_shortfall(step)} in "
                f"block {order.block}. Use more workers or a lower rate"
            )

    def _raise_broken(self, order: Order, answers: Answers) -> None:
        wrong = int(answers.wrong.sum())
        self._errors += wrong
        if not wrong:
            return
        last = int(np.flatnonzero(answers.wrong)[-1])
        self._last_error = (
            f"{self._job.scenarios[int(answers.scenario[last])].name}, "
            f"{self._job.variants[order.variant]}: {answers.error[last]}"
        )
        share = wrong / len(answers.error)
        if order.phase == "probe":
            all_wrong = {
                int(one)
                for one in set(answers.scenario.tolist())
                if answers.wrong[answers.scenario == one].all()
            }
            broken = bool(all_wrong)
        else:
            broken = order.phase == "switchback" and wrong >= ERRORS_MIN and share > ERROR_SHARE_MAX
        if broken:
            raise TargetBrokenError(self._last_error)

    def _ratios(self, answers: Sequence[Sequence[Answers]]) -> FloatArray:
        """The log ratios of a block's medians, for people who wait."""
        medians = np.full((len(answers), len(self._job.scenarios)), np.nan)
        for variant, steps in enumerate(answers):
            for scenario in range(len(self._job.scenarios)):
                mine = np.concatenate(
                    [one.latency_s[(one.scenario == scenario) & ~one.wrong] for one in steps]
                )
                if len(mine):
                    medians[variant, scenario] = np.log(np.median(mine))
        ratios: FloatArray = medians - medians[0]
        return ratios

    def _say(self, doing: str, left_s: float, *, ended: str = "") -> None:
        self._tell(
            scenario=doing,
            left_s=left_s,
            errors=self._errors,
            last_error=self._last_error,
            ended={scenario.name: ended for scenario in self._job.scenarios},
            ratios=self._ratios_so_far(),
        )

    def _ratios_so_far(self) -> dict[str, list[float]]:
        told = {}
        for index, scenario in enumerate(self._job.scenarios):
            mine = [
                block[:, index] for block in self._log_ratios if np.isfinite(block[:, index]).all()
            ]
            if mine:
                told[scenario.name] = np.exp(np.mean(mine, axis=0)).tolist()
        return told

    def _end_block(self) -> None:
        assert self._block_began_s is not None
        self._tell(
            boundary={
                "scenario": "load",
                "block": self._block,
                "start_s": self._block_began_s,
                "end_s": self._now_s(),
                "gc_s": 0.0,
            }
        )
        self._block += 1
        self._block_began_s = None

    def _now_s(self) -> float:
        return time.perf_counter() - self._epoch_s


def _shortfall(step: StepRecord) -> str:
    planned, sent = sum(step.planned), sum(step.sent)
    return (
        f"{sent} of {planned} planned requests delivered, a shortfall of "
        f"{100 * (planned - sent) / max(planned, 1):.0f} %"
    )
