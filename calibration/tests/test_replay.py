"""Replays: gates of unchanged and of slower code, from a trace of unchanged code."""

import numpy as np
import pytest

from calibration import replay as replaying
from calibration.questions import CHANGED, TAIL_ONLY, TYPICAL_ONLY, budgets_of
from calibration.replay import Limits, Question, Replayed, replay
from calibration.scale import LATE
from calibration.slowdown import slower
from calibration.tests.traces import make_trace
from calibration.trace import Trace
from calibration.truths import true_ratios
from contract.metrics import TAIL, TYPICAL


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    return make_trace(tmp_path_factory.mktemp("trace"))


def replayed(trace: Trace, effect: float, count: int, horizon_s: float = 4.0) -> list[Replayed]:
    draw = np.random.default_rng([7, round(1000 * effect)])
    question = Question(CHANGED, budgets_of(TYPICAL_ONLY))
    limits = Limits(horizon_s)
    return [replay(trace, question, slower(effect), limits, draw) for _ in range(count)]


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
    found = [one.judged.of() for one in replayed(trace, 0.05, 20)]
    gates = [one.interval_familywise for one in found if one]

    assert [True] * 20 == [one.holds(1.05) for one in gates]
    assert not all(one.holds(1.0) for one in gates)


def test_the_same_seed_replays_the_same_gates(trace: Trace) -> None:
    """Stretch, assignments and so the interval are equal to the last digit."""
    first, second = (replayed(trace, 0.03, 2) for _ in range(2))

    assert [one.judged for one in first] == [one.judged for one in second]


def test_an_undecided_gate_uses_all_of_its_time(
    trace: Trace,
) -> None:
    """The block in which the time ends is the last one, as in a live run."""
    (gate,) = [one for one in replayed(trace, 0.0, 5) if one.judged.verdict == "INCONCLUSIVE"][:1]

    assert 4.0 <= gate.measured_s < 4.0 + trace.block_s.max()


def test_a_gate_may_be_longer_than_the_trace(trace: Trace) -> None:
    """After the last block comes the first one, with variants drawn anew."""
    (gate,) = replayed(trace, 0.0, 1, 2.5 * trace.recorded_s)

    assert gate.judged.verdict in {"PASS", "INCONCLUSIVE"}
    if gate.judged.verdict == "INCONCLUSIVE":
        assert 2000 < gate.rounds


def test_a_gate_ends_with_its_last_round(trace: Trace) -> None:
    """Within a block, too: 60 rounds are not rounded up to 95."""
    question, draw = Question(CHANGED, budgets_of(TYPICAL_ONLY)), np.random.default_rng(3)
    gates = [
        replay(trace, question, slower(0.0), Limits(60.0, 60, looks=False), draw) for _ in range(5)
    ]

    assert [60] * 5 == [one.rounds for one in gates]
    assert {"INCONCLUSIVE", "PASS"} >= {one.judged.verdict for one in gates}


def test_late_requests_change_the_tail_alone(trace: Trace) -> None:
    """8 % of requests 30 ms late: the p95 is several times as long, the typical latency is not."""
    question = Question(CHANGED, budgets_of(TAIL_ONLY), every=True)
    draw = np.random.default_rng(3)
    one = replay(trace, question, LATE, Limits(60.0, 1000, looks=False), draw)
    found = {metric: one.judged.of(metric) for metric in (TYPICAL, TAIL)}
    true = true_ratios(one.recorded, LATE)

    assert all(
        metric_found and metric_found.ratio == pytest.approx(true[metric], rel=0.25)
        for metric, metric_found in found.items()
    )
    assert (True, True) == (true[TAIL] > 4, true[TYPICAL] < 1.05)


def test_skipped_looks_would_have_decided_nothing(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look near the limit is skipped; with all looks, every gate ends alike."""
    skipping = [replayed(trace, effect, 4) for effect in (0.0, 0.03)]
    monkeypatch.setattr(replaying, "_UNDECIDED_P", 1.0)
    looking = [replayed(trace, effect, 4) for effect in (0.0, 0.03)]

    assert [[one.judged for one in gates] for gates in looking] == [
        [one.judged for one in gates] for gates in skipping
    ]


def test_a_replay_does_not_change_the_trace(trace: Trace) -> None:
    """Even with a planted effect, the trace stays as it was."""
    before = trace.samples.to_pandas()
    replayed(trace, 0.10, 3)

    assert before.equals(trace.samples.to_pandas())
    assert {CHANGED} < set(before["variant"])
