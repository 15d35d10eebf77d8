"""Replays: gates of unchanged and of slower code, from a trace of unchanged code."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from calibration.replay import Replayed, Trace, replay, trace_of
from calibration.subject import CHANGED
from calibration.tests.traces import make_trace
from contract.run.reading import read_run
from loadtests.errors import MeasureError


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    return make_trace(tmp_path_factory.mktemp("trace"))


def replayed(trace: Trace, effect: float, count: int, horizon_s: float = 4.0) -> list[Replayed]:
    draw = np.random.default_rng([7, round(1000 * effect)])
    return [replay(trace, effect, horizon_s, draw) for _ in range(count)]


@pytest.mark.slow
def test_unchanged_code_never_fails(trace: Trace) -> None:
    """None of 30 gates with many looks fails or is invalid."""
    verdicts = {one.judged.verdict for one in replayed(trace, 0.0, 30, 2.0)}

    assert verdicts <= {"INCONCLUSIVE", "PASS"}


def test_a_planted_slowdown_fails_early(trace: Trace) -> None:
    """10 % is detected within a few looks if rounds scatter by about 9 %."""
    gates = replayed(trace, 0.10, 20)

    assert ["FAIL"] * 20 == [one.judged.verdict for one in gates]
    assert float(np.median([one.measured_s for one in gates])) < 3.0


def test_the_planted_factor_is_the_true_effect(trace: Trace) -> None:
    """Intervals of 99.5 % contain it, although gates stop when the effect looks large."""
    gates = [one.judged.interval_familywise for one in replayed(trace, 0.05, 20)]

    assert [True] * 20 == [one.holds(1.05) for one in gates]
    assert not all(one.holds(1.0) for one in gates)


def test_the_same_seed_replays_the_same_gates(trace: Trace) -> None:
    """Stretch, assignments and so the interval are equal to the last digit."""
    assert replayed(trace, 0.03, 2) == replayed(trace, 0.03, 2)


def test_an_undecided_gate_uses_all_of_its_time(
    trace: Trace,
) -> None:
    """The block in which the time ends is the last one, as in a live run."""
    (gate,) = [one for one in replayed(trace, 0.0, 5) if one.judged.verdict == "INCONCLUSIVE"][:1]

    assert 4.0 <= gate.measured_s < 4.0 + trace.block_s.max()


def test_a_round_counts_if_both_variants_answered(trace: Trace) -> None:
    """5 rounds of the first block are warm-up; the others of 50 per block are measured."""
    assert 45 == trace.measured[0]
    assert 1000 == trace.measured.sum()


def test_a_trace_that_is_too_short_is_refused(trace: Trace) -> None:
    """The error has the length of the trace and the required one."""
    with pytest.raises(MeasureError, match=r"too short for gates of 3600 s"):
        replay(trace, 0.0, 3600.0, np.random.default_rng(1))


def test_an_incomplete_run_is_refused(tmp_path: Path) -> None:
    """The error has the reason why the run is not complete."""
    make_trace(tmp_path, rounds=100)
    run = read_run(tmp_path)
    reason = "the service died"
    record = run.record.model_copy(update={"state": "partial", "reasons": (reason,)})

    with pytest.raises(MeasureError, match=reason):
        trace_of(dataclasses.replace(run, record=record))


def test_a_replay_does_not_change_the_trace(trace: Trace) -> None:
    """Even with a planted effect, the trace stays as it was."""
    before = trace.samples.to_pandas()
    replayed(trace, 0.10, 3)

    assert before.equals(trace.samples.to_pandas())
    assert {CHANGED} < set(before["variant"])
