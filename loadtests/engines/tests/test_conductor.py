"""The master under load, with workers that only pretend to send."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from contract.run.columns import SampleEncoder
from contract.run.observation import Observation
from contract.run.stream import SampleStream
from loadtests.engines.conductor import Conductor
from loadtests.engines.delivery import StoppedError, UndeliveredError
from loadtests.engines.events import BlockEnded, Event, MeasuringStarted, Progressed, encode
from loadtests.engines.messages import Order, Report
from loadtests.engines.step import draw_arrivals, share_of_worker
from loadtests.opening import new_record
from loadtests.planning.plan import Job, LoadWorkers, load_plan

ROOT = Path(__file__).parents[3]

CONFIG = """
[target]
url = "http://127.0.0.1:1"

[variants.before]
[variants.after]

[[scenarios]]
name = "often"
request = "GET /"

[[scenarios]]
name = "rare"
request = "GET /"
weight = {weight}

[load]
objective_s = {objective_s}
{rate}

[profiles.default]
capacity_s = {capacity_s}
measure_s = 4
sub_block_s = 1
burn_in_s = 0.2
"""


class Pretending:
    """Two workers of a service that takes equally long for each request, however many wait."""

    count = 2

    def __init__(self, job: Job, latency_s: float, most: int, error: str) -> None:
        self._job = job
        self._latency_s = latency_s
        self._most = most
        self._error = error
        self._reports: list[Report] = []
        self._encoder = SampleEncoder([one.name for one in job.scenarios], job.variants, (), ())
        self.rates_per_s: list[float] = []
        self.events: list[Event] = []

    def order(self, order: Order) -> None:
        """Pretend to send what is due, up to the most that a worker can send."""
        if order.phase == "capacity" and order.worker == 0:
            self.rates_per_s.append(order.rate_per_s)
        due = draw_arrivals(self._job, order)
        mine = share_of_worker(order, due)
        rows = [self._row(order, int(due.scenario[one]), due.due_s[one]) for one in mine]
        sent = rows[: self._most]
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._encoder.schema) as writer:
            if sent:
                writer.write_batch(self._encoder.batch(sent))
        samples = bytes(sink.getvalue())
        self._reports.append(
            Report(order.number, order.worker, len(mine), len(sent), 1.0, 0.0, samples)
        )

    def _row(self, order: Order, scenario: int, due_s: float) -> Observation:
        wrong = order.phase != "probe" and self._error
        at_s = order.start_s + float(due_s)
        return Observation(
            scenario=scenario,
            variant=order.variant,
            block=order.block,
            round=0,
            position=order.position,
            warmup=order.phase != "switchback",
            intended_s=at_s,
            start_s=at_s,
            latency_s=self._latency_s,
            status=0 if wrong else 200,
            error=self._error if wrong else "",
            wire_bytes=None,
            body_bytes=0,
            body_hash=0,
            stages=(),
            counters=(),
        )

    def report(self, timeout_s: float) -> Report | None:
        """What a worker reports at once."""
        del timeout_s
        return self._reports.pop(0) if self._reports else None

    def lost(self) -> Sequence[int]:
        """Nobody is."""
        return ()


def conducted(
    tmp_path: Path,
    *,
    rate_per_s: float | None = None,
    capacity_s: float = 0,
    objective_s: float = 1.0,
    weight: float = 1.0,
    latency_s: float = 0.01,
    most: int = 1_000_000,
    error: str = "",
) -> Pretending:
    """A whole run, of which the steps take no time."""
    config = tmp_path / "versus.toml"
    rate = "" if rate_per_s is None else f"rate_per_s = {rate_per_s}"
    content = CONFIG.format(
        weight=weight, rate=rate, capacity_s=capacity_s, objective_s=objective_s
    )
    config.write_text(content, encoding="utf-8")
    plan = load_plan(config, seed=1).under_load(LoadWorkers(processes=2))
    job = Job(
        run_folder=str(tmp_path),
        base_urls=plan.urls,
        headers={},
        seed=plan.seed,
        variants=plan.variants,
        scenarios=plan.scenarios,
        profile=plan.profile,
        load=plan.load,
        target=plan.target,
        workers=2,
    )
    workers = Pretending(job, latency_s, most, error)
    stream = SampleStream(tmp_path, new_record(plan, tmp_path / "run", ""))

    def emit(event: Event) -> None:
        encode(event)
        workers.events.append(event)

    Conductor(job, stream, workers, emit, time.perf_counter).run()
    return workers


def test_a_run_emits_its_events_in_order(tmp_path: Path) -> None:
    """Two probes and a switchback block, each ended; then every scenario has ended."""
    workers = conducted(tmp_path, rate_per_s=50)
    blocks = [event.block for event in workers.events if isinstance(event, BlockEnded)]
    last = workers.events[-1]

    assert MeasuringStarted() == workers.events[0]
    assert [0, 1, 2] == blocks
    assert isinstance(last, Progressed)
    assert {"often": "rounds", "rare": "rounds"} == last.ended
    assert [] == workers.rates_per_s


def test_a_generator_that_cannot_send_the_rate_ends_the_run(tmp_path: Path) -> None:
    """That less was sent than planned is said at once, with what to do."""
    with pytest.raises(UndeliveredError, match=r"cannot send 500 requests/s: 20 of \d+ planned"):
        conducted(tmp_path, rate_per_s=500, most=10)


def test_a_scenario_of_which_nothing_is_due_ends_the_run(tmp_path: Path) -> None:
    """It would make the run invalid after all the time that it takes."""
    with pytest.raises(StoppedError, match="rare: no request is due in the time that is compared"):
        conducted(tmp_path, rate_per_s=50, weight=0.0001)


def test_a_rate_with_too_few_arrivals_keeps_no_objective(tmp_path: Path) -> None:
    """An objective that no request keeps is missed at every rate, not kept where none is due."""
    with pytest.raises(StoppedError, match=r"before, after: .* the objective was missed at every"):
        conducted(tmp_path, capacity_s=20, objective_s=0.001)


def test_wrong_answers_are_named_where_no_rate_is_carried(tmp_path: Path) -> None:
    """Raising the objective would not help there."""
    with pytest.raises(StoppedError, match=r"wrong answer: rare, .*: ConnectionRefusedError"):
        conducted(tmp_path, capacity_s=20, error="ConnectionRefusedError")


def test_a_search_without_time_says_so(tmp_path: Path) -> None:
    """That not every variant was tried is no objective missed."""
    with pytest.raises(StoppedError, match="the search ended before one was tried"):
        conducted(tmp_path, capacity_s=1e-9)


def test_a_rate_that_was_not_sent_is_not_carried(tmp_path: Path) -> None:
    """Where a worker gives out, the search stays below what it can send."""
    workers = conducted(tmp_path, capacity_s=20, latency_s=0.001, most=200)

    assert max(workers.rates_per_s) > 400
    assert np.median(workers.rates_per_s) < 500
