"""One worker under load: sends each arrival when it is due, whatever the earlier ones are doing.

While arrivals are due it only sends and keeps; encoding, collecting garbage and telling the master
wait until the last answer has come.
"""

import gc
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import gevent
import numpy as np
import pyarrow as pa
import pyarrow.ipc
from gevent.event import Event
from gevent.pool import Group

from contract.run.columns import SampleEncoder, SampleRow
from loadtests.engines.alarm import Alarm
from loadtests.engines.capacity import late_share
from loadtests.planning.arrivals import Arrivals, arrivals
from loadtests.planning.plan import Job
from loadtests.probes.http.exchange import Exchange, Place

LEAD_S = 0.1
"""From an order to the step's beginning: workers hear of it at slightly different moments."""

LOOK_EVERY_S = 0.05
"""So often a worker sees whether a step is lost already."""

PROBES = 3
"""Requests of each scenario in a probe."""

BEHIND_MAX_S = 10.0
"""A worker that is so late stops sending: it cannot keep up. No configuration allows more lag."""

_ENCODED_AT_ONCE = 5_000
"""Samples; between them Locust tells the master that this worker lives."""


@dataclass(frozen=True)
class Order:
    """What the master tells a worker to do next.

    Attributes:
        half: of the switchback block; with `block` it names the arrivals.
        number: of the step, counted over the run.
        start_s: when the step begins, as the samples' times.
        worker, workers: which of how many; this one sends every `workers`-th arrival.
    """

    phase: Literal["probe", "capacity", "switchback"]
    variant: int
    block: int
    half: int = 0
    position: int = 0
    rate_per_s: float = 0.0
    duration_s: float = 0.0
    burn_in_s: float = 0.0
    number: int = 0
    start_s: float = 0.0
    worker: int = 0
    workers: int = 1


@dataclass(frozen=True)
class Report:
    """What a worker tells the master of a step.

    Attributes:
        seconds: from the step's beginning to the last answer.
        cpu_s: of this process meanwhile.
        samples: an Arrow IPC stream; empty where nothing was sent.
        failed: why the samples are not complete.
    """

    number: int
    worker: int
    planned: int
    sent: int
    seconds: float
    cpu_s: float
    samples: bytes
    failed: str = ""


@dataclass
class _Step:
    """A step under way.

    Attributes:
        zero_s: its beginning on this machine's monotonic clock.
        under_way: indices of arrivals that were sent and are not answered yet, as they were due.
        late: arrivals after the burn-in that missed their objective, by scenario.
        lost: set when the objective cannot be met any more.
    """

    order: Order
    drawn: Arrivals
    zero_s: float
    lost: Event = field(default_factory=Event)
    rows: list[SampleRow] = field(default_factory=list)
    under_way: dict[int, None] = field(default_factory=dict)
    late: Counter[int] = field(default_factory=Counter)
    failed: str = ""


def drawn(job: Job, order: Order) -> Arrivals:
    """The arrivals of a step, of all workers together."""
    shares = [scenario.share for scenario in job.scenarios]
    if order.phase == "probe":
        scenarios = np.tile(np.arange(len(shares)), PROBES)
        return Arrivals(np.zeros(len(scenarios)), scenarios)
    return arrivals(job.seed, (order.block, order.half), order.rate_per_s, order.duration_s, shares)


def share_of_worker(order: Order, arrivals_of_all: Arrivals) -> range:
    """The indices of the arrivals that the order's worker sends."""
    return range(order.worker, len(arrivals_of_all.due_s), order.workers)


class OpenLoop:
    """Carries out orders over clients of Locust's."""

    def __init__(self, job: Job, encoder: SampleEncoder, connect: Callable[[], Exchange]) -> None:
        """Take a job.

        Args:
            job: what to send.
            encoder: of the run's samples.
            connect: gives a client without connections, for one step.
        """
        self._job = job
        self._encoder = encoder
        self._connect = connect

    def carry_out(self, order: Order) -> Report:
        """Send a step's arrivals and wait for their answers."""
        exchange = self._connect()
        gc.collect()
        step = _Step(order, drawn(self._job, order), time.perf_counter() + LEAD_S)
        mine = share_of_worker(order, step.drawn)
        cpu_s = time.process_time()
        if order.phase == "probe":
            gevent.sleep(LEAD_S)
            for index in mine:
                self._request(step, exchange, index)
            sent = len(mine)
        else:
            sent = self._as_due(step, exchange, mine)
        seconds = time.perf_counter() - step.zero_s
        cpu_s = time.process_time() - cpu_s
        return Report(
            number=order.number,
            worker=order.worker,
            planned=len(mine),
            sent=sent,
            seconds=seconds,
            cpu_s=cpu_s,
            samples=self._encoded(step.rows),
            failed=step.failed,
        )

    def _as_due(self, step: _Step, exchange: Exchange, mine: Sequence[int]) -> int:
        watch = gevent.spawn(self._watch, step) if step.order.phase == "capacity" else None
        requests = Group()
        alarm = Alarm()
        sent = 0
        for index in mine:
            wait_s = step.zero_s + float(step.drawn.due_s[index]) - time.perf_counter()
            # Also where we are behind: those that were spawned must get to begin.
            alarm.wait(wait_s)
            if step.lost.is_set() or wait_s < -BEHIND_MAX_S:
                break
            step.under_way[index] = None
            requests.start(gevent.Greenlet(self._request, step, exchange, index))
            sent += 1
        alarm.close()
        requests.join()
        if watch is not None:
            watch.kill()
        return sent

    def _request(self, step: _Step, exchange: Exchange, index: int) -> None:
        order = step.order
        scenario = int(step.drawn.scenario[index])
        due_s = float(step.drawn.due_s[index])
        start_s = time.perf_counter() - step.zero_s
        if order.phase == "probe":
            due_s = start_s
        burnt_in = order.phase == "switchback" and due_s >= order.burn_in_s
        try:
            row = exchange.send(
                Place(
                    scenario=scenario,
                    variant=order.variant,
                    block=order.block,
                    round=index,
                    position=order.position,
                    warmup=not burnt_in,
                    intended_s=order.start_s + due_s,
                    start_s=order.start_s + start_s,
                )
            )
        except Exception as error:  # noqa: BLE001 - gevent would print it and go on
            step.failed = f"{type(error).__name__}: {error}"
            return
        finally:
            step.under_way.pop(index, None)
        step.rows.append(row)
        if due_s >= order.burn_in_s and (row.error or self._missed(step, index)):
            step.late[scenario] += 1

    def _missed(self, step: _Step, index: int) -> bool:
        """Whether an arrival that is answered now, or not yet, is late."""
        objective_s = self._job.scenarios[int(step.drawn.scenario[index])].objective_s
        return self._age_s(step, index) > objective_s

    @staticmethod
    def _age_s(step: _Step, index: int) -> float:
        return time.perf_counter() - step.zero_s - float(step.drawn.due_s[index])

    def _watch(self, step: _Step) -> None:
        """Set `lost` once more arrivals are late than a step that meets the objective may have."""
        n_scenarios = len(self._job.scenarios)
        quantile = self._job.load.objective_quantile
        soonest_s = min(scenario.objective_s for scenario in self._job.scenarios)
        burnt_in = step.drawn.due_s >= step.order.burn_in_s
        planned = np.bincount(step.drawn.scenario[burnt_in], minlength=n_scenarios)
        while True:
            late = np.array([step.late[scenario] for scenario in range(n_scenarios)])
            for index in step.under_way:
                if self._age_s(step, index) <= soonest_s:
                    break  # What comes after it was due later still.
                if burnt_in[index] and self._missed(step, index):
                    late[step.drawn.scenario[index]] += 1
            if late_share(late, planned, quantile) > 1 - quantile:
                step.lost.set()
                return
            gevent.sleep(LOOK_EVERY_S)

    def _encoded(self, rows: Sequence[SampleRow]) -> bytes:
        if not rows:
            return b""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._encoder.schema) as writer:
            for first in range(0, len(rows), _ENCODED_AT_ONCE):
                from_due = [
                    replace(
                        row,
                        latency_s=row.latency_s + row.start_s - row.intended_s,
                        ttfb_s=row.ttfb_s + row.start_s - row.intended_s,
                    )
                    for row in rows[first : first + _ENCODED_AT_ONCE]
                ]
                writer.write_batch(self._encoder.batch(from_due))
                gevent.sleep(0)
        return bytes(sink.getvalue())
