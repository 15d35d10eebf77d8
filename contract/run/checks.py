"""Whether a table of samples is possible for a run's record.

A verdict needs sound rounds. Samples that no measurement can write (a negative round, a request
sent before the previous answer) are refused before anything is compared. Non-goal: to judge the
measurement, which is the work of `reports.effects.validity`.
"""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from contract.run.samples import Samples

_FloatArray = npt.NDArray[np.float64]
_BoolArray = npt.NDArray[np.bool_]

TIMES_S = (1e-9, 1e9)
"""No request and no part of one takes less than a nanosecond or more than thirty years."""

OVERLAP_S_MAX = 0.001
"""Clocks are read one after the other and times are rounded; a wrong unit is off by far more."""

# Last those that are used again soon, so that they are still in memory.
_KNOWN_IN_EVERY_SAMPLE = (
    *("body_bytes", "body_hash", "intended_s", "scenario", "variant", "status", "error"),
    *("warmup", "position", "block", "round", "start_s"),
)
# Of runs that know of connections, likewise.
_OF_CONNECTIONS = ("connections_opened", "connections_replaced", "stall_s", "note")
_SINCE_THE_RUN_BEGAN = ("intended_s", "start_s")


def are_times(seconds: _FloatArray) -> _BoolArray:
    """Which numbers are possible durations; only their ratios mean something.

    Inputs: (n,). Returns: (n,).
    """
    shortest_s, longest_s = TIMES_S
    return (seconds >= shortest_s) & (seconds <= longest_s)


def are_answers(samples: Samples) -> _BoolArray:
    """Which samples have a correct answer, (n_samples,)."""
    codes, errors = samples.labels("error")
    no_error = errors.index("") if "" in errors else -1
    answered: _BoolArray = (codes == no_error) & (samples.values("status") != 0)
    return answered


def complaints(
    samples: Samples, scenarios: Sequence[str], variants: Sequence[str], *, paired: bool
) -> Iterator[str]:
    """What is wrong with samples, one clause each; each check relies on those before it.

    Args:
        samples: columns in their types.
        scenarios: the run's.
        variants: the run's.
        paired: whether one request at a time was sent, in rounds; otherwise under load.
    """
    yield from _missing_values(samples)
    yield from _unknown_names(samples, "scenario", scenarios)
    yield from _unknown_names(samples, "variant", variants)
    yield from _out_of_range(samples, len(variants) if paired else 2 * len(variants))
    if paired:
        yield from _out_of_order(samples)


def _missing_values(samples: Samples) -> Iterator[str]:
    of_connections = [name for name in _OF_CONNECTIONS if name in samples.schema.names]
    for name in (*of_connections, *_KNOWN_IN_EVERY_SAMPLE):
        if lacking := samples.lacking(name):
            yield (
                f"column {name!r} lacks {lacking:,} of {samples.num_rows:,} values; "
                "every sample needs one"
            )
        if name in _SINCE_THE_RUN_BEGAN:
            yield from _impossible_times(
                samples, name, ~(np.abs(samples.values(name)) <= TIMES_S[1])
            )
    # A correct answer has a possible latency.
    odd = are_answers(samples) & ~are_times(samples.values("latency_s"))
    yield from _impossible_times(samples, "latency_s", odd)


def _impossible_times(samples: Samples, name: str, odd: _BoolArray) -> Iterator[str]:
    if odd.any():
        row = int(odd.argmax())
        yield (
            f"column {name!r}, row {row}: holds {samples[name][row].as_py()}, a number of seconds "
            "was expected"
        )


def _unknown_names(samples: Samples, column: str, names: Collection[str]) -> Iterator[str]:
    codes, labels = samples.labels(column)
    for code in np.flatnonzero(np.bincount(codes)):
        if labels[code] not in names:
            yield (
                f"holds {column} {labels[code]!r}, which run.json does not name; it names "
                f"{', '.join(names)}"
            )


def _out_of_range(samples: Samples, positions: int) -> Iterator[str]:
    if not samples.num_rows:
        return
    for name, most in (("block", None), ("round", None), ("position", positions - 1)):
        numbers = samples.values(name)
        if numbers.min() < 0:
            yield f"column {name!r} holds {numbers.min()}; they count from 0"
        if most is not None and numbers.max() > most:
            yield f"column {name!r} holds {numbers.max()}; this run's end at {most}"


def _out_of_order(samples: Samples) -> Iterator[str]:
    """One request at a time: each is sent after the previous answer."""
    codes, names = samples.labels("scenario")
    start_s = samples.values("start_s")
    if np.any(start_s[1:] < start_s[:-1]):
        in_time = np.argsort(start_s, kind="stable")
        rows = [in_time[codes[in_time] == code] for code in range(len(names))]
    else:
        rows = [np.flatnonzero(codes == code) for code in range(len(names))]
    for name, places in zip(names, rows, strict=True):
        if len(places) > 1:
            yield from _scenario_out_of_order(samples, str(name), places)


def _scenario_out_of_order(
    samples: Samples, scenario: str, in_time: npt.NDArray[np.int64]
) -> Iterator[str]:
    def first(wrong: _BoolArray) -> str:
        """The place of the first wrong sample; empty without one."""
        if not wrong.any():
            return ""
        row = in_time[1:][wrong.argmax()]
        return f"scenario {scenario!r}, round {samples.values('round')[row]}"

    steps = {
        # Narrow differences of small numbers would wrap around.
        name: np.diff(samples.values(name)[in_time].astype(np.int64))
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
    start_s, latency_s = (samples.values(name)[in_time] for name in ("start_s", "latency_s"))
    end_s = start_s + np.where(are_times(latency_s), latency_s, 0.0)
    if where := first(end_s[:-1] > start_s[1:] + OVERLAP_S_MAX):
        yield (
            f"{where}: sent before the request before it was answered, though this run had one in "
            "flight; start_s and latency_s are in seconds"
        )
