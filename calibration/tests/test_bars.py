"""The bars, just below and just above, by hand-computed cases."""

import pytest

from calibration.bars import bars_of
from calibration.findings import (
    Mode,
    coverage_of,
    verdicts_of,
)
from calibration.tests.support import make_gate


@pytest.mark.parametrize(("held", "met"), [(300, True), (260, True), (240, False)])
def test_coverage_may_be_lower_by_chance(held: int, met: bool) -> None:
    """Of 300 intervals of 90 %, 270 contain the truth on average, with a deviation of 5.2."""
    gates = [make_gate(ratio=1.0 if number < held else 1.5) for number in range(300)]
    bar = bars_of((), coverage_of(gates, ())[:1])

    assert [met] == [one.met for one in bar]


@pytest.mark.parametrize(
    ("mode", "alarms", "of", "met"),
    [
        ("replay", 0, 300, True),
        ("replay", 1, 300, False),
        ("live", 1, 40, True),
        ("live", 2, 40, False),
        ("live", 1, 4, True),
        ("live", 2, 80, True),
    ],
)
def test_false_alarms_have_a_bar(mode: Mode, alarms: int, of: int, met: bool) -> None:
    """None is allowed in replays; live, 1 in 40, but at least one."""
    gates = [make_gate("FAIL" if number < alarms else "PASS", mode=mode) for number in range(of)]
    bars = bars_of(verdicts_of(gates), ())

    assert [met] == [one.met for one in bars]


@pytest.mark.parametrize(
    ("effect", "missed", "fail_s", "met"),
    [
        (0.10, 0, 2.0, True),
        (0.10, 1, 2.0, True),
        (0.10, 2, 1.0, False),
        (0.10, 0, 2.1, False),
        (0.05, 1, 4.0, True),
        (0.03, 1, 8.1, False),
        (0.01, 2, 60.0, True),
        (0.01, 3, 60.0, False),
    ],
)
def test_detections_have_a_bar(effect: float, missed: int, fail_s: float, met: bool) -> None:
    """Of 20 gates one may miss, at 1 % two, and the median must be soon enough."""
    gates = [
        make_gate("INCONCLUSIVE" if number < missed else "FAIL", effect, fail_s)
        for number in range(20)
    ]
    bars = bars_of(verdicts_of(gates), ())

    assert [met] == [one.met for one in bars]


def test_detection_is_not_required_on_a_disturbed_machine() -> None:
    """Only false alarms have a bar there."""
    gates = [make_gate("PASS", 0.10, condition="disturbed")]

    assert () == bars_of(verdicts_of(gates), ())
