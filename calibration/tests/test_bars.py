"""The bars, just below and just above, by hand-computed cases."""

import pytest

from calibration.bars import bars_of
from calibration.coverage import coverage_of
from calibration.findings import Mode, verdicts_of
from calibration.questions import TAIL_ONLY
from calibration.scale import LATE
from calibration.slowdown import Slowdown, slower
from calibration.tests.support import make_gate


@pytest.mark.parametrize(("held", "met"), [(300, True), (260, True), (240, False)])
def test_coverage_may_be_lower_by_chance(held: int, met: bool) -> None:
    """Of 300 intervals of 90 %, 270 contain the truth on average, with a deviation of 5.2."""
    gates = [make_gate(ratio=1.0 if number < held else 1.5) for number in range(300)]
    bar = bars_of((), coverage_of(gates, ())[:1])

    assert [met] == [one.met for one in bar]


@pytest.mark.parametrize(("alarms", "met"), [(0, True), (1, False)])
@pytest.mark.parametrize("mode", ["replay", "live"])
def test_unchanged_code_never_fails(mode: Mode, alarms: int, met: bool) -> None:
    """A single false alarm misses the bar, replayed or live."""
    gates = [make_gate("FAIL" if number < alarms else "PASS", mode=mode) for number in range(40)]
    bars = bars_of(verdicts_of(gates), ())

    assert [met] == [one.met for one in bars]


@pytest.mark.parametrize(
    ("effect", "missed", "fail_s", "met"),
    [
        (0.10, 0, 0.7, True),
        (0.10, 1, 0.7, True),
        (0.10, 2, 0.5, False),
        (0.10, 0, 0.8, False),
        (0.05, 1, 0.9, True),
        (0.03, 1, 1.6, False),
        (0.01, 1, 12.0, True),
        (0.01, 2, 12.0, False),
    ],
)
def test_detections_have_a_bar(effect: float, missed: int, fail_s: float, met: bool) -> None:
    """Of 20 gates one may miss, and the median must be soon enough."""
    gates = [
        make_gate("INCONCLUSIVE" if number < missed else "FAIL", effect, fail_s)
        for number in range(20)
    ]
    bars = bars_of(verdicts_of(gates), ())

    assert [met] == [one.met for one in bars]


@pytest.mark.parametrize(
    ("slowdown", "words"),
    [(slower(1.0), "within 60 rounds"), (slower(0.1), "within 4,000 rounds"), (LATE, "10 s of")],
)
def test_tails_have_a_bar_of_rounds(slowdown: Slowdown, words: str) -> None:
    """The gates' own length is the limit, so only their number counts."""
    gates = [
        make_gate("FAIL" if number else "PASS", 1.0, slowdown=slowdown, question=TAIL_ONLY)
        for number in range(20)
    ]
    (bar,) = bars_of(verdicts_of(gates), ())

    assert (True, True) == (bar.met, words in bar.promise)


def test_detection_is_not_required_on_a_disturbed_machine() -> None:
    """Only false alarms have a bar there."""
    gates = [make_gate("PASS", 0.10, condition="disturbed")]

    assert () == bars_of(verdicts_of(gates), ())
