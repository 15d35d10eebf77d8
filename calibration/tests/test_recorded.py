"""Whole gates replayed on two recorded traces, so that a change for the worse fails a test.

The traces come from `make calibrate`: 40 s of unchanged code on a shared machine of 2 cores, once
quiet and once beside a process that uses a core in bursts. The seeds are fixed, so the results
change only with the code.
"""

from pathlib import Path

import numpy as np
import pytest

from calibration.questions import CHANGED, TYPICAL_ONLY, budgets_of
from calibration.replay import Limits, Question, Replayed, replay
from calibration.slowdown import slower
from calibration.trace import trace_of
from contract.run.reading import read_run

pytestmark = pytest.mark.slow

RECORDED = Path(__file__).with_name("recorded")


def replayed(condition: str, effect: float, count: int) -> list[Replayed]:
    trace = trace_of(read_run(RECORDED / condition))
    draw = np.random.default_rng([11, round(1000 * effect)])
    question = Question(CHANGED, budgets_of(TYPICAL_ONLY))
    return [replay(trace, question, slower(effect), Limits(20.0), draw) for _ in range(count)]


@pytest.mark.parametrize("condition", ["quiet", "disturbed"])
def test_unchanged_code_does_not_fail(condition: str) -> None:
    """None of 20 gates of up to 20 s fails."""
    verdicts = {one.judged.verdict for one in replayed(condition, 0.0, 20)}

    assert verdicts <= {"INCONCLUSIVE", "PASS"}


@pytest.mark.parametrize(
    ("condition", "effect", "within_s"),
    [
        ("quiet", 0.10, 2.0),
        ("quiet", 0.05, 4.0),
        ("quiet", 0.03, 8.0),
        ("disturbed", 0.10, 2.0),
        ("disturbed", 0.05, 4.0),
        ("disturbed", 0.03, 8.0),
    ],
)
def test_a_planted_slowdown_is_detected_in_time(
    condition: str, effect: float, within_s: float
) -> None:
    """All of 20 gates fail, half of them within the time that calibration requires."""
    gates = replayed(condition, effect, 20)

    assert ["FAIL"] * 20 == [one.judged.verdict for one in gates]
    assert float(np.median([one.measured_s for one in gates])) <= within_s


@pytest.mark.parametrize("condition", ["quiet", "disturbed"])
def test_intervals_contain_the_planted_effect(condition: str) -> None:
    """All of 20 family-wise intervals do, although gates stop when the effect looks large."""
    gates = [one.judged.of() for one in replayed(condition, 0.05, 20)]

    assert [True] * 20 == [bool(one and one.interval_familywise.holds(1.05)) for one in gates]
