"""Turns numbers of other tools' files into values of series; what is no time is counted."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from reports.foreign.shapes import MEAN, MEDIAN, P95, P99, Identity, Series
from reports.statistics.values import BoolArray, FloatArray, IntArray

NO_TIME = "values that are no time (negative, infinite or no number)"
_TAILS = ((P95, 0.95, 20), (P99, 0.99, 100))
"""Metric, quantile, and the fewest times that support it."""


def stated(
    values: Iterable[tuple[str, Any]], factor: float, left_out: Counter[str]
) -> dict[str, float]:
    """Values in seconds as a tool computed them; one that is missing or null is not counted."""
    kept: dict[str, float] = {}
    for metric, value in values:
        if value is None or metric in kept:
            continue
        if is_number(value) and value >= 0:
            kept[metric] = float(value) * factor
        else:
            left_out[NO_TIME] += 1
    return kept


def is_number(value: Any) -> bool:
    """Whether it is a finite number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def whole(value: Any) -> int:
    """A count as the file states it; what is no count is 0."""
    return max(0, int(value)) if is_number(value) else 0


def of_list(identity: Identity, listed: Sequence[Any], left_out: Counter[str]) -> Series:
    """A series from a JSON list of raw times in seconds."""
    times_s = times_of(listed)
    codes = np.zeros(len(times_s), dtype=np.int64)
    return of_groups([identity], codes, times_s, np.zeros(len(times_s), dtype=bool), left_out)[0]


def times_of(listed: Sequence[Any]) -> FloatArray:
    """Raw times of a JSON list; NaN stands for what is no number."""
    plain = set(map(type, listed)) <= {float}
    return np.array(
        listed if plain else [float(one) if is_number(one) else math.nan for one in listed],
        dtype=np.float64,
    )


def of_groups(
    identities: Sequence[Identity],
    codes: IntArray,
    times_s: FloatArray,
    failed: BoolArray,
    left_out: Counter[str],
) -> list[Series]:
    """Series from raw times, with the quantiles that their number supports.

    The times of what failed are left aside, unless all of a series failed.

    Inputs: (n,) each; `codes` are places in `identities`.
    """
    groups = len(identities)
    counts, failures = (np.bincount(codes[rows], minlength=groups) for rows in (..., failed))
    usable = np.isfinite(times_s) & (times_s >= 0)
    if lost := int(np.count_nonzero(~usable)):
        left_out[NO_TIME] += lost
    kept = usable & (~failed | (failures == counts)[codes])
    order = np.lexsort((times_s[kept], codes[kept]))
    sorted_s, sorted_codes = times_s[kept][order], codes[kept][order]
    sizes = np.bincount(sorted_codes, minlength=groups)
    ends = np.cumsum(sizes)
    sums = np.bincount(sorted_codes, weights=sorted_s, minlength=groups)
    columns = {MEDIAN: _quantiles(sorted_s, ends, sizes, 0.5), MEAN: sums / np.maximum(sizes, 1)}
    least = {MEDIAN: 1, MEAN: 1}
    for metric, q, fewest in _TAILS:
        columns[metric], least[metric] = _quantiles(sorted_s, ends, sizes, q), fewest
    return [
        Series(
            identity,
            {
                metric: float(column[place])
                for metric, column in columns.items()
                if sizes[place] >= least[metric]
            },
            sorted_s[ends[place] - sizes[place] : ends[place]],
            int(counts[place]),
            int(failures[place]),
        )
        for place, identity in enumerate(identities)
    ]


def _quantiles(sorted_s: FloatArray, ends: IntArray, sizes: IntArray, q: float) -> FloatArray:
    """A quantile of each stretch of sorted times, linear between neighbours; 0 of an empty one."""
    if not len(sorted_s):
        return np.zeros(len(sizes))
    place = q * np.maximum(sizes - 1, 0)
    low = np.floor(place).astype(np.int64)
    # The stretch of an empty group may start behind the last time.
    first = np.minimum(ends - sizes + low, len(sorted_s) - 1)
    second = np.minimum(first + (place > low), len(sorted_s) - 1)
    values = sorted_s[first] + (sorted_s[second] - sorted_s[first]) * (place - low)
    return np.where(sizes > 0, values, 0.0)
