"""Replays gates on a recorded trace of unchanged code: hundreds in the time of one live run.

Each replay begins at a random block of the trace and goes on through the blocks that follow, after
the last one with the first. It draws anew which variant is which: in each round, or in a run that
started its servers anew, in each pair of starts. Then it plants a slowdown into the changed
variant. The code is unchanged, so all assignments are equally likely and give a valid run. Drift,
bursts and carry-over of the machine stay as recorded.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from calibration.deciding import Judged, is_decided, judge_samples
from calibration.slowdown import Slowdown
from calibration.trace import Trace, right_samples
from contract.config.judging import Budget, Settings
from contract.looks import next_look
from contract.metrics import MARGINS, find
from contract.run.record import RunRecord
from loadtests.errors import MeasureError
from reports.statistics.stats import signed_rank_p
from reports.statistics.values import FloatArray, IntArray

_UNDECIDED_P = 0.13
"""The two-sided p-value above which nothing is decided; a one-sided test of 5 %, the least that any
decision needs, has 0.1."""

_Ended = Literal["", "decided", "time", "rounds"]


@dataclass(frozen=True)
class Limits:
    """How long a replayed gate goes on.

    Attributes:
        horizon_s: the longest measuring time.
        rounds_max: the most rounds.
        looks: whether a look may end it earlier.
    """

    horizon_s: float
    rounds_max: int = 10**9
    looks: bool = True


@dataclass(frozen=True)
class Question:
    """What replayed gates decide.

    Attributes:
        variant: the variant that is changed.
        budgets: of the gate.
        margins: of the run, by metric.
        every: whether the end compares every metric, and not only those of the budgets.
    """

    variant: str
    budgets: tuple[Budget, ...]
    margins: Mapping[str, float] = field(default_factory=lambda: MARGINS)
    every: bool = False


@dataclass(frozen=True)
class Replayed:
    """One replayed gate.

    Attributes:
        measured_s: the recorded duration of its blocks.
        rounds: how many it counted; with restarts, pairs of starts.
        recorded: what it measured before anything was planted, as `true_ratios` takes it.
    """

    judged: Judged
    measured_s: float
    rounds: int
    recorded: Mapping[str, FloatArray]


@dataclass(frozen=True)
class _Stretch:
    """The blocks that one gate may measure, as one run.

    Attributes:
        recorded: the times of the samples before anything was planted, by column.
        spent_s, measured, ends: (n_blocks,) time, counted rounds and rows up to the end of each.
    """

    samples: Any
    recorded: Mapping[str, FloatArray]
    spent_s: FloatArray
    measured: IntArray
    ends: IntArray


def replay(
    trace: Trace, question: Question, slowdown: Slowdown, limits: Limits, rng: np.random.Generator
) -> Replayed:
    """Run one gate on a random stretch of a trace.

    Args:
        trace: of unchanged code.
        question: what is judged.
        slowdown: what is planted.
        limits: how long it goes on at most.
        rng: chooses the stretch, assigns the variants and the requests that wait.
    """
    gate = _Gate(trace, question, limits, _stretch(trace, question.variant, slowdown, limits, rng))
    return gate.run()


class _Gate:
    """One gate on its stretch."""

    def __init__(self, trace: Trace, question: Question, limits: Limits, stretch: _Stretch) -> None:
        self._trace, self._question, self._limits = trace, question, limits
        self._stretch = stretch
        self._logs = _distances(trace, question, stretch.samples)
        self._settings = Settings(margins=dict(question.margins), budgets=question.budgets)

    def run(self) -> Replayed:
        """Look as a live run does, and judge where it ends."""
        stretch = self._stretch
        last = len(stretch.ends) - 1
        ended: _Ended = "time"
        if stretch.measured[last] >= self._limits.rounds_max or self._trace.record.restarts:
            ended = "rounds"
        for at in self._looks():
            if at < last and self._is_decided(at):
                last, ended = at, "decided"
                break
        judged = judge_samples(
            self._record(last, ended),
            self._until(last),
            self._settings,
            every=self._question.every,
        )
        rounds = last + 1 if self._trace.record.restarts else int(stretch.measured[last])
        compared = slice(int(stretch.ends[last]))
        kept = right_samples(stretch.samples)[compared]
        recorded = {name: one[compared][kept] for name, one in stretch.recorded.items()}
        return Replayed(judged, float(stretch.spent_s[last]), rounds, recorded)

    def _is_decided(self, at: int) -> bool:
        if self._near_limit(int(self._stretch.measured[at])):
            return False
        return is_decided(self._record(at, ""), self._until(at), self._settings)

    def _near_limit(self, rounds: int) -> bool:
        """Whether the first budget is certainly undecided, which most looks can do without a gate.

        Neither interval of a signed-rank test excludes a limit that is nearer than this, for a
        look's chance of error is never larger than a whole gate's.
        """
        logs = self._logs[:rounds]
        return len(logs) > 0 and signed_rank_p(logs) > _UNDECIDED_P

    def _until(self, at: int) -> Any:
        return self._stretch.samples.slice(0, int(self._stretch.ends[at]))

    def _looks(self) -> Sequence[int]:
        """The blocks after which the generator would look."""
        if not self._limits.looks:
            return ()
        restarts = self._trace.record.restarts
        if restarts:
            return [pairs - 1 for pairs in restarts.looks if pairs <= len(self._stretch.ends)]
        return look_blocks(self._stretch.measured)

    def _record(self, at: int, ended: _Ended) -> RunRecord:
        """The record of a gate in progress (`ended` empty), or of one that ended."""
        record, limits = self._trace.record, self._limits
        (scenario,) = record.scenarios
        changes: dict[str, Any] = {"rounds": int(self._stretch.measured[at]), "ended": ended}
        restarts = record.restarts
        if restarts is None:
            changes |= {"budget_s": limits.horizon_s, "rounds_max": limits.rounds_max}
        else:
            pair = restarts.starts[0] if restarts.starts else record.variants
            restarts = restarts.model_copy(update={"starts": (pair,) * (at + 1)})
        return record.model_copy(
            update={
                "looks": self._limits.looks,
                "state": "complete" if ended else "partial",
                "reasons": () if ended else ("measuring is in progress",),
                "scenarios": (scenario.model_copy(update=changes),),
                "restarts": restarts,
            }
        )


def _distances(trace: Trace, question: Question, samples: Any) -> FloatArray:
    """The log ratio of each counted round over the first budget's limit, (n_rounds,).

    Empty where its metric is not judged by ranks of rounds.
    """
    first = question.budgets[0]
    metric = find(first.metric)
    if trace.record.restarts or metric.statistic != 0.5 or first.ratio_max is None:
        return np.zeros(0)
    n = samples.num_rows
    rows = np.full((n, len(trace.record.variants)), -1)
    right = right_samples(samples)
    number, code = samples["round"].to_numpy(), samples["variant"].combine_chunks().indices
    rows[number[right], code.to_numpy()[right]] = np.flatnonzero(right)
    rows = rows[(rows >= 0).all(axis=1)]
    values = samples[metric.source].to_numpy()
    sides = (trace.record.baseline, question.variant)
    before, after = (values[rows[:, trace.record.variants.index(one)]] for one in sides)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: FloatArray = np.log(after / before) - math.log(first.ratio_max)
    return logs if np.isfinite(logs).all() else np.zeros(0)


def look_blocks(measured: IntArray) -> Sequence[int]:
    """The blocks after which the generator would look.

    Inputs: (n_blocks,) rounds measured so far at the end of each block.
    """
    blocks, due = [], next_look(0)
    for index, rounds in enumerate(measured.tolist()):
        if rounds >= due:
            blocks.append(index)
            due = next_look(rounds)
    return blocks


def _stretch(
    trace: Trace, variant: str, slowdown: Slowdown, limits: Limits, rng: np.random.Generator
) -> _Stretch:
    """A random stretch, with reassigned variants and a planted slowdown."""
    blocks = _blocks(trace, limits, rng)
    table, block_rows = _concatenated(trace, blocks)
    ends = np.cumsum(block_rows)
    measured = np.cumsum(trace.measured[blocks])
    if measured[-1] > limits.rounds_max and not trace.record.restarts:
        # The last block ends with the last round.
        block = blocks[-1]
        beyond = int(measured[-1]) - limits.rounds_max
        until = np.searchsorted(trace.round_ends, trace.first_row[block + 1], side="right")
        row = int(trace.round_ends[until - 1 - beyond])
        ends[-1] += row - int(trace.first_row[block + 1])
        measured[-1] = limits.rounds_max
        table = table.slice(0, int(ends[-1]))
        block_rows = np.diff(ends, prepend=0)
    spent_s = np.cumsum(trace.block_s[blocks])
    samples = _reassigned(trace, table, np.repeat(np.arange(len(blocks)), block_rows), rng)
    changed = samples.pop("changed") == trace.record.variants.index(variant)
    late = rng.random(len(changed)) < slowdown.late_share
    recorded = {name: table[name].to_numpy() for name in trace.times}
    for name, values in recorded.items():
        planted = values * np.where(changed, slowdown.factor, 1.0)
        if name in trace.waits:
            planted += np.where(changed & late, slowdown.late_s, 0.0)
        samples[name] = pa.array(planted, from_pandas=True)
    for name, column in samples.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return _Stretch(table, recorded, spent_s, measured, ends)


def _blocks(trace: Trace, limits: Limits, rng: np.random.Generator) -> IntArray:
    """The blocks of a gate, (n_blocks,): from a random one on, and again from the first."""
    n = len(trace.block_s)
    start = int(rng.integers(n))
    restarts = trace.record.restarts
    if restarts:
        count = restarts.looks[-1]
        return (start + np.arange(count)) % n
    if not trace.measured.sum() or not trace.recorded_s:
        raise MeasureError("the trace has no rounds. Record a longer one.")
    passes = min(limits.horizon_s / trace.recorded_s, limits.rounds_max / int(trace.measured.sum()))
    around = (start + np.arange(n * (int(passes) + 2))) % n
    by_time = int(np.searchsorted(np.cumsum(trace.block_s[around]), limits.horizon_s)) + 1
    by_rounds = int(np.searchsorted(np.cumsum(trace.measured[around]), limits.rounds_max)) + 1
    return around[: min(by_time, by_rounds)]


def _concatenated(trace: Trace, blocks: IntArray) -> tuple[Any, IntArray]:
    """The samples of these blocks in this order, and how many each has."""
    seams = np.flatnonzero(np.diff(blocks) != 1) + 1
    parts = [
        trace.samples.slice(
            int(trace.first_row[part[0]]),
            int(trace.first_row[part[-1] + 1] - trace.first_row[part[0]]),
        )
        for part in np.split(blocks, seams)
    ]
    table = parts[0] if len(parts) == 1 else pa.concat_tables(parts).combine_chunks()
    return table, np.diff(trace.first_row)[blocks]


def _reassigned(
    trace: Trace, table: Any, block: IntArray, rng: np.random.Generator
) -> dict[str, Any]:
    """New columns of variant, block and round, and the index of each sample's new variant."""
    variants = trace.record.variants
    recorded = table["round"].to_numpy()
    # A round's samples are neighbours, and each block begins with a new one.
    begins = np.diff(recorded, prepend=-1) != 0
    begins[1:] |= np.diff(block) != 0
    number = np.cumsum(begins) - 1
    swapped = block if trace.record.restarts else number
    n, k = int(swapped.max()) + 1, len(variants)
    drawn = rng.permuted(np.tile(np.arange(k, dtype=np.int8), (n, 1)), axis=1)
    stated = table["variant"].combine_chunks()
    codes = np.array([variants.index(one) for one in stated.dictionary.to_pylist()])
    changed = drawn[swapped, codes[stated.indices.to_numpy()]]
    return {
        "changed": changed,
        "variant": pa.DictionaryArray.from_arrays(
            pa.array(changed.astype(np.int16)), pa.array(variants, pa.string())
        ),
        "block": pa.array(block.astype(np.int32)),
        "round": pa.array(number.astype(np.int32)),
    }
