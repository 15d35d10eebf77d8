"""One step of load without sending it: which arrivals are due, and when too many are late."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from loadtests.engines.capacity import late_share
from loadtests.engines.messages import Order
from loadtests.planning.arrivals import Arrivals, arrivals
from loadtests.planning.plan import Job

LEAD_S = 0.1
"""From an order to the step's beginning: workers hear of it at slightly different moments."""

BEHIND_MAX_S = 10.0
"""A worker that is so late stops sending: it cannot keep up. No configuration allows more lag."""

PROBES = 3
"""Requests of each scenario in a probe."""


def draw_arrivals(job: Job, order: Order) -> Arrivals:
    """The arrivals of a step, of all workers together."""
    shares = [scenario.share for scenario in job.scenarios]
    if order.phase == "probe":
        scenarios = np.tile(np.arange(len(shares)), PROBES)
        return Arrivals(np.zeros(len(scenarios)), scenarios)
    return arrivals(job.seed, (order.block, order.half), order.rate_per_s, order.duration_s, shares)


def share_of_worker(order: Order, arrivals_of_all: Arrivals) -> range:
    """The indices of the arrivals that the order's worker sends."""
    return range(order.worker, len(arrivals_of_all.due_s), order.workers)


class DrawsBefore:
    """Counts the draws of steps, so that each goes on where others ended, alike in all variants."""

    def __init__(self, job: Job) -> None:
        """Begin with no draw."""
        self._job = job
        self._counts = [0] * len(job.scenarios)
        self._known: dict[tuple[str, int, int], tuple[int, ...]] = {}

    def before(self, order: Order) -> tuple[int, ...]:
        """Of each scenario the draws before a step; empty where no scenario draws."""
        if all(scenario.draws is None for scenario in self._job.scenarios):
            return ()
        # All variants are probed with the same rows, and so are they in half a block.
        alike = (
            ("probe", 0, 0) if order.phase == "probe" else (order.phase, order.block, order.half)
        )
        if alike not in self._known:
            self._known[alike] = tuple(self._counts)
            due = np.bincount(draw_arrivals(self._job, order).scenario, minlength=len(self._counts))
            self._counts = [a + int(b) for a, b in zip(self._counts, due, strict=True)]
        return self._known[alike]


def number_draws(order: Order, drawn: Arrivals) -> npt.NDArray[np.int64] | None:
    """Which draw of its scenario each arrival is, (n,); None where nothing is drawn."""
    if not order.draws:
        return None
    numbers = np.zeros(len(drawn.scenario), np.int64)
    for scenario, before in enumerate(order.draws):
        mine = np.flatnonzero(drawn.scenario == scenario)
        numbers[mine] = before + np.arange(len(mine))
    return numbers


class Lateness:
    """Counts which arrivals of a step under way miss their scenario's objective."""

    def __init__(
        self, job: Job, order: Order, drawn: Arrivals, zero_s: float, clock: Callable[[], float]
    ) -> None:
        """Begin with no arrival sent.

        Args:
            job: for the objectives.
            order: of the step.
            drawn: its arrivals.
            zero_s: its beginning, by the clock.
            clock: monotonic, in seconds.
        """
        self._objectives_s = [scenario.objective_s for scenario in job.scenarios]
        self._quantile = job.load.objective_quantile
        self._drawn = drawn
        self._zero_s = zero_s
        self._clock = clock
        self._burnt_in = drawn.due_s >= order.burn_in_s
        self._planned = np.bincount(
            drawn.scenario[self._burnt_in], minlength=len(self._objectives_s)
        )
        # Sent and not answered yet, in the order in which they were due.
        self._under_way: dict[int, None] = {}
        self._late: Counter[int] = Counter()

    def sent(self, index: int) -> None:
        """Count an arrival as under way."""
        self._under_way[index] = None

    def ended(self, index: int) -> None:
        """Count an arrival as under way no longer."""
        self._under_way.pop(index, None)

    def answered(self, index: int, *, wrong: bool) -> None:
        """Count an answer that has just come."""
        if self._burnt_in[index] and (wrong or self._missed(index)):
            self._late[int(self._drawn.scenario[index])] += 1

    def is_lost(self) -> bool:
        """Whether more arrivals are late than a step that keeps the objective may have."""
        late = np.array([self._late[scenario] for scenario in range(len(self._objectives_s))])
        soonest_s = min(self._objectives_s)
        for index in self._under_way:
            if self._age_s(index) <= soonest_s:
                break  # What comes after it was due later still.
            if self._burnt_in[index] and self._missed(index):
                late[self._drawn.scenario[index]] += 1
        return late_share(late, self._planned, self._quantile) > 1 - self._quantile

    def _missed(self, index: int) -> bool:
        """Whether an arrival that is answered now, or not yet, is late."""
        return self._age_s(index) > self._objectives_s[int(self._drawn.scenario[index])]

    def _age_s(self, index: int) -> float:
        return self._clock() - self._zero_s - float(self._drawn.due_s[index])
