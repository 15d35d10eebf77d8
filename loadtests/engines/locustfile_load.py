"""What Locust runs for `load`: the same file in a single process, a master and its workers.

A master, and a single process, reads the job from its parent and sends events to it. Workers get
the job from the master, so that they can be on other machines.
"""

import gc
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from gevent.queue import Empty, Queue
from locust import User, constant, events, task
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner
from pydantic import TypeAdapter

from contract.errors import ConfigError
from contract.run.columns import SampleEncoder
from contract.run.record import RUN_NAME, read_run_json
from contract.run.stream import SampleStream
from loadtests.engines.channels import emit, read_job
from loadtests.engines.code_version import code_version
from loadtests.engines.conductor import Conductor
from loadtests.engines.delivery import StoppedError, UndeliveredError
from loadtests.engines.events import GeneratorFailed, LoadNotDelivered, WorkerJoined
from loadtests.engines.messages import Assignment, Hello, Order, Report
from loadtests.engines.open_loop import OpenLoop
from loadtests.planning.plan import Job
from loadtests.probes.http.exchange import Exchange

CODE_VERSION = code_version(tuple(sys.modules.values()), Path(__file__))


class Master:
    """The workers, as the conductor sees them."""

    def __init__(self, runner: Any, count: int) -> None:
        self.count = count
        self._runner = runner
        self._ids: list[str] = []
        self._complete = Event()
        self._reports: Queue = Queue()
        self._version_differs = False
        runner.register_message(Hello.TYPE, self._welcome)
        runner.register_message(Report.TYPE, self._receive_report)

    def _welcome(self, msg: Any, **_: object) -> None:
        if Hello.of(msg.data).code_version != CODE_VERSION:
            self._version_differs = True
            self._complete.set()
        elif msg.node_id not in self._ids and len(self._ids) < self.count:
            self._ids.append(msg.node_id)
            emit(WorkerJoined(number=len(self._ids), count=self.count))
            if len(self._ids) == self.count:
                self._complete.set()

    def _receive_report(self, msg: Any, **_: object) -> None:
        self._reports.put(Report.of(msg.data))

    def assign(self, job: Job) -> None:
        """Wait until all workers are ready, and give them the job.

        Raises:
            StoppedError: a worker runs other code.
        """
        self._complete.wait()
        if self._version_differs:
            # Not which: its name is that of a machine, which no record holds.
            raise StoppedError(
                "a worker runs another version of Versus. Check out and set up the same one there"
            )
        assignment = Assignment(TypeAdapter(Job).dump_json(job).decode())
        for worker in self._ids:
            self._runner.send_message(Assignment.TYPE, assignment.content(), client_id=worker)

    def order(self, order: Order) -> None:
        """Send an order to the worker it names."""
        worker = self._ids[order.worker]
        self._runner.send_message(Order.TYPE, order.content(), client_id=worker)

    def report(self, timeout_s: float) -> Report | None:
        """The next report, or None after so long."""
        try:
            report: Report = self._reports.get(timeout=timeout_s)
        except Empty:
            return None
        return report

    def lost(self) -> Sequence[int]:
        """The workers that Locust's heartbeat has given up."""
        if not isinstance(self._runner, MasterRunner):
            return []
        clients = self._runner.clients
        return [
            number
            for number, worker in enumerate(self._ids)
            if worker not in clients or clients[worker].state == STATE_MISSING
        ]


class Inbox:
    """What the master sends to a worker, and the worker's work on it."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._assignments: Queue = Queue()
        self._orders: Queue = Queue()
        runner.register_message(
            Assignment.TYPE, lambda msg, **_: self._assignments.put(Assignment.of(msg.data))
        )
        runner.register_message(Order.TYPE, lambda msg, **_: self._orders.put(Order.of(msg.data)))

    def work(self) -> None:
        """Carry out orders until the process ends."""
        self._runner.send_message(Hello.TYPE, Hello(CODE_VERSION).content())
        job = TypeAdapter(Job).validate_json(self._assignments.get().job)
        encoder = SampleEncoder(
            [scenario.name for scenario in job.scenarios],
            job.variants,
            job.target.stages,
            job.target.counters,
        )
        loop = OpenLoop(job, encoder, lambda: Exchange(job, from_due=True))
        # What exists now lives until the end: keep the collector away from it, and from us
        # while a step is under way.
        gc.freeze()
        gc.disable()
        while True:
            order = self._orders.get()
            try:
                report = loop.carry_out(order)
            except Exception as error:
                # Otherwise the master would wait for as long as the slowest answer takes.
                reason = f"{type(error).__name__}, see its log"
                if isinstance(error, ConfigError):  # A file of rows has changed.
                    reason = str(error).removesuffix(".")
                report = Report(order.number, order.worker, 0, 0, 0.0, 0.0, b"", reason)
                self._runner.send_message(Report.TYPE, report.content())
                raise
            self._runner.send_message(Report.TYPE, report.content())


_INBOXES: dict[Any, Inbox] = {}


class LoadUser(User):
    """The one user of each worker; it sends all requests."""

    wait_time = constant(0)

    @task
    def work(self) -> None:
        """Carry out the master's orders."""
        _INBOXES[self.environment].work()


def _conduct(runner: Any, job: Job, master: Master) -> None:
    folder = Path(job.run_folder)
    try:
        master.assign(job)
        stream = SampleStream(folder, read_run_json(folder / RUN_NAME))
        Conductor(job, stream, master, emit, time.perf_counter).run()
    except UndeliveredError as error:
        emit(LoadNotDelivered(reason=str(error)))
    except StoppedError as error:
        emit(GeneratorFailed(reason=str(error)))
    except OSError as error:
        reason = f"{folder}: {error.strerror or error}. Free space or mend the folder"
        emit(GeneratorFailed(reason=reason))
    except Exception as error:
        reason = f"the generator failed ({type(error).__name__}), see its log"
        emit(GeneratorFailed(reason=reason))
        raise
    finally:
        runner.quit()


def _prepare(environment: Any, runner: Any, **_: object) -> None:
    if not isinstance(runner, MasterRunner):
        _INBOXES[environment] = Inbox(runner)
    if isinstance(runner, WorkerRunner):
        return
    job = read_job()
    master = Master(runner, job.workers)
    environment.events.test_start.add_listener(
        lambda **_: gevent.spawn(_conduct, runner, job, master)
    )


events.init.add_listener(_prepare)  # type: ignore[no-untyped-call]
