"""Samples on their way to disk: an Arrow stream while measuring, one Parquet file at close.

Every complete batch of the stream survives a crash.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.ipc

from contract.run.columns import TIMES, SampleEncoder, samples_schema
from contract.run.files import COPY_AGAIN, undamaged, write_table
from contract.run.observation import Observation
from contract.run.record import RunRecord

STREAM_NAME = "samples.arrows"
SAMPLES_NAME = "samples.parquet"


class SampleStream:
    """Appends samples to a run's Arrow stream; a batch is on disk once it was written or flushed.

    `append` only keeps the row, so that it can be called between two requests of a round;
    `flush` encodes and writes, so call it in a pause.
    """

    def __init__(self, run_folder: Path, record: RunRecord) -> None:
        self._encoder = SampleEncoder(
            [scenario.name for scenario in record.scenarios],
            record.variants,
            record.stages,
            record.counters,
        )
        self.schema = self._encoder.schema
        self._rows: list[Observation] = []
        # Unbuffered by us: what flush() wrote must not wait in this process.
        self._file = (run_folder / STREAM_NAME).open("wb", buffering=0)
        self._writer = pa.ipc.new_stream(self._file, self.schema)

    def append(self, row: Observation) -> None:
        """Keep one sample until the next flush."""
        self._rows.append(row)

    def forget_cpu_times(self) -> None:
        """Make those of the samples that are kept unknown."""
        self._rows = [
            replace(row, cpu_outside_s=math.nan, cpu_idle_s=math.nan) for row in self._rows
        ]

    def flush(self) -> None:
        """Write the samples kept so far as one batch."""
        rows, self._rows = self._rows, []
        if rows:
            self.write(self._encoder.batch(rows))

    def write(self, batch: Any) -> None:
        """Write an Arrow batch that an encoder of the same run made."""
        self._writer.write_batch(batch)

    def close(self) -> None:
        """Flush and end the stream."""
        self.flush()
        self._writer.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def close_samples(run_folder: Path, record: RunRecord) -> Any:
    """Turn the stream into Parquet, keep every complete batch, and return the Arrow table.

    A stream that a crash cut short ends at its last complete batch. The stream is removed only
    after the Parquet file is safely on disk.
    """
    stream = run_folder / STREAM_NAME
    table = read_stream(stream, samples_schema(record.stages, record.counters))
    write_table(
        run_folder / SAMPLES_NAME,
        table,
        compression_level=9,
        column_encoding=dict.fromkeys(TIMES, "BYTE_STREAM_SPLIT"),
        use_dictionary=[name for name in table.schema.names if name not in TIMES],
    )
    stream.unlink(missing_ok=True)
    return table


def read_stream(path: Path, schema: Any) -> Any:
    """Every complete batch of a stream, as one Arrow table; `schema` is that of an empty one.

    Raises:
        RecordError: it is no regular file.
    """
    batches = []
    with undamaged(path, COPY_AGAIN):
        pass  # A pipe or a link is no stream that was cut short.
    try:
        with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as reader:
            # What an older Versus wrote is read as it was written.
            schema = reader.schema
            batches.extend(iter(reader))
    except FileNotFoundError:
        pass  # Stopped before the first sample.
    except (pa.ArrowInvalid, OSError):
        pass  # Cut short: what came before is whole.
    return pa.Table.from_batches(batches, schema=schema)
