"""What Locust runs for `load`: the same file in a single process, a master and its workers.

A master, and a single process, has a job on the descriptor VERSUS_JOB_FD and tells progress on
VERSUS_PROGRESS_FD. Workers get the job from the master, so that they can be on other machines.
"""

import gc
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gevent
import numpy as np
from gevent.event import Event
from gevent.queue import Empty, Queue
from locust import User, constant, events, task
from locust.contrib.fasthttp import FastHttpSession
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner
from pydantic import TypeAdapter

from contract.run.columns import SampleEncoder
from contract.run.record import RUN_NAME, read_run_json
from contract.run.stream import SampleStream
from loadtests.engines.channels import read_job, tell
from loadtests.engines.conductor import Conductor, StoppedError, UndeliveredError
from loadtests.engines.open_loop import OpenLoop, Order, Report
from loadtests.planning.plan import Job
from loadtests.probes.http.exchange import Exchange

ROOT = Path(__file__).parents[2]

HELLO, JOB, ORDER, REPORT = "versus_hello", "versus_job", "versus_order", "versus_report"
"""Messages: a worker is there; what to measure; a step; what came of it."""


class Master:
    """The workers, as the conductor sees them."""

    def __init__(self, runner: Any, count: int) -> None:
        self.count = count
        self._runner = runner
        self._ids: list[str] = []
        self._complete = Event()
        self._reports: Queue = Queue()
        self._version = version()
        self._strangers = False
        runner.register_message(HELLO, self._welcome)
        runner.register_message(REPORT, self._take)

    def _welcome(self, msg: Any, **_: object) -> None:
        if msg.data["version"] != self._version:
            self._strangers = True
            self._complete.set()
        elif msg.node_id not in self._ids and len(self._ids) < self.count:
            self._ids.append(msg.node_id)
            if self.count > 1:
                tell(say=f"worker {len(self._ids)} of {self.count} is here")
            if len(self._ids) == self.count:
                self._complete.set()

    def _take(self, msg: Any, **_: object) -> None:
        self._reports.put(Report(**msg.data))

    def brief(self, job: Job) -> None:
        """Wait until all are there, and give them the job.

        Raises:
            StoppedError: one runs another Versus.
        """
        self._complete.wait()
        if self._strangers:
            # Not which: its name is that of a machine, which no record holds.
            raise StoppedError(
                "a worker runs another version of Versus. Check out and set up the same one there"
            )
        content = TypeAdapter(Job).dump_json(job).decode()
        for worker in self._ids:
            self._runner.send_message(JOB, {"job": content}, client_id=worker)

    def order(self, order: Order) -> None:
        """Send an order to the worker it names."""
        self._runner.send_message(ORDER, asdict(order), client_id=self._ids[order.worker])

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
    """What a worker is told."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._jobs: Queue = Queue()
        self._orders: Queue = Queue()
        runner.register_message(JOB, lambda msg, **_: self._jobs.put(msg.data["job"]))
        runner.register_message(ORDER, lambda msg, **_: self._orders.put(Order(**msg.data)))

    def work(self, environment: Any) -> None:
        """Carry out orders until the process ends."""
        self._runner.send_message(HELLO, {"version": version()})
        job = TypeAdapter(Job).validate_json(self._jobs.get())
        encoder = SampleEncoder(
            [scenario.name for scenario in job.scenarios],
            job.variants,
            job.target.stages,
            job.target.counters,
        )
        loop = OpenLoop(job, encoder, _connecting(job, environment))
        # What exists now lives until the end: keep the collector away from it, and from us
        # while a step is under way.
        gc.freeze()
        gc.disable()
        while True:
            order = self._orders.get()
            try:
                report = loop.carry_out(order)
            except Exception as error:
                # Without a word the master would wait for as long as the slowest answer takes.
                report = Report(order.number, order.worker, 0, 0, 0.0, 0.0, b"", _name(error))
                self._runner.send_message(REPORT, asdict(report))
                raise
            self._runner.send_message(REPORT, asdict(report))


def _name(error: Exception) -> str:
    return f"{type(error).__name__}, see its log"


def version() -> str:
    """A digest of what master and workers must agree on: the code that draws and sends."""
    digest = hashlib.sha256(np.__version__.encode())
    for pattern in (
        "loadtests/engines/*.py",
        "loadtests/probes/http/*.py",
        "loadtests/planning/*.py",
        "contract/run/*.py",
    ):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _connecting(job: Job, environment: Any) -> Callable[[], Exchange]:
    """Gives clients without connections: each step begins alike, and its burn-in opens them."""

    def connect() -> Exchange:
        client = FastHttpSession(
            base_url=None,
            request_event=environment.events.request,
            user=None,
            # A bearer token goes only to a host that proves its name.
            insecure=False,
            concurrency=job.load.in_flight_max,
            connection_timeout=job.target.timeout_s,
            network_timeout=job.target.timeout_s,
            max_retries=0,
        )
        for url in set(job.base_urls):
            # geventhttpclient sends a request again, as often as it has connections, where one is
            # closed without an answer. For one that was closed while idle, twice is enough.
            client.client.clientpool.get_client(url)._connection_pool.size = 1  # noqa: SLF001
        return Exchange(job, client)

    return connect


_INBOXES: dict[Any, Inbox] = {}


class LoadUser(User):
    """One on each worker; it sends for all."""

    wait_time = constant(0)

    @task
    def work(self) -> None:
        """Do what the master says."""
        _INBOXES[self.environment].work(self.environment)


def _conduct(runner: Any, job: Job, master: Master) -> None:
    folder = Path(job.run_folder)
    try:
        master.brief(job)
        stream = SampleStream(folder, read_run_json(folder / RUN_NAME))
        Conductor(job, stream, master, tell).run()
    except UndeliveredError as error:
        tell(lost=str(error))
    except StoppedError as error:
        tell(failed=str(error))
    except OSError as error:
        tell(failed=f"{folder}: {error.strerror or error}. Free space or mend the folder")
    except Exception as error:
        tell(failed=f"the generator failed ({type(error).__name__}), see its log")
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
