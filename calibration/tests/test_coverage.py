"""Coverage, by hand-computed cases."""

import math
from dataclasses import replace

from calibration.coverage import coverage_of
from calibration.findings import Truth
from calibration.scale import LATE
from calibration.slowdown import slower
from calibration.tests.support import make_gate
from reports.statistics.values import Interval


def test_coverage_uses_the_true_effect_of_each_kind() -> None:
    """It is the factor of a replay, 1 for unchanged code, and measured for live work."""
    replays = [make_gate(effect=0.05, ratio=1.05), make_gate(effect=0.05, ratio=1.08)]
    lives = [
        make_gate(mode="live", ratio=1.002),
        make_gate(mode="live", effect=0.05, ratio=1.044),
        make_gate(mode="live", effect=0.10, ratio=1.09),
    ]
    truth = Truth("quiet", slower(0.05), 1.045, 1.044, 1.046, 1.043, 1.047)
    rows = coverage_of([*replays, *lives], [truth])

    assert [(2, 2), (2, 2), (1, 2), (1, 2)] == [(row.held.count, row.held.of) for row in rows]
    assert [0.9, 0.995] * 2 == [row.nominal for row in rows]


def test_a_measured_truth_has_an_interval_too() -> None:
    """3 % apart is no miss if the facing arms are 2 % and 3 %: together they reach 3.6 %."""
    (ninety, familywise) = coverage_of(
        [make_gate(mode="live", effect=0.05, ratio=1.08, low=1.06)],
        [Truth("quiet", slower(0.05), 1.05, 1.049, 1.051, 1.02, 1.08)],
    )

    assert (0, 1) == (ninety.held.count, familywise.held.count)


def test_a_changed_shape_is_counted_apart() -> None:
    """Its intervals are no ones of a constant factor."""
    rows = coverage_of([make_gate(), make_gate(slowdown=LATE)], [])

    assert ["changed", "changed", "kept", "kept"] == [row.shape for row in rows]


def test_intervals_that_exclude_nothing_are_no_proof() -> None:
    """Where none excludes anything there is no row; beside others they count as holding."""
    gate = make_gate()
    unbounded = replace(gate.found[0], interval_familywise=Interval(0.0, math.inf, 1.0))
    without_end = replace(gate, found=(unbounded,))

    assert () == coverage_of([without_end], [])
    assert [(2, 2), (2, 2)] == [
        (row.held.count, row.held.of) for row in coverage_of([gate, without_end], [])
    ]
