"""Whether a step carried its rate, on services whose capacity is known."""

import heapq
from pathlib import Path

import numpy as np
import pytest

from contract.config.measuring import LoadConfig, ProfileConfig
from contract.config.target import TargetConfig
from loadtests.engines.messages import Order, Report
from loadtests.engines.outcome import FloatArray, Outcome, StepAnswers
from loadtests.engines.step import draw_arrivals
from loadtests.planning.plan import Job, Scenario

STEPS = 40


def job(objective_s: float) -> Job:
    """A job of one scenario, of which only the objective matters here."""
    return Job(
        run_folder=str(Path("nowhere")),
        base_urls=("", ""),
        headers={},
        seed=1,
        variants=("before", "after"),
        scenarios=(
            Scenario(
                name="one",
                request="GET /",
                sequence=(),
                ignore=None,
                budget_s=1.0,
                share=1.0,
                objective_s=objective_s,
            ),
        ),
        profile=ProfileConfig(),
        load=LoadConfig(),
        target=TargetConfig(),
    )


def served(due_s: FloatArray, service_s: FloatArray, servers: int) -> FloatArray:
    """The latency of each arrival where so many are served at a time, in order of arrival."""
    free_s = [0.0] * servers
    ended_s = []
    for one_s, takes_s in zip(due_s.tolist(), service_s.tolist(), strict=True):
        ended_s.append(max(one_s, heapq.heappop(free_s)) + takes_s)
        heapq.heappush(free_s, ended_s[-1])
    return np.array(ended_s) - due_s


def limit_of(rate_per_s: float, service_s: float, servers: int, number: int, *, even: bool) -> str:
    """Why a step was missed that such a service answers; no answer is late here.

    The service takes equally long each time, or exponentially distributed times.
    """
    one = job(objective_s=600.0)
    order = Order("capacity", 0, number, rate_per_s=rate_per_s, duration_s=5.0, burn_in_s=1.0)
    due = draw_arrivals(one, order)
    count = len(due.due_s)
    chance = np.random.default_rng(number)
    takes_s = np.full(count, service_s) if even else chance.exponential(service_s, count)
    latency_s = served(due.due_s, takes_s, servers)
    report = Report(0, 0, count, count, float((due.due_s + latency_s).max()), 0.0, b"")
    answers = StepAnswers(due.scenario, due.due_s, latency_s, np.zeros(count), ("",) * count)
    # Three probes, as `alone_s` is measured.
    alone_s = service_s if even else float(chance.exponential(service_s, 3).mean())
    return Outcome(one, order, {0: report}, answers).record(alone_s).limit


def missed_share(rate_per_s: float, service_s: float, servers: int, *, even: bool) -> float:
    """How many of many steps were missed, all of them by their queue."""
    limits = [
        limit_of(rate_per_s, service_s, servers, number, even=even) for number in range(STEPS)
    ]
    assert {"", "queue"} >= set(limits)
    return limits.count("queue") / STEPS


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("service_s", [0.2, 1.0, 2.0])
@pytest.mark.parametrize("rate_per_s", [10.0, 100.0])
def test_many_requests_at_a_time_are_no_queue(
    rate_per_s: float, service_s: float, *, even: bool
) -> None:
    """A service that answers all at the same time keeps up, however slowly it answers."""
    assert missed_share(rate_per_s, service_s, 10_000, even=even) <= 0.1


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize(("servers", "service_s"), [(1, 0.01), (8, 0.1), (60, 0.2)])
def test_a_queue_that_grows_is_missed(servers: int, service_s: float, *, even: bool) -> None:
    """Where 40 % more arrives than can be answered, hardly a step is called carried."""
    capacity_per_s = servers / service_s

    assert missed_share(1.4 * capacity_per_s, service_s, servers, even=even) >= 0.9
    assert missed_share(0.6 * capacity_per_s, service_s, servers, even=even) <= 0.1
