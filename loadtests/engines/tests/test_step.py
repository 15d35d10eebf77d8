"""A step's arrivals and their lateness, by a clock that the test moves."""

from dataclasses import replace

import numpy as np
import pytest

from loadtests.engines.messages import Order
from loadtests.engines.step import (
    PROBES,
    DrawsBefore,
    Lateness,
    draw_arrivals,
    number_draws,
    share_of_worker,
)
from loadtests.engines.tests.jobs import FakeClock, make_job
from loadtests.planning.arrivals import Arrivals
from loadtests.planning.plan import Job
from loadtests.planning.rows import Draws, Rows

ORDER = Order("capacity", 0, 3, rate_per_s=100.0, duration_s=2.0, burn_in_s=0.5)


def test_all_workers_together_send_every_arrival_once() -> None:
    """Each worker draws the same arrivals and takes its share."""
    job = make_job("a")
    due = draw_arrivals(job, ORDER)
    shares = [share_of_worker(replace(ORDER, worker=worker, workers=3), due) for worker in range(3)]

    assert list(range(len(due.due_s))) == sorted(index for share in shares for index in share)
    assert np.array_equal(due.due_s, draw_arrivals(job, replace(ORDER, variant=1)).due_s)


def test_a_probe_sends_each_scenario_in_turn() -> None:
    """A few requests of every scenario, one after the other."""
    due = draw_arrivals(make_job("a", "b"), Order("probe", 0, 0))

    assert [0, 1] * PROBES == due.scenario.tolist()


def drawing_job() -> Job:
    """Two scenarios, of which the second one has rows."""
    job = make_job("a", "b")
    draws = Draws(frozenset({"row.n"}), Rows("random", 9))
    a, b = job.scenarios
    return replace(job, scenarios=(a, b.model_copy(update={"draws": draws})))


def test_steps_go_on_through_the_draws_alike_in_all_variants() -> None:
    """A probe and half a block count once, whichever variant is sent first."""
    job = drawing_job()
    before = DrawsBefore(job)
    half = replace(ORDER, phase="switchback", half=1)
    steps = [
        *(Order("probe", variant, variant) for variant in (1, 0)),
        replace(ORDER, block=2),
        *(replace(half, variant=variant, position=2 + variant) for variant in (1, 0)),
        replace(half, half=0),
    ]
    counts = [
        np.bincount(draw_arrivals(job, step).scenario, minlength=2).tolist()
        for step in (steps[0], steps[2], steps[3])
    ]
    expected = [(0, 0), (0, 0), (PROBES, PROBES)]
    expected += [tuple(PROBES + count for count in counts[1])] * 2
    expected += [tuple(np.sum(counts, axis=0).tolist())]

    assert expected == [before.before(step) for step in steps]
    assert () == DrawsBefore(make_job("a")).before(ORDER)


def test_each_arrival_has_a_draw_of_its_scenario() -> None:
    """Numbered on from those of earlier steps."""
    due = Arrivals(np.zeros(5), np.array([0, 1, 1, 0, 1]))
    numbers = number_draws(replace(ORDER, draws=(10, 20)), due)

    assert numbers is not None
    assert [10, 20, 21, 11, 22] == numbers.tolist()
    assert number_draws(ORDER, due) is None


def late(objective_s: float = 0.1) -> tuple[Lateness, FakeClock]:
    """Ten arrivals a tenth of a second apart from 0.5 s on, of which one may be late."""
    job = make_job("a", objective_s=objective_s, objective_quantile=0.875)
    clock = FakeClock()
    due = Arrivals(np.linspace(0.5, 1.4, 10), np.zeros(10, dtype=np.int64))
    return Lateness(job, ORDER, due, 0.0, clock), clock


@pytest.mark.parametrize(("wrong", "lost"), [(1, False), (2, True)])
def test_wrong_answers_are_late(wrong: int, lost: bool) -> None:
    """A step is lost with the first late arrival more than the quantile allows."""
    lateness, clock = late()
    clock.now_s = 0.5
    for index in range(wrong):
        lateness.answered(index, wrong=True)

    assert lost == lateness.is_lost()


def test_what_waits_too_long_is_late_before_it_is_answered() -> None:
    """Two arrivals under way: the step is lost as soon as both are older than the objective."""
    lateness, clock = late()
    lateness.sent(0)
    lateness.sent(1)
    clock.now_s = 0.69
    assert not lateness.is_lost()
    clock.now_s = 0.71

    assert lateness.is_lost()
    lateness.ended(1)
    assert not lateness.is_lost()


def test_an_answer_in_time_is_not_late() -> None:
    """Whatever the number of such answers."""
    lateness, clock = late()
    for index in range(10):
        clock.now_s = 0.5 + 0.1 * index + 0.05
        lateness.answered(index, wrong=False)

    assert not lateness.is_lost()
