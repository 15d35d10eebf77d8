"""A recorded run of unchanged code, taken apart so that gates can be replayed on parts of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from contract.metrics import METRICS, find, stage_column
from contract.run.reading import Run
from contract.run.record import RunRecord
from loadtests.errors import MeasureError
from reports.statistics.values import BoolArray, FloatArray, IntArray

ROUNDS_MAX = 20_000
"""The most rounds of a run that are used: more would only make replays slow."""


@dataclass(frozen=True)
class Trace:
    """One scenario of a recorded run of unchanged code.

    Attributes:
        record: of the run, with this scenario alone, which is no canary here.
        samples: Arrow table of its samples, in the order of sending, in one chunk each.
        block_s: (n_blocks,) duration of each block.
        elapsed_s: from the first block to the last one of any scenario, with what lies between.
        first_row: (n_blocks + 1,) the first row of each block, then the number of rows.
        measured: (n_blocks,) rounds of each block that a gate counts.
        round_ends: (n_measured,) the row after each counted round, ascending.
        times, waits: columns of times, and those among them that include waiting.
    """

    record: RunRecord
    samples: Any
    block_s: FloatArray
    elapsed_s: float
    first_row: IntArray
    measured: IntArray
    round_ends: IntArray
    times: tuple[str, ...]
    waits: tuple[str, ...]

    @property
    def scenario(self) -> str:
        """The name of the scenario."""
        return self.record.scenarios[0].name

    def has(self, metric: str) -> bool:
        """Whether it has the column of a metric."""
        return find(metric).source in self.samples.schema.names

    @property
    def recorded(self) -> dict[str, FloatArray]:
        """Its times by column, as `calibration.truths.true_ratios` takes them."""
        kept = right_samples(self.samples)
        return {name: self.samples[name].to_numpy()[kept] for name in self.times}

    @property
    def recorded_s(self) -> float:
        """The duration of all blocks."""
        return float(self.block_s.sum())


def trace_of(run: Run, scenario: str = "") -> Trace:
    """One scenario of a run as a trace.

    Args:
        run: of unchanged code.
        scenario: its name; empty for the only one.

    Raises:
        MeasureError: the run is not complete, or was measured under load.
    """
    record = run.record
    if record.state != "complete" or record.load or run.host is None:
        reason = "; ".join(record.reasons) or (
            "it was measured under load" if record.load else "host.parquet is missing"
        )
        raise MeasureError(f"{run.folder}: cannot be replayed: {reason}. Record it again.")
    (chosen,) = [one for one in record.scenarios if scenario in {"", one.name}]
    codes, names = run.samples.labels("scenario")
    of_scenario = np.flatnonzero(codes == names.index(chosen.name))
    # One column after the other, because a long run does not fit into memory.
    rows = pa.array(of_scenario[: 2 * ROUNDS_MAX * len(record.variants)])
    columns = [run.samples[name].take(rows) for name in run.samples.schema.names]
    table = pa.table(columns, schema=run.samples.schema).combine_chunks()
    host = run.host.filter(pa.array(np.asarray(run.host["scenario"]) == chosen.name))
    host = host.sort_by("block")
    block = table["block"].to_numpy()
    assert np.all(np.diff(block) >= 0), "samples lie in the order of sending"
    right = np.flatnonzero(right_samples(table))
    _, first, counts = np.unique(
        table["round"].to_numpy()[right], return_index=True, return_counts=True
    )
    complete = counts == len(record.variants)
    round_ends = (right[(first + counts - 1)[complete]] + 1)[:ROUNDS_MAX]
    # The last block that is used whole.
    n_blocks = host.num_rows
    if len(round_ends) == ROUNDS_MAX or len(rows) < len(of_scenario):
        last = round_ends[-1] - 1 if len(round_ends) == ROUNDS_MAX else len(rows) - 1
        n_blocks = max(1, int(block[last]))
    first_row = np.searchsorted(block, np.arange(n_blocks + 1)).astype(np.int64)
    at = np.searchsorted(round_ends, first_row, side="right")
    sources = {one.source for one in METRICS if one.kind == "request" and one.is_time}
    sources |= {stage_column(one) for one in record.stages}
    times = tuple(sorted(sources & set(table.schema.names)))
    return Trace(
        record=_alone(record, chosen.name),
        samples=table.slice(0, int(first_row[-1])),
        block_s=(host["end_s"].to_numpy() - host["start_s"].to_numpy())[:n_blocks],
        elapsed_s=float(max(run.host["end_s"].to_numpy()) - min(run.host["start_s"].to_numpy())),
        first_row=first_row,
        measured=np.diff(at).astype(np.int64),
        round_ends=round_ends[: at[-1]],
        times=times,
        waits=tuple(one for one in times if not one.startswith("cpu")),
    )


def right_samples(samples: Any) -> BoolArray:
    """Which samples are right answers after the warm-up, (n_samples,)."""
    right: BoolArray = ~np.asarray(samples["warmup"]) & (np.asarray(samples["error"]) == "")
    return right


_JUDGING = ("claims", "interactions", "accepted", "pages")
"""Parts of a configuration that are about more than one scenario's budgets."""


def _alone(record: RunRecord, scenario: str) -> RunRecord:
    """The record of a run of this scenario alone, which is judged as any other one."""
    (chosen,) = [one for one in record.scenarios if one.name == scenario]
    config = {key: value for key, value in record.config.items() if key not in _JUDGING}
    changes: dict[str, Any] = {
        "scenarios": (chosen.model_copy(update={"canary": False}),),
        "config": config,
    }
    return record.model_copy(update=changes)
