"""Turns numbers of other tools' files into values of series; what is no time is counted."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from reports.clean import short
from reports.foreign.shapes import MEAN, MEDIAN, P95, P99, Identity, Series, UnusableError
from reports.statistics.values import BoolArray, FloatArray, IntArray

TIME_MAX_S = 1e9
NO_TIME = "values that are no time (negative, infinite, above 30 years or no number)"
COUNT_MAX = 10**15
A_COUNT, A_SHARE = "whole number from 0 to 10^15", "number from 0 to 1"
_SHOWN_MAX = 40
_DIGITS = re.compile(r"[0-9]{1,18}(?:\.0*)?")
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
        if is_number(value) and 0 <= value * factor <= TIME_MAX_S:
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


def whole(value: Any, what: str) -> int | None:
    """A count as the file states it; None where it is missing or null.

    Args:
        value: of the file.
        what: is counted, and where, as the message has it.

    Raises:
        UnusableError: it is stated and no count. Failures that nobody can read are not none.
    """
    if value is None:
        return None
    if is_number(value) and 0 <= value <= COUNT_MAX and value == int(value):
        return int(value)
    raise unreadable(value, what, A_COUNT)


def whole_of_text(cell: str, what: str) -> int:
    """The same from a cell of a table, which always states one.

    Raises:
        UnusableError: as `whole`; separators of thousands are no part of a number.
    """
    return whole(int(float(cell)) if _DIGITS.fullmatch(cell.strip()) else cell, what) or 0


def share(value: Any, what: str) -> float | None:
    """A share as the file states it, otherwise as `whole`.

    Raises:
        UnusableError: it is stated and no share.
    """
    if value is None:
        return None
    if is_number(value) and 0 <= value <= 1:
        return float(value)
    raise unreadable(value, what, A_SHARE)


def unreadable(value: Any, what: str, wanted: str) -> UnusableError:
    """What to say of a value that a reader must not guess."""
    shown = "a list" if isinstance(value, list) else "an object"
    if not isinstance(value, list | dict):
        shown = short(json.dumps(value, ensure_ascii=False), _SHOWN_MAX)
    return UnusableError(f"{what} is {shown}, which is no {wanted}")


class RawTimes(NamedTuple):
    """The times of one series as a JSON list has them, and which of them failed; (n,) each."""

    identity: Identity
    times_s: FloatArray
    failed: BoolArray


def raw_times(
    identity: Identity, listed: Sequence[Any], failed: BoolArray | None = None
) -> RawTimes:
    """Raw times in seconds from a JSON list; NaN stands for what is no number."""
    plain = set(map(type, listed)) <= {float}
    times_s = np.array(
        listed if plain else [float(one) if is_number(one) else math.nan for one in listed],
        dtype=np.float64,
    )
    return RawTimes(identity, times_s, np.zeros(len(times_s), bool) if failed is None else failed)


def of_raw(parts: Sequence[Series | RawTimes], left_out: Counter[str]) -> tuple[Series, ...]:
    """The same in their order; raw times, all at once, become series."""
    raw = [one for one in parts if isinstance(one, RawTimes)]
    if not raw:
        return tuple(one for one in parts if isinstance(one, Series))
    made = iter(
        of_groups(
            [one.identity for one in raw],
            np.repeat(np.arange(len(raw)), [len(one.times_s) for one in raw]),
            np.concatenate([one.times_s for one in raw]),
            np.concatenate([one.failed for one in raw]),
            left_out,
        )
    )
    return tuple(one if isinstance(one, Series) else next(made) for one in parts)


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
    # NaN is on neither side.
    usable = (times_s >= 0) & (times_s <= TIME_MAX_S)
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
