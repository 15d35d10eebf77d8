"""Rates, their bounds and coverage, by hand-computed cases."""

import math
from dataclasses import replace

import pytest

from calibration.findings import (
    RivalRun,
    Truth,
    coverage_of,
    rate,
    rivals_of,
    verdicts_of,
)
from calibration.tests.support import make_gate


def test_bounds_are_clopper_and_pearsons() -> None:
    """None of 300: the upper bound solves (1 - p)^300 = 0.025; all of 20: p^20 = 0.025."""
    none, everything = rate(0, 300), rate(20, 20)

    assert (0.0, 1 - 0.025 ** (1 / 300)) == pytest.approx((none.low, none.high))
    assert (0.025 ** (1 / 20), 1.0) == pytest.approx((everything.low, everything.high))
    assert (0.0, 1.0) == (rate(0, 0).low, rate(0, 0).high)


def test_the_median_is_infinite_where_most_gates_do_not_fail() -> None:
    """With two failures of three the median is the later one; with one of three it is infinite."""
    two = [make_gate("FAIL", 0.1, 1.0), make_gate("FAIL", 0.1, 3.0), make_gate("PASS", 0.1, 2.0)]
    one = [make_gate("FAIL", 0.1, 1.0), make_gate("INVALID", 0.1, 2.0), make_gate("PASS", 0.1, 2.0)]

    assert [3.0] == [row.fail_s_median for row in verdicts_of(two)]
    assert [math.inf] == [row.fail_s_median for row in verdicts_of(one)]


def test_every_gate_is_counted_once() -> None:
    """The four verdicts add up, and conditions are counted separately."""
    verdicts = ["FAIL", "PASS", "PASS", "INCONCLUSIVE", "INVALID"]
    gates = [make_gate(one) for one in verdicts] + [make_gate("FAIL", condition="disturbed")]
    quiet, disturbed = verdicts_of(gates)
    kinds = (quiet.failed, quiet.passed, quiet.inconclusive, quiet.invalid)

    assert (1, 2, 1, 1) == tuple(kind.count for kind in kinds)
    assert {5} == {kind.of for kind in kinds}
    assert (1, 1) == (disturbed.failed.count, disturbed.failed.of)


def test_a_rival_is_counted_by_condition_and_effect() -> None:
    """Failures without a planted effect are false alarms."""
    runs = [RivalRun("quiet", 0.0, alarm=alarm) for alarm in (True, False)]
    unchanged, planted = rivals_of([*runs, RivalRun("quiet", 0.1, alarm=True)])

    assert (1, 2) == (unchanged.failed.count, unchanged.failed.of)
    assert (1, 1) == (planted.failed.count, planted.failed.of)


def test_coverage_uses_the_true_effect_of_each_kind() -> None:
    """It is the factor of a replay, 1 for unchanged code, and measured for live work."""
    replays = [make_gate(effect=0.05, ratio=1.05), make_gate(effect=0.05, ratio=1.08)]
    lives = [
        make_gate(mode="live", ratio=1.002),
        make_gate(mode="live", effect=0.05, ratio=1.044),
        make_gate(mode="live", effect=0.10, ratio=1.09),
    ]
    truth = Truth("quiet", 0.05, 1.045, 1.044, 1.046, 1.043, 1.047)
    rows = coverage_of([*replays, *lives], [truth])

    assert [(1, 2), (1, 2), (2, 2), (2, 2)] == [(row.held.count, row.held.of) for row in rows]
    assert [0.9, 0.995] * 2 == [row.nominal for row in rows]


def test_a_measured_truth_has_an_interval_too() -> None:
    """3 % apart is no miss if the facing arms are 2 % and 3 %: together they reach 3.6 %."""
    found = make_gate(mode="live", effect=0.05, ratio=1.08)
    (ninety, familywise) = coverage_of(
        [replace(found, low90=1.06, low_familywise=1.06)],
        [Truth("quiet", 0.05, 1.05, 1.049, 1.051, 1.02, 1.08)],
    )

    assert (0, 1) == (ninety.held.count, familywise.held.count)
