"""Replays: a trace of unchanged code becomes gates of it, and of slower code."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from calibration.replay import Replayed, Trace, replay, trace_of
from calibration.subject import CHANGED
from calibration.tests.traces import make_trace
from contract.run.record import read_run
from loadtests.course import MeasureError


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    return make_trace(tmp_path_factory.mktemp("trace"))


def replayed(trace: Trace, effect: float, count: int, horizon_s: float = 4.0) -> list[Replayed]:
    draw = np.random.default_rng([7, round(1000 * effect)])
    return [replay(trace, effect, horizon_s, draw) for _ in range(count)]


def test_unchanged_code_never_fails(trace: Trace) -> None:
    """Looks and coins are many; none of 50 gates calls what was not planted, or an invalid run."""
    verdicts = {one.judged.verdict for one in replayed(trace, 0.0, 50, 2.0)}

    assert verdicts <= {"INCONCLUSIVE", "PASS"}


def test_a_planted_slowdown_always_fails_and_long_before_its_time_is_up(trace: Trace) -> None:
    """10 % of a latency whose rounds scatter by about 9 % takes a few looks."""
    gates = replayed(trace, 0.10, 20)

    assert ["FAIL"] * 20 == [one.judged.verdict for one in gates]
    assert float(np.median([one.measured_s for one in gates])) < 3.0


def test_the_planted_factor_is_the_true_effect(trace: Trace) -> None:
    """Intervals of 99.5 % hold it, though gates stop where the effect looks large."""
    gates = [one.judged.interval_familywise for one in replayed(trace, 0.05, 20)]

    assert [True] * 20 == [one.holds(1.05) for one in gates]
    assert not all(one.holds(1.0) for one in gates)


def test_the_same_seed_replays_the_same_gates(trace: Trace) -> None:
    """Stretch, coins and so the interval, to the last digit."""
    assert replayed(trace, 0.03, 2) == replayed(trace, 0.03, 2)


def test_a_gate_without_a_decision_uses_its_time_and_no_more_than_a_block_beyond(
    trace: Trace,
) -> None:
    """The block in which the time ran out is the last, as in a live run."""
    (gate,) = [one for one in replayed(trace, 0.0, 5) if one.judged.verdict == "INCONCLUSIVE"][:1]

    assert 4.0 <= gate.measured_s < 4.0 + trace.block_s.max()


def test_a_round_counts_only_where_both_variants_answered(trace: Trace) -> None:
    """5 rounds of the first block warm up; all others of 50 a block are measured."""
    assert 45 == trace.measured[0]
    assert 1000 == trace.measured.sum()


def test_a_trace_that_is_too_short_is_refused(trace: Trace) -> None:
    """It says how long the trace is and how long it should be."""
    with pytest.raises(MeasureError, match=r"too short for gates of 3600 s"):
        replay(trace, 0.0, 3600.0, np.random.default_rng(1))


def test_an_incomplete_run_is_no_trace(tmp_path: Path) -> None:
    """What a crash left is not what gates are made of."""
    make_trace(tmp_path, rounds=100)
    run = read_run(tmp_path)
    reason = "the service died"
    record = run.record.model_copy(update={"state": "partial", "reasons": (reason,)})

    with pytest.raises(MeasureError, match=reason):
        trace_of(dataclasses.replace(run, record=record))


def test_labels_change_and_nothing_else_does(trace: Trace) -> None:
    """A replay leaves the trace as it was, also where it plants an effect."""
    before = trace.samples.to_pandas()
    replayed(trace, 0.10, 3)

    assert before.equals(trace.samples.to_pandas())
    assert {CHANGED} < set(before["variant"])
