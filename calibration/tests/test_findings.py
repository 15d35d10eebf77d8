"""Rates and their bounds, by hand-computed cases."""

import math

import pytest

from calibration.findings import RivalRun, rate, reached, rivals_of, verdicts_of
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


def test_most_gates_have_failed_by_a_time() -> None:
    """Of four gates three failed: three quarters by the third time, all never."""
    assert (2.0, 5.0) == (reached([5.0, 1.0, 2.0], 4, 0.5), reached([5.0, 1.0, 2.0], 4, 0.75))
    assert math.inf == reached([5.0, 1.0, 2.0], 4, 0.95) == reached([], 0, 0.5)
