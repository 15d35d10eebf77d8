"""One worker under load: sends each arrival when it is due, whatever the earlier ones are doing.

While arrivals are due it only sends and keeps; encoding, collecting garbage and reporting to the
master wait until the last answer has come.
"""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import gevent
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.ipc
from gevent.event import Event
from gevent.pool import Group

from contract.errors import ConfigError
from contract.run.columns import SampleEncoder
from contract.run.observation import Observation, Place
from loadtests.engines.alarm import Alarm
from loadtests.engines.messages import Order, Report
from loadtests.engines.step import (
    BEHIND_MAX_S,
    LEAD_S,
    Lateness,
    draw_arrivals,
    number_draws,
    share_of_worker,
)
from loadtests.planning.arrivals import Arrivals
from loadtests.planning.plan import Job
from loadtests.probes.probe import Probe

LOOK_EVERY_S = 0.05
"""So often a worker sees whether a step is lost already."""

_ENCODED_AT_ONCE = 5_000
"""Samples; between them Locust reports to the master that this worker lives."""


@dataclass
class _Step:
    """A step under way.

    Attributes:
        zero_s: its beginning on this machine's monotonic clock.
        draws: of each arrival; None where nothing is drawn.
        lost: set when the objective cannot be met any more.
    """

    order: Order
    drawn: Arrivals
    zero_s: float
    lateness: Lateness
    draws: npt.NDArray[np.int64] | None
    lost: Event = field(default_factory=Event)
    observations: list[Observation] = field(default_factory=list)
    failed: str = ""


class OpenLoop:
    """Carries out orders over clients of Locust's."""

    def __init__(self, job: Job, encoder: SampleEncoder, connect: Callable[[], Probe]) -> None:
        """Take a job.

        Args:
            job: what to send.
            encoder: of the run's samples.
            connect: gives a probe without connections, for one step; it counts latency from when a
                request was due.
        """
        self._job = job
        self._encoder = encoder
        self._connect = connect

    def carry_out(self, order: Order) -> Report:
        """Send a step's arrivals and wait for their answers."""
        probe = self._connect()
        gc.collect()
        drawn = draw_arrivals(self._job, order)
        draws = number_draws(order, drawn)
        zero_s = time.perf_counter() + LEAD_S
        lateness = Lateness(self._job, order, drawn, zero_s, time.perf_counter)
        step = _Step(order, drawn, zero_s, lateness, draws)
        mine = share_of_worker(order, drawn)
        cpu_s = time.process_time()
        if order.phase == "probe":
            gevent.sleep(LEAD_S)
            for index in mine:
                self._request(step, probe, index)
            sent = len(mine)
        else:
            sent = self._send_as_due(step, probe, mine)
        seconds = time.perf_counter() - step.zero_s
        cpu_s = time.process_time() - cpu_s
        probe.close()
        return Report(
            number=order.number,
            worker=order.worker,
            planned=len(mine),
            sent=sent,
            seconds=seconds,
            cpu_s=cpu_s,
            samples=self._encode(step.observations),
            failed=step.failed,
        )

    def _send_as_due(self, step: _Step, probe: Probe, mine: Sequence[int]) -> int:
        watch = gevent.spawn(_watch, step) if step.order.phase == "capacity" else None
        requests = Group()
        alarm = Alarm()
        sent = 0
        for index in mine:
            wait_s = step.zero_s + float(step.drawn.due_s[index]) - time.perf_counter()
            # Also where we are behind: those that were spawned must get to begin.
            alarm.wait(wait_s)
            if step.lost.is_set() or wait_s < -BEHIND_MAX_S:
                break
            step.lateness.sent(index)
            requests.start(gevent.Greenlet(self._request, step, probe, index))
            sent += 1
        alarm.close()
        requests.join()
        if watch is not None:
            watch.kill()
        return sent

    def _request(self, step: _Step, probe: Probe, index: int) -> None:
        order = step.order
        due_s = float(step.drawn.due_s[index])
        start_s = time.perf_counter() - step.zero_s
        if order.phase == "probe":
            due_s = start_s
        burnt_in = order.phase == "switchback" and due_s >= order.burn_in_s
        try:
            observation = probe.send(
                Place(
                    scenario=int(step.drawn.scenario[index]),
                    variant=order.variant,
                    block=order.block,
                    round=index,
                    position=order.position,
                    warmup=not burnt_in,
                    intended_s=order.start_s + due_s,
                    start_s=order.start_s + start_s,
                    draw=None if step.draws is None else int(step.draws[index]),
                )
            )
        except Exception as error:  # noqa: BLE001 - gevent would print it and go on
            step.failed = f"{type(error).__name__}: {error}"
            if isinstance(error, ConfigError):  # A file of rows has changed.
                step.failed = str(error).removesuffix(".")
            return
        finally:
            step.lateness.ended(index)
        step.observations.append(observation)
        step.lateness.answered(index, wrong=bool(observation.error))

    def _encode(self, observations: Sequence[Observation]) -> bytes:
        if not observations:
            return b""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._encoder.schema) as writer:
            for first in range(0, len(observations), _ENCODED_AT_ONCE):
                writer.write_batch(
                    self._encoder.batch(observations[first : first + _ENCODED_AT_ONCE])
                )
                gevent.sleep(0)
        return bytes(sink.getvalue())


def _watch(step: _Step) -> None:
    """Set `lost` once the step cannot keep its objective any more."""
    while not step.lateness.is_lost():
        gevent.sleep(LOOK_EVERY_S)
    step.lost.set()
