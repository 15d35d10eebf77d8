"""How often intervals contain the true effect."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from scipy import stats

from calibration.deciding import Found
from calibration.findings import CONDITIONS, Condition, Coverage, Gate, Mode, Truth, rate
from calibration.slowdown import UNCHANGED, Slowdown
from reports.statistics.values import Interval

_Shape = Literal["kept", "changed"]
_Kind = tuple[Mode, int, str, _Shape]


def coverage_of(gates: Sequence[Gate], truths: Sequence[Truth]) -> tuple[Coverage, ...]:
    """How often intervals contain the true effect, by mode, condition, metric and shape.

    The true effect is what was planted in a replay, 1 for unchanged code, and a measured truth for
    live work. Live gates without a measured truth are left out, and metrics of which no interval
    excludes anything. Other intervals without an end count as holding: which ones have an end
    depends on what was found. A measured truth is uncertain (beside the disturber by more than a
    gate's interval), so its interval counts too.
    """
    measured = {(one.condition, one.slowdown, one.metric): one for one in truths}
    pairs = [
        (_kind(gate, found), found, truth)
        for gate in gates
        for found in gate.found
        if (truth := _truth_of(gate, found.metric, measured)) is not None
    ]
    rows = []
    for kind, group in groupby(sorted(pairs, key=lambda pair: pair[0]), lambda pair: pair[0]):
        rows += _rows(kind, [(found, truth) for _, found, truth in group])
    return tuple(rows)


def _kind(gate: Gate, found: Found) -> _Kind:
    shape: _Shape = "changed" if gate.slowdown.late_share else "kept"
    return gate.mode, CONDITIONS.index(gate.condition), found.metric, shape


def _rows(kind: _Kind, pairs: Sequence[tuple[Found, Truth]]) -> list[Coverage]:
    """Of both intervals; none where no interval excludes anything."""
    bounded = [one for one, _ in pairs if math.isfinite(one.interval_familywise.high)]
    if not bounded:
        return []
    held90 = sum(
        _agree(found.ratio, found.interval90, truth.ratio, Interval(truth.low, truth.high, 0.9))
        for found, truth in pairs
    )
    held = sum(
        _agree(
            *(found.ratio, found.interval_familywise, truth.ratio),
            Interval(truth.low_familywise, truth.high_familywise, 0.99),
        )
        for found, truth in pairs
    )
    nominal = min(one.interval_familywise.confidence for one in bounded)
    return [
        _coverage(kind, "90 %", 0.90, held90, len(pairs)),
        _coverage(kind, "family-wise", nominal, held, len(pairs)),
    ]


def _agree(ratio: float, interval: Interval, true: float, of_truth: Interval) -> bool:
    """Whether the interval of ratio / true contains 1.

    Both intervals are combined on the log scale (Zou & Donner 2008, "Construction of confidence
    limits about effect measures"). If the truth is exact, this is whether the interval of the ratio
    contains it.
    """
    low, high = interval.low, interval.high
    arms = (ratio / low if low > 0 else math.inf, of_truth.high / true)
    if ratio < true:
        arms = (high / ratio, true / of_truth.low if of_truth.low > 0 else math.inf)
    distance_max = math.hypot(*map(math.log, arms))
    return abs(math.log(ratio / true)) <= distance_max or low <= true <= high


def _truth_of(
    gate: Gate, metric: str, measured: dict[tuple[Condition, Slowdown, str], Truth]
) -> Truth | None:
    if metric in gate.truths:
        return Truth.exactly(gate, metric, gate.truths[metric])
    if gate.slowdown == UNCHANGED:
        return Truth.exactly(gate, metric, 1.0)
    return measured.get((gate.condition, gate.slowdown, metric))


def _coverage(
    kind: _Kind, interval: Literal["90 %", "family-wise"], nominal: float, held: int, of: int
) -> Coverage:
    mode, condition, metric, shape = kind
    p_value = float(stats.binomtest(held, of, nominal, alternative="less").pvalue)
    return Coverage(
        mode, CONDITIONS[condition], metric, shape, interval, nominal, rate(held, of), p_value
    )
