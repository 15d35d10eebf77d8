"""A step that was not delivered, or not answered, ends the run."""

import numpy as np
import pytest

from contract.run.record import StepRecord
from loadtests.engines.delivery import (
    ERRORS_MIN,
    TargetBrokenError,
    UndeliveredError,
    check_all_reported,
    check_all_sent,
    check_target,
    describe_last_error,
)
from loadtests.engines.messages import Order, Report
from loadtests.engines.outcome import StepAnswers
from loadtests.engines.tests.jobs import make_job

PROBE = Order("probe", 1, 0)
SWITCHBACK = Order("switchback", 1, 4, rate_per_s=50.0, workers=2)


def step(sent: tuple[int, ...]) -> StepRecord:
    """A step in which two workers were to send ten requests each."""
    return StepRecord(
        phase="switchback",
        block=4,
        position=0,
        variant="after",
        rate_per_s=50.0,
        start_s=0.0,
        end_s=1.0,
        drained_s=1.1,
        planned=(10, 10),
        sent=sent,
        cpu_s=(0.1, 0.1),
        errors=0,
        late_share=0.0,
        lag_s_p99=0.0,
    )


def answers(*errors: str, scenario: tuple[int, ...] = ()) -> StepAnswers:
    """Answers that are wrong where an error is given."""
    zeros = np.zeros(len(errors))
    return StepAnswers(
        np.array(scenario or (0,) * len(errors), dtype=np.int64), zeros, zeros, zeros, errors
    )


def test_a_lost_worker_is_named_with_its_shortfall() -> None:
    """Workers count from 1 for people."""
    reports = {0: Report(0, 0, 10, 10, 1.0, 0.1, b"")}

    with pytest.raises(UndeliveredError, match="worker 2 of 2 was lost in block 4: 10 of 20 "):
        check_all_reported(SWITCHBACK, step((10, 0)), reports)
    check_all_reported(PROBE, step((10, 0)), reports)


def test_a_rate_that_is_compared_must_be_sent() -> None:
    """A capacity search may find that it cannot be."""
    with pytest.raises(UndeliveredError, match="cannot send 50 requests/s: 19 of 20 planned"):
        check_all_sent(SWITCHBACK, step((10, 9)))
    check_all_sent(SWITCHBACK, step((10, 10)))
    check_all_sent(Order("capacity", 1, 4), step((10, 9)))


def test_a_probe_needs_a_right_answer_of_every_scenario() -> None:
    """One of three is enough."""
    check_target(PROBE, answers("500", "", "", scenario=(0, 0, 1)), "")
    with pytest.raises(TargetBrokenError, match="the last"):
        check_target(PROBE, answers("", "500", "500", scenario=(0, 1, 1)), "the last")


@pytest.mark.parametrize(
    ("wrong", "right", "broken"),
    [(ERRORS_MIN - 1, 0, False), (ERRORS_MIN, ERRORS_MIN, False), (ERRORS_MIN, 9, True)],
)
def test_most_answers_wrong_end_a_switchback(wrong: int, right: int, broken: bool) -> None:
    """More than half, and not just a few; a search goes on, because no rate is carried then."""
    given = answers(*["500"] * wrong, *[""] * right)
    check_target(Order("capacity", 1, 4), given, "")
    if broken:
        with pytest.raises(TargetBrokenError):
            check_target(SWITCHBACK, given, "")
    else:
        check_target(SWITCHBACK, given, "")


def test_the_last_error_is_described() -> None:
    """Scenario, variant and what was wrong; nothing where all is right."""
    job = make_job("a", "b")

    assert "b, after: 503" == describe_last_error(
        job, SWITCHBACK, answers("500", "503", "", scenario=(0, 1, 0))
    )
    assert "" == describe_last_error(job, SWITCHBACK, answers("", ""))
