"""Whether a table of samples can be what a run's record says it is.

A verdict is only as sound as the rounds that it pairs. So what no measurement can have written (a
round before the first one, a request that was sent before the answer to the one before had come) is
refused before anything is compared. Non-goal: to judge a measurement, which is validity's.
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

# Last what is looked at again, so that it is still held then.
_KNOWN_IN_EVERY_SAMPLE = (
    *("body_bytes", "body_hash", "intended_s", "scenario", "variant", "status", "error"),
    *("warmup", "position", "block", "round", "start_s"),
)
_SINCE_THE_RUN_BEGAN = ("intended_s", "start_s")


def are_times(seconds: _FloatArray) -> _BoolArray:
    """Which numbers can be how long something took; ratios of others mean little.

    Inputs: (n,). Returns: (n,).
    """
    shortest_s, longest_s = TIMES_S
    return (seconds >= shortest_s) & (seconds <= longest_s)


def are_answers(samples: Samples) -> _BoolArray:
    """Which samples got an answer that is a right one, (n_samples,)."""
    said, words = samples.labels("error")
    fine = words.index("") if "" in words else -1
    answered: _BoolArray = (said == fine) & (samples.values("status") != 0)
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
    yield from _unknown(samples)
    yield from _misnamed(samples, "scenario", scenarios)
    yield from _misnamed(samples, "variant", variants)
    yield from _out_of_range(samples, len(variants) if paired else 2 * len(variants))
    if paired:
        yield from _out_of_order(samples)


def _unknown(samples: Samples) -> Iterator[str]:
    for name in _KNOWN_IN_EVERY_SAMPLE:
        if lacking := samples.lacking(name):
            yield (
                f"column {name!r} lacks {lacking:,} of {samples.num_rows:,} values; "
                "every sample needs one"
            )
        if name in _SINCE_THE_RUN_BEGAN:
            yield from _no_times(samples, name, ~(np.abs(samples.values(name)) <= TIMES_S[1]))
    # What came back in no time, or never did, is no right answer.
    odd = are_answers(samples) & ~are_times(samples.values("latency_s"))
    yield from _no_times(samples, "latency_s", odd)


def _no_times(samples: Samples, name: str, odd: _BoolArray) -> Iterator[str]:
    if odd.any():
        row = int(odd.argmax())
        yield (
            f"column {name!r}, row {row}: holds {samples[name][row].as_py()}, a number of seconds "
            "was expected"
        )


def _misnamed(samples: Samples, column: str, names: Collection[str]) -> Iterator[str]:
    codes, found = samples.labels(column)
    for code in np.flatnonzero(np.bincount(codes)):
        if found[code] not in names:
            yield (
                f"holds {column} {found[code]!r}, which run.json does not name; it names "
                f"{', '.join(names)}"
            )


def _out_of_range(samples: Samples, positions: int) -> Iterator[str]:
    if not samples.num_rows:
        return
    for name, most in (("block", None), ("round", None), ("position", positions - 1)):
        found = samples.values(name)
        if found.min() < 0:
            yield f"column {name!r} holds {found.min()}; they count from 0"
        if most is not None and found.max() > most:
            yield f"column {name!r} holds {found.max()}; this run's end at {most}"


def _out_of_order(samples: Samples) -> Iterator[str]:
    """One request in flight, so each is sent after the one before was answered."""
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
        """Where, if anywhere: the later one of the two samples."""
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
