"""Rates and their bounds, coverage, and the bars, by hand-computed cases."""

import math
from dataclasses import replace

import pytest

from calibration.bars import bars_of
from calibration.findings import (
    Condition,
    Gate,
    Mode,
    RivalRun,
    Truth,
    coverage_of,
    rate,
    rivals_of,
    verdicts_of,
)


def gate(
    verdict: str = "INCONCLUSIVE",
    effect: float = 0.0,
    measured_s: float = 1.0,
    mode: Mode = "replay",
    condition: Condition = "quiet",
    ratio: float = 1.0,
) -> Gate:
    ends = (ratio * 0.99, ratio * 1.01)
    return Gate(mode, condition, effect, verdict, measured_s, ratio, *ends, *ends, 0.995)


def test_bounds_are_clopper_and_pearsons() -> None:
    """None of 300: the upper bound solves (1 - p)^300 = 0.025; all of 20: p^20 = 0.025."""
    none, everything = rate(0, 300), rate(20, 20)

    assert (0.0, 1 - 0.025 ** (1 / 300)) == pytest.approx((none.low, none.high))
    assert (0.025 ** (1 / 20), 1.0) == pytest.approx((everything.low, everything.high))
    assert (0.0, 1.0) == (rate(0, 0).low, rate(0, 0).high)


def test_a_gate_that_never_fails_takes_for_ever() -> None:
    """With two of three decided the median is the later one; with one of three there is none."""
    two = [gate("FAIL", 0.1, 1.0), gate("FAIL", 0.1, 3.0), gate("PASS", 0.1, 2.0)]
    one = [gate("FAIL", 0.1, 1.0), gate("INVALID", 0.1, 2.0), gate("PASS", 0.1, 2.0)]

    assert [3.0] == [row.fail_s_median for row in verdicts_of(two)]
    assert [math.inf] == [row.fail_s_median for row in verdicts_of(one)]


def test_every_gate_is_counted_once() -> None:
    """The four answers of a gate add up, and kinds stay apart."""
    said = ["FAIL", "PASS", "PASS", "INCONCLUSIVE", "INVALID"]
    gates = [gate(one) for one in said] + [gate("FAIL", condition="disturbed")]
    quiet, disturbed = verdicts_of(gates)
    kinds = (quiet.failed, quiet.passed, quiet.inconclusive, quiet.invalid)

    assert (1, 2, 1, 1) == tuple(kind.count for kind in kinds)
    assert {5} == {kind.of for kind in kinds}
    assert (1, 1) == (disturbed.failed.count, disturbed.failed.of)


def test_a_rival_is_counted_by_condition_and_effect() -> None:
    """False alarms are those with nothing planted."""
    runs = [RivalRun("quiet", 0.0, alarm=alarm) for alarm in (True, False)]
    unchanged, planted = rivals_of([*runs, RivalRun("quiet", 0.1, alarm=True)])

    assert (1, 2) == (unchanged.failed.count, unchanged.failed.of)
    assert (1, 1) == (planted.failed.count, planted.failed.of)


def test_coverage_holds_intervals_against_the_truth_of_their_kind() -> None:
    """A replay's truth is its factor, unchanged code's is 1, live work's was measured."""
    replays = [gate(effect=0.05, ratio=1.05), gate(effect=0.05, ratio=1.08)]
    lives = [
        gate(mode="live", ratio=1.002),
        gate(mode="live", effect=0.05, ratio=1.044),
        gate(mode="live", effect=0.10, ratio=1.09),
    ]
    truth = Truth("quiet", 0.05, 1.045, 1.044, 1.046, 1.043, 1.047)
    rows = coverage_of([*replays, *lives], [truth])

    assert [(1, 2), (1, 2), (2, 2), (2, 2)] == [(row.held.count, row.held.of) for row in rows]
    assert [0.9, 0.995] * 2 == [row.nominal for row in rows]


def test_a_truth_that_was_measured_may_itself_be_off() -> None:
    """3 % apart with arms of 2 % and 3 % on the sides that face each other is no miss by 3.6 %."""
    found = gate(mode="live", effect=0.05, ratio=1.08)
    (ninety, familywise) = coverage_of(
        [replace(found, low90=1.06, low_familywise=1.06)],
        [Truth("quiet", 0.05, 1.05, 1.049, 1.051, 1.02, 1.08)],
    )

    assert (0, 1) == (ninety.held.count, familywise.held.count)


@pytest.mark.parametrize(("held", "met"), [(300, True), (260, True), (240, False)])
def test_coverage_may_miss_by_chance_alone(held: int, met: bool) -> None:
    """Of 300 intervals of 90 % on average 270 hold the truth, give or take 5.2."""
    gates = [gate(ratio=1.0 if number < held else 1.5) for number in range(300)]
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
    """None in replays; 1 in 40 live, and never less than one."""
    gates = [gate("FAIL" if number < alarms else "PASS", mode=mode) for number in range(of)]
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
    """Of 20 gates one may miss, at 1 % two; and half of them must be quick enough."""
    gates = [
        gate("INCONCLUSIVE" if number < missed else "FAIL", effect, fail_s) for number in range(20)
    ]
    bars = bars_of(verdicts_of(gates), ())

    assert [met] == [one.met for one in bars]


def test_a_disturbed_machine_promises_no_detection() -> None:
    """Only false alarms are held against it."""
    gates = [gate("PASS", 0.10, condition="disturbed")]

    assert () == bars_of(verdicts_of(gates), ())
