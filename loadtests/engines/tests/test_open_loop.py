"""A worker sends arrivals when they are due, with a probe that only waits."""

import time
from typing import Any

import gevent
import numpy as np
import pyarrow as pa
import pytest

from contract.run.columns import SampleEncoder
from contract.run.observation import Observation, Place
from loadtests.engines.messages import Order, Report
from loadtests.engines.open_loop import OpenLoop
from loadtests.engines.step import PROBES, draw_arrivals
from loadtests.engines.tests.jobs import make_job

JOB = make_job("a", "b", objective_s=0.05, objective_quantile=0.9)
SWITCHBACK = Order(
    "switchback", 1, 2, position=3, rate_per_s=100.0, duration_s=0.5, burn_in_s=0.2, start_s=7.0
)


class Waiting:
    """Answers each request after a while, or fails."""

    def __init__(self, takes_s: float, failing: str = "") -> None:
        self._takes_s = takes_s
        self._failing = failing

    def close(self) -> None:
        """Nothing is held open."""

    def send(self, place: Place) -> Observation:
        """Wait, and let others be sent meanwhile."""
        if self._failing:
            raise OSError(self._failing)
        gevent.sleep(self._takes_s)
        return Observation(
            **vars(place),
            latency_s=self._takes_s,
            status=200,
            error="",
            wire_bytes=None,
            body_bytes=0,
            body_hash=0,
            stages=(),
            counters=(),
        )


def carried_out(order: Order, takes_s: float = 0.001, failing: str = "") -> Report:
    """The report of a worker."""
    encoder = SampleEncoder([scenario.name for scenario in JOB.scenarios], JOB.variants, (), ())
    loop = OpenLoop(JOB, encoder, lambda: Waiting(takes_s, failing))
    return loop.carry_out(order)


def samples_of(report: Report) -> Any:
    """The samples in a report, a data frame."""
    with pa.ipc.open_stream(report.samples) as reader:
        return reader.read_all().to_pandas()


def test_each_arrival_is_sent_when_it_is_due() -> None:
    """Never early; slow answers hold nothing back; the burn-in is marked as warm-up."""
    due = draw_arrivals(JOB, SWITCHBACK)
    report = carried_out(SWITCHBACK, takes_s=0.3)
    samples = samples_of(report).sort_values("round")

    assert len(due.due_s) == report.planned == report.sent == len(samples)
    assert np.allclose(7.0 + due.due_s, samples["intended_s"], atol=1e-6)
    assert (samples["start_s"] >= samples["intended_s"] - 1e-6).all()
    assert (due.due_s < 0.2).tolist() == samples["warmup"].tolist()
    assert [JOB.scenarios[index].name for index in due.scenario] == samples["scenario"].tolist()
    assert {("after", 2, 3)} == set(
        zip(samples["variant"], samples["block"], samples["position"], strict=True)
    )
    # Sent one after the other, they would take as many times 0.3 s.
    assert report.seconds < 0.3 * len(samples) / 2


def test_a_worker_sends_its_share() -> None:
    """Two workers together send every arrival once."""
    rounds = []
    for worker in range(2):
        order = Order(**{**SWITCHBACK.content(), "worker": worker, "workers": 2})
        rounds += samples_of(carried_out(order))["round"].tolist()

    assert list(range(len(draw_arrivals(JOB, SWITCHBACK).due_s))) == sorted(rounds)


def test_a_probe_sends_one_request_after_the_other() -> None:
    """A few of each scenario; latency counts from when each is sent."""
    samples = samples_of(carried_out(Order("probe", 0, 0), takes_s=0.01))

    assert 2 * PROBES == len(samples)
    assert (samples["start_s"].diff().dropna() >= 0.01).all()
    assert (samples["start_s"] == samples["intended_s"]).all()


def test_a_search_ends_a_step_that_is_lost() -> None:
    """Where answers are too slow, the rest of the step is not sent."""
    order = Order("capacity", 0, 0, rate_per_s=100.0, duration_s=5.0)
    began_s = time.perf_counter()
    report = carried_out(order, takes_s=0.5)

    assert report.sent < report.planned
    assert time.perf_counter() - began_s < 5.0


@pytest.mark.parametrize("phase", ["probe", "switchback"])
def test_a_failure_is_reported(phase: Any) -> None:
    """The samples are not complete, and the report says why."""
    order = Order(**{**SWITCHBACK.content(), "phase": phase})
    report = carried_out(order, failing="broken")

    assert ("OSError: broken", b"") == (report.failed, report.samples)


def test_each_request_has_the_draw_of_its_arrival() -> None:
    """Where the order counts draws; another worker's share has others."""
    sent = []

    class Keeping(Waiting):
        def send(self, place: Place) -> Observation:
            sent.append((place.scenario, place.round, place.draw))
            return super().send(place)

    encoder = SampleEncoder([scenario.name for scenario in JOB.scenarios], JOB.variants, (), ())
    loop = OpenLoop(JOB, encoder, lambda: Keeping(0.001))
    for worker in range(2):
        content = {**SWITCHBACK.content(), "draws": (5, 7), "worker": worker, "workers": 2}
        loop.carry_out(Order(**content))

    for scenario, before in enumerate((5, 7)):
        mine = sorted((number, draw) for one, number, draw in sent if one == scenario)
        assert [*range(before, before + len(mine))] == [draw for _, draw in mine]
    sent.clear()
    loop.carry_out(SWITCHBACK)
    assert {None} == {draw for _, _, draw in sent}
