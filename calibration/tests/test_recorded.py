"""Whole gates replayed on two recorded traces, so that no change makes verdicts worse unseen.

The traces come from `make calibrate`: 40 s of unchanged code on a shared machine of 2 cores, once
as it was and once beside a neighbour that burns a core in bursts. Same coins, same gates: what
these tests say changes only with the code.
"""

from pathlib import Path

import numpy as np
import pytest

from calibration.replay import Replayed, replay, trace_of
from contract.run.record import read_run

RECORDED = Path(__file__).with_name("recorded")


def replayed(condition: str, effect: float, count: int) -> list[Replayed]:
    trace = trace_of(read_run(RECORDED / condition))
    draw = np.random.default_rng([11, round(1000 * effect)])
    return [replay(trace, effect, 20.0, draw) for _ in range(count)]


@pytest.mark.parametrize("condition", ["quiet", "disturbed"])
def test_unchanged_code_raises_no_alarm(condition: str) -> None:
    """None of 60 gates of up to 20 s, looks and all."""
    verdicts = {one.judged.verdict for one in replayed(condition, 0.0, 60)}

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
def test_a_planted_slowdown_is_called_in_time(
    condition: str, effect: float, within_s: float
) -> None:
    """In all of 20 gates, half of them within the time that calibration promises."""
    gates = replayed(condition, effect, 20)

    assert ["FAIL"] * 20 == [one.judged.verdict for one in gates]
    assert float(np.median([one.measured_s for one in gates])) <= within_s


@pytest.mark.parametrize("condition", ["quiet", "disturbed"])
def test_intervals_hold_what_was_planted(condition: str) -> None:
    """All of 20 family-wise ones, though gates stop where the effect looks large."""
    gates = [one.judged.interval_familywise for one in replayed(condition, 0.05, 20)]

    assert [True] * 20 == [one.holds(1.05) for one in gates]
