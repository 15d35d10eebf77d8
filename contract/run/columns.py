"""Columns of a run's samples: their Arrow schema, and observations turned into batches of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from contract.metrics import counter_column, stage_column
from contract.run.observation import Observation
from contract.run.record import SCHEMA_VERSION

_FIXED_COLUMNS: Mapping[str, Any] = {
    "block": pa.int32(),
    "round": pa.int32(),
    "position": pa.int8(),
    "warmup": pa.bool_(),
    "intended_s": pa.float64(),
    "start_s": pa.float64(),
    "latency_s": pa.float64(),
    "ttfb_s": pa.float64(),
    "status": pa.int16(),
    "error": pa.string(),
    "wire_bytes": pa.int64(),
    "body_bytes": pa.int64(),
    "body_hash": pa.uint64(),
    "connections_opened": pa.int16(),
    "connections_replaced": pa.int16(),
    "stall_s": pa.float64(),
    "note": pa.string(),
    "cpu_outside_s": pa.float64(),
    "cpu_idle_s": pa.float64(),
    "first_event_s": pa.float64(),
    "events_per_s": pa.float64(),
    "last_byte_s": pa.float64(),
}
TIMES = (
    *("intended_s", "start_s", "latency_s", "ttfb_s", "stall_s"),
    *("cpu_outside_s", "cpu_idle_s"),
    *("first_event_s", "last_byte_s"),
)
ADDED_IN: Mapping[str, int] = {
    "ttfb_s": 4,
    "connections_opened": 5,
    "connections_replaced": 5,
    "stall_s": 5,
    "note": 5,
    "cpu_outside_s": 7,
    "cpu_idle_s": 7,
    "first_event_s": 8,
    "events_per_s": 8,
    "last_byte_s": 8,
}
"""Columns that runs of an earlier schema version lack."""

TIME_RESOLUTION_S = 2.0**-23
"""Times are kept to 0.12 microseconds, far below what a scheduler lets anybody tell: the bits below
are chance, and chance fills a disk, because it cannot be compressed."""

VERSION_KEY = "versus_schema_version"
_LABEL_INDEX = pa.int16()
_LABELS = pa.dictionary(_LABEL_INDEX, pa.string())


def samples_schema(stages: Sequence[str], counters: Sequence[str]) -> Any:
    """The Arrow schema of a run's samples."""
    return pa.schema(
        [
            ("scenario", _LABELS),
            ("variant", _LABELS),
            *_FIXED_COLUMNS.items(),
            *((stage_column(stage), pa.float64()) for stage in stages),
            *((counter_column(counter), pa.float64()) for counter in counters),
        ],
        metadata={VERSION_KEY: str(SCHEMA_VERSION)},
    )


class SampleEncoder:
    """Turns observations of a run into Arrow batches."""

    def __init__(
        self,
        scenarios: Sequence[str],
        variants: Sequence[str],
        stages: Sequence[str],
        counters: Sequence[str],
    ) -> None:
        self._scenarios = pa.array(scenarios, pa.string())
        self._variants = pa.array(variants, pa.string())
        self.schema = samples_schema(stages, counters)

    def batch(self, rows: Sequence[Observation]) -> Any:
        """One Arrow batch of at least one row."""
        columns = [
            pa.DictionaryArray.from_arrays(
                pa.array([row.scenario for row in rows], _LABEL_INDEX), self._scenarios
            ),
            pa.DictionaryArray.from_arrays(
                pa.array([row.variant for row in rows], _LABEL_INDEX), self._variants
            ),
            *(_column([getattr(row, name) for row in rows], name) for name in _FIXED_COLUMNS),
            *_transposed(row.stages for row in rows),
            *_transposed(row.counters for row in rows),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def _column(values: Sequence[Any], name: str) -> Any:
    if name in TIMES:
        kept = np.round(np.array(values) / TIME_RESOLUTION_S) * TIME_RESOLUTION_S
        return pa.array(kept, _FIXED_COLUMNS[name])
    return pa.array(values, _FIXED_COLUMNS[name])


def _transposed(rows: Iterator[tuple[float, ...]]) -> list[Any]:
    return [pa.array(column, pa.float64()) for column in zip(*rows, strict=True)]
