"""A run read back: nothing half-written is read as whole."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.errors import RecordError
from contract.run.files import describe_file
from contract.run.reading import read_run
from contract.run.record import write_run
from contract.run.stream import SAMPLES_NAME, close_samples
from contract.run.tests.folders import BATCH, RECORD, closed_folder, folder_with


def test_a_run_that_was_never_closed_is_partial(tmp_path: Path) -> None:
    """A crash leaves the state `running`; a reader calls it what it is."""
    record = read_run(folder_with(tmp_path, 1)).record

    assert ("partial", ("the run was cut off before it could be closed",)) == (
        record.state,
        record.reasons,
    )


def test_a_run_without_samples_is_readable(tmp_path: Path) -> None:
    """Stopped before the first request is a run with none."""
    write_run(tmp_path, RECORD)

    assert 0 == read_run(tmp_path).samples.num_rows


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    """Bytes that are not Parquet are no samples."""
    write_run(tmp_path, RECORD)
    (tmp_path / SAMPLES_NAME).write_bytes(b"PAR1 not really")

    with pytest.raises(RecordError, match=r"samples\.parquet: damaged"):
        read_run(tmp_path)


def test_missing_columns_are_named(tmp_path: Path) -> None:
    """Samples that do not fit run.json are refused."""
    close_samples(folder_with(tmp_path, 1), RECORD)
    write_run(tmp_path, RECORD.model_copy(update={"stages": ("db", "sign")}))

    with pytest.raises(RecordError, match="stage_sign_s"):
        read_run(tmp_path)


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    """Samples that differ from what the run was closed with are refused, with the remedy."""
    folder = closed_folder(tmp_path)
    assert BATCH == read_run(folder).samples.num_rows
    samples = pq.read_table(folder / SAMPLES_NAME)
    pq.write_table(samples.slice(0, BATCH - 2), folder / SAMPLES_NAME)

    with pytest.raises(RecordError, match=r"samples\.parquet: changed since .* measure again"):
        read_run(folder)


@pytest.mark.parametrize("state", ["complete", "partial", "invalid"])
def test_a_closed_run_without_its_samples_is_refused(tmp_path: Path, state: str) -> None:
    """A missing samples.parquet is a loss, named or not, and never a run without samples."""
    folder = closed_folder(tmp_path, state)
    (folder / SAMPLES_NAME).unlink()
    with pytest.raises(RecordError, match=r"samples\.parquet: missing, though run\.json names it"):
        read_run(folder)

    write_run(folder, RECORD.model_copy(update={"state": state}))
    with pytest.raises(RecordError, match=f"samples.parquet: missing, .* closed as {state}"):
        read_run(folder)


def test_a_named_file_lies_in_the_runs_own_folder(tmp_path: Path) -> None:
    """A record that points elsewhere is refused before anything there is read."""
    outside = {"../x": describe_file(Path(__file__))}
    write_run(tmp_path, RECORD.model_copy(update={"files": outside}))

    with pytest.raises(RecordError, match="one in its own folder was expected"):
        read_run(tmp_path)


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    """Latencies that are text are no latencies."""
    table = close_samples(folder_with(tmp_path, 1), RECORD)
    index = table.schema.get_field_index("latency_s")
    text = table["latency_s"].cast(pa.string())
    pq.write_table(table.set_column(index, "latency_s", text), tmp_path / SAMPLES_NAME)

    with pytest.raises(RecordError, match="column 'latency_s' holds string, double was expected"):
        read_run(tmp_path)


def test_no_folder_says_how_to_make_one(tmp_path: Path) -> None:
    """The message names the command."""
    with pytest.raises(RecordError, match="versus bench"):
        read_run(tmp_path / "none")
    with pytest.raises(RecordError, match=r"run\.json: missing"):
        read_run(tmp_path)


def test_a_run_without_a_younger_column_is_read(tmp_path: Path) -> None:
    """Version 3 had no time to the first byte; a run of version 4 that lacks it is damaged."""
    folder = folder_with(tmp_path, 1)
    close_samples(folder, RECORD)
    path = folder / SAMPLES_NAME
    pq.write_table(pq.read_table(path).drop_columns("ttfb_s"), path)
    write_run(folder, RECORD.model_copy(update={"state": "complete", "schema_version": 3}))

    assert "ttfb_s" not in read_run(folder).samples.schema.names
    write_run(folder, RECORD.model_copy(update={"state": "complete", "schema_version": 4}))
    with pytest.raises(RecordError, match=r"columns \['ttfb_s'\] are missing"):
        read_run(folder)
