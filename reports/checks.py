"""Whether a table of samples can be what a run's record says it is.

A verdict is only as sound as the rounds that it pairs. So what no measurement can have written (a
round before the first one, a request that was sent before the answer to the one before had come) is
refused before anything is compared. Non-goal: to judge a measurement, which is validity's.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

_FloatArray = npt.NDArray[np.float64]
_BoolArray = npt.NDArray[np.bool_]

TIMES_S = (1e-9, 1e9)
"""No request and no part of one takes less than a nanosecond or more than thirty years."""

OVERLAP_S_MAX = 0.001
"""Clocks are read one after the other and times are rounded; a wrong unit is off by far more."""

_KNOWN_IN_EVERY_SAMPLE = (
    *("scenario", "variant", "block", "round", "position", "warmup", "intended_s", "start_s"),
    *("status", "error", "body_bytes", "body_hash"),
)


def are_times(seconds: _FloatArray) -> _BoolArray:
    """Which numbers can be how long something took; ratios of others mean little.

    Inputs: (n,). Returns: (n,).
    """
    shortest_s, longest_s = TIMES_S
    return (seconds >= shortest_s) & (seconds <= longest_s)


def complaints(
    table: Any, scenarios: Sequence[str], variants: Sequence[str], *, paired: bool
) -> Iterator[str]:
    """What is wrong with samples, one clause each; each check relies on those before it.

    Args:
        table: an Arrow table with the samples' columns in their types.
        scenarios: the run's.
        variants: the run's.
        paired: whether one request at a time was sent, in rounds; otherwise under load.
    """
    yield from _unknown(table)
    yield from _misnamed(table, "scenario", scenarios)
    yield from _misnamed(table, "variant", variants)
    yield from _out_of_range(table, len(variants) if paired else 2 * len(variants))
    if paired:
        yield from _out_of_order(table)


def _unknown(table: Any) -> Iterator[str]:
    for name in _KNOWN_IN_EVERY_SAMPLE:
        if table[name].null_count:
            yield (
                f"column {name!r} lacks {table[name].null_count:,} of {table.num_rows:,} values; "
                "every sample needs one"
            )
    for name in ("intended_s", "start_s"):
        # Seconds since the run began.
        yield from _no_times(table, name, ~(np.abs(table[name].to_numpy()) <= TIMES_S[1]))
    # What came back in no time, or never did, is no right answer.
    right = pc.and_(pc.equal(table["error"], ""), pc.not_equal(table["status"], 0)).to_numpy()
    yield from _no_times(table, "latency_s", right & ~are_times(table["latency_s"].to_numpy()))


def _no_times(table: Any, name: str, odd: _BoolArray) -> Iterator[str]:
    if odd.any():
        row = int(odd.argmax())
        yield (
            f"column {name!r}, row {row}: holds {table[name][row].as_py()}, a number of seconds "
            "was expected"
        )


def _misnamed(table: Any, column: str, names: Collection[str]) -> Iterator[str]:
    found = pc.unique(table.select([column]).unify_dictionaries()[column]).to_pylist()
    for name in found:
        if name not in names:
            yield (
                f"holds {column} {name!r}, which run.json does not name; it names "
                f"{', '.join(names)}"
            )


def _out_of_range(table: Any, positions: int) -> Iterator[str]:
    for name, most in (("block", None), ("round", None), ("position", positions - 1)):
        found = pc.min_max(table[name]).as_py()
        if found["min"] is not None and found["min"] < 0:
            yield f"column {name!r} holds {found['min']}; they count from 0"
        if most is not None and found["max"] is not None and found["max"] > most:
            yield f"column {name!r} holds {found['max']}; this run's end at {most}"


def _out_of_order(table: Any) -> Iterator[str]:
    """One request in flight, so each is sent after the one before was answered."""
    scenario = table.select(["scenario"]).unify_dictionaries()["scenario"].combine_chunks()
    start_s, latency_s = (table[name].to_numpy() for name in ("start_s", "latency_s"))
    in_time = np.argsort(start_s, kind="stable")
    in_time = in_time[np.argsort(scenario.indices.to_numpy()[in_time], kind="stable")]
    neighbours = np.diff(scenario.indices.to_numpy()[in_time]) == 0

    def first(wrong: _BoolArray) -> str:
        """Where, if anywhere: the later one of the two samples."""
        if not (wrong & neighbours).any():
            return ""
        row = int(in_time[1:][(wrong & neighbours).argmax()])
        return f"scenario {scenario[row].as_py()!r}, round {table['round'][row].as_py()}"

    steps = {
        name: np.diff(table[name].to_numpy()[in_time].astype(np.int64))
        for name in ("round", "block", "position")
    }
    for name in ("round", "block"):
        if where := first(steps[name] < 0):
            yield f"{where}: sent after one of a later {name}; {name}s are counted in order of time"
    if where := first((steps["round"] == 0) & (steps["position"] <= 0)):
        yield (
            f"{where}: its requests are not one for each position, in order of time; each variant "
            "is asked once in a round"
        )
    end_s = start_s + np.where(are_times(latency_s), latency_s, 0.0)
    where = first(end_s[in_time][:-1] > start_s[in_time][1:] + OVERLAP_S_MAX)
    if where:
        yield (
            f"{where}: sent before the request before it was answered, though this run had one in "
            "flight; start_s and latency_s are in seconds"
        )
