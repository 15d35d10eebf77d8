"""The outcome of a step of load: what was sent, what was late, whether the rate was carried."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from contract.run.record import StepRecord
from loadtests.engines.capacity import late_share
from loadtests.engines.messages import Order, Report
from loadtests.engines.step import draw_arrivals, share_of_worker
from loadtests.planning.arrivals import Arrivals
from loadtests.planning.plan import Job

FloatArray = npt.NDArray[np.float64]

EARLY_SHARE = 0.25
"""What is due so early in a step, as a share of it, shows how long an answer usually takes."""


@dataclass(frozen=True)
class StepAnswers:
    """What came back in one step, (n,) each; times in seconds.

    Attributes:
        due_s: from the step's beginning.
        latency_s: from when the arrival was due.
        lag_s: by which it was sent late.
    """

    scenario: npt.NDArray[np.int64]
    due_s: FloatArray
    latency_s: FloatArray
    lag_s: FloatArray
    error: tuple[str, ...]

    @property
    def wrong(self) -> npt.NDArray[np.bool_]:
        """Whether each answer was wrong."""
        return np.array([bool(error) for error in self.error], dtype=np.bool_)


def answers_of(table: Any, order: Order) -> StepAnswers:
    """The answers in a step's samples, an Arrow table."""
    intended_s = table["intended_s"].to_numpy()
    return StepAnswers(
        scenario=table["scenario"].combine_chunks().indices.to_numpy().astype(np.int64),
        due_s=intended_s - order.start_s,
        latency_s=table["latency_s"].to_numpy(),
        lag_s=table["start_s"].to_numpy() - intended_s,
        error=tuple(table["error"].to_pylist()),
    )


@dataclass(frozen=True)
class Outcome:
    """One step, when all has come back that will.

    Attributes:
        reports: by worker, without those of workers that were lost.
    """

    job: Job
    order: Order
    reports: Mapping[int, Report]
    answers: StepAnswers

    def record(self, alone_s: float) -> StepRecord:
        """What the run's record says of the step.

        Args:
            alone_s: how long a request takes by itself.
        """
        order, answers = self.order, self.answers
        reports = [self.reports.get(worker) for worker in range(order.workers)]
        seconds = max((report.seconds for report in self.reports.values()), default=0.0)
        step = StepRecord(
            phase=order.phase,
            block=order.block,
            position=order.position,
            variant=self.job.variants[order.variant],
            rate_per_s=order.rate_per_s,
            start_s=order.start_s,
            end_s=order.start_s + order.duration_s,
            drained_s=order.start_s + seconds,
            planned=tuple(
                len(share_of_worker(replace(order, worker=worker), self._due))
                for worker in range(order.workers)
            ),
            sent=tuple(report.sent if report else 0 for report in reports),
            cpu_s=tuple(report.cpu_s if report else 0.0 for report in reports),
            errors=int(answers.wrong.sum()),
            late_share=self._late_share(answers.latency_s),
            lag_s_p99=float(np.quantile(answers.lag_s, 0.99)) if answers.error else 0.0,
        )
        if order.phase != "capacity":
            return step
        limit = self._limit(step, alone_s)
        return step.model_copy(update={"met": not limit, "limit": limit})

    @cached_property
    def _due(self) -> Arrivals:
        return draw_arrivals(self.job, self.order)

    def _late_share(self, latency_s: FloatArray) -> float:
        """The share of arrivals after the burn-in that missed their scenario's objective."""
        order, answers = self.order, self.answers
        n_scenarios = len(self.job.scenarios)
        objective_s = np.array([scenario.objective_s for scenario in self.job.scenarios])
        late = answers.wrong | (latency_s > objective_s[answers.scenario])
        late &= answers.due_s >= order.burn_in_s
        planned = self._due.scenario[self._due.due_s >= order.burn_in_s]
        return late_share(
            np.bincount(answers.scenario[late], minlength=n_scenarios),
            np.bincount(planned, minlength=n_scenarios),
            self.job.load.objective_quantile,
        )

    def _limit(
        self, step: StepRecord, alone_s: float
    ) -> Literal["", "latency", "queue", "errors", "generator"]:
        """Why the rate was not carried; empty where it was."""
        load, answers = self.job.load, self.answers
        late_max = 1 - load.objective_quantile
        too_late = step.late_share > late_max
        too_wrong = step.errors > load.errors_max * len(answers.error)
        if not too_late and not too_wrong:
            if step.sent != step.planned:
                return "generator"
            if self._keeps_up(alone_s):
                return ""
        # Had every arrival been sent when it was due, would the objective have been kept?
        lagging = too_late and self._late_share(answers.latency_s - answers.lag_s) <= late_max
        busy = max(step.cpu_s) > load.worker_cpu_share_max * (step.drained_s - step.start_s)
        if busy or (lagging and not too_wrong):
            return "generator"
        if too_wrong:
            return "errors"
        return "latency" if too_late else "queue"

    def _keeps_up(self, alone_s: float) -> bool:
        """Whether no queue is left at the end but what chance and the service's time explain.

        Where more arrives than is answered, a short step ends before anything is late.
        """
        answers, order = self.answers, self.order
        compared_s = order.duration_s - order.burn_in_s
        early = (answers.due_s - order.burn_in_s) / compared_s
        taken_s = answers.latency_s[(early >= 0) & (early < EARLY_SHARE)]
        # Three probes may have been quick by chance; early on hardly a queue can have grown.
        usual_s = max(alone_s, taken_s.mean()) if len(taken_s) else alone_s
        # What would be in service anyway: counted, because arrivals cluster.
        usual = int((self._due.due_s > order.duration_s - usual_s).sum())
        left = int((answers.due_s + answers.latency_s > order.duration_s).sum())
        may_be_late = (1 - self.job.load.objective_quantile) * len(self._due.due_s)
        return left <= usual + math.sqrt(usual) + may_be_late
