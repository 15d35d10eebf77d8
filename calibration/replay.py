"""Replays gates on a recorded trace of unchanged code: hundreds in the time of one live run.

Each replay takes a random stretch of the trace's blocks, assigns the two variants in each round at
random, and multiplies the latencies of the changed variant by the planted factor. The code is
unchanged, so both assignments of a round are equally likely and give a valid run. Drift, bursts and
carry-over of the machine stay as recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from calibration.deciding import Judged, judge_run, look
from calibration.subject import BASELINE, CHANGED
from contract.looks import next_look
from contract.run.reading import Run
from contract.run.record import RunRecord
from loadtests.errors import MeasureError
from reports.statistics.values import FloatArray, IntArray


@dataclass(frozen=True)
class Trace:
    """A recorded run of unchanged code.

    Attributes:
        samples: Arrow table, in the order of sending.
        block_s: (n_blocks,) duration of each block.
        first_row: (n_blocks + 1,) the first row of each block, then the number of rows.
        measured: (n_blocks,) rounds of each block that a gate counts.
    """

    record: RunRecord
    samples: Any
    block_s: FloatArray
    first_row: IntArray
    measured: IntArray


@dataclass(frozen=True)
class Replayed:
    """One replayed gate.

    Attributes:
        measured_s: the recorded duration of its blocks.
    """

    judged: Judged
    measured_s: float


def trace_of(run: Run) -> Trace:
    """A run as a trace.

    Raises:
        MeasureError: it is not complete, or has other variants.
    """
    if run.record.state != "complete" or run.record.variants != (BASELINE, CHANGED):
        reason = "; ".join(run.record.reasons) or f"its variants are {run.record.variants}"
        raise MeasureError(f"{run.folder}: cannot be replayed: {reason}. Record it again.")
    hosts = run.host.sort_by("block")
    block = run.samples["block"].to_numpy()
    assert np.all(np.diff(block) >= 0), "samples lie in the order of sending"
    n_blocks = hosts.num_rows
    frame = run.samples.select(["block", "round", "warmup", "error"]).to_pandas()
    valid = frame[~frame["warmup"] & (frame["error"] == "")]
    complete = valid.groupby(["block", "round"]).size() == 2
    counted = complete[complete].groupby("block").size()
    return Trace(
        record=run.record,
        samples=run.samples.select(run.samples.schema.names),
        block_s=hosts["end_s"].to_numpy() - hosts["start_s"].to_numpy(),
        first_row=np.searchsorted(block, np.arange(n_blocks + 1)).astype(np.int64),
        measured=counted.reindex(range(n_blocks), fill_value=0).to_numpy(np.int64),
    )


def replay(trace: Trace, effect: float, horizon_s: float, rng: np.random.Generator) -> Replayed:
    """Run one gate on a random stretch of a trace.

    Args:
        trace: of unchanged code.
        effect: how much slower the changed variant is, 0.05 for 5 %.
        horizon_s: the longest measuring time.
        rng: chooses the stretch and assigns the variants.

    Raises:
        MeasureError: the trace is shorter than `horizon_s`.
    """
    starts = np.flatnonzero(np.cumsum(trace.block_s[::-1])[::-1] >= horizon_s)
    if not len(starts):
        raise MeasureError(
            f"a trace of {trace.block_s.sum():.0f} s is too short for gates of {horizon_s:g} s. "
            "Record a longer one."
        )
    start = int(rng.choice(starts))
    spent_s = np.cumsum(trace.block_s[start:])
    stop = start + int(np.searchsorted(spent_s, horizon_s)) + 1
    samples = _reassigned(trace, start, stop, effect, rng)
    ends = trace.first_row[start + 1 : stop + 1] - trace.first_row[start]
    measured = np.cumsum(trace.measured[start:stop])
    last = len(ends) - 1
    ended: Literal["decided", "time"] = "time"
    for at in _looks(measured):
        seen = samples.slice(0, int(ends[at]))
        if at < last and look(_record(trace, horizon_s, int(measured[at]), ""), seen):
            last, ended = at, "decided"
            break
    record = _record(trace, horizon_s, int(measured[last]), ended)
    judged = judge_run(record, samples.slice(0, int(ends[last])))
    return Replayed(judged, float(spent_s[last]))


def _looks(measured: IntArray) -> Sequence[int]:
    """The blocks after which the generator would look.

    Inputs: (n_blocks,) rounds measured so far at the end of each block.
    """
    blocks, due = [], next_look(0)
    for index, rounds in enumerate(measured.tolist()):
        if rounds >= due:
            blocks.append(index)
            due = next_look(rounds)
    return blocks


def _reassigned(
    trace: Trace, start: int, stop: int, effect: float, rng: np.random.Generator
) -> Any:
    """The samples of some blocks as one run, with reassigned variants and a planted effect."""
    first, end = int(trace.first_row[start]), int(trace.first_row[stop])
    table = trace.samples.slice(first, end - first)
    number = table["round"].to_numpy()
    number = number - number[0]
    swapped = rng.integers(0, 2, size=int(number.max()) + 1, dtype=np.int8)
    was_changed = np.asarray(table["variant"].to_pandas() == CHANGED)
    changed = was_changed ^ swapped[number].astype(bool)
    columns = {
        "variant": pa.DictionaryArray.from_arrays(
            pa.array(changed.astype(np.int16)), pa.array([BASELINE, CHANGED], pa.string())
        ),
        "block": pa.array((table["block"].to_numpy() - start).astype(np.int32)),
        "round": pa.array(number.astype(np.int32)),
        "latency_s": pa.array(table["latency_s"].to_numpy() * np.where(changed, 1 + effect, 1.0)),
    }
    for name, column in columns.items():
        table = table.set_column(table.schema.names.index(name), name, column)
    return table


def _record(
    trace: Trace, horizon_s: float, rounds: int, ended: Literal["", "decided", "time"]
) -> RunRecord:
    """The record of a gate in progress (`ended` empty), or of one that ended."""
    (scenario,) = trace.record.scenarios
    changes = {"rounds": rounds, "budget_s": horizon_s, "ended": ended}
    return trace.record.model_copy(
        update={
            "looks": True,
            "state": "complete" if ended else "partial",
            "reasons": () if ended else ("measuring is in progress",),
            "scenarios": (scenario.model_copy(update=changes),),
        }
    )
