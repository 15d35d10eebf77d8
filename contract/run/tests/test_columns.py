"""Columns of samples: labels and missing values."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from contract.run.reading import read_run
from contract.run.record import ScenarioRecord, write_run
from contract.run.stream import SampleStream, close_samples
from contract.run.tests.folders import RECORD, folder_with, row


def test_more_names_than_a_byte_can_count(tmp_path: Path) -> None:
    """The 200th scenario keeps its own name."""
    scenarios = tuple(
        ScenarioRecord(name=f"s{number}", request="GET /", rounds_max=9, budget_s=1.0)
        for number in range(200)
    )
    record = RECORD.model_copy(update={"scenarios": scenarios})
    write_run(tmp_path, record)
    with SampleStream(tmp_path, record) as stream:
        stream.append(replace(row(0), scenario=199))
    close_samples(tmp_path, record)

    assert ["s199"] == read_run(tmp_path).samples["scenario"].to_pylist()


@pytest.mark.parametrize("closed", [False, True])
def test_labels_counted_in_bytes_are_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, closed: bool
) -> None:
    """Runs written when a label's index was one byte keep their samples."""
    with monkeypatch.context() as before:
        before.setattr("contract.run.columns._LABEL_INDEX", pa.int8())
        before.setattr("contract.run.columns._LABELS", pa.dictionary(pa.int8(), pa.string()))
        folder_with(tmp_path, 1)
    if closed:
        close_samples(tmp_path, RECORD)
    samples = read_run(tmp_path).samples

    assert pa.int8() == samples.schema.field("variant").type.index_type
    assert ["baseline", "optimized"] == samples["variant"].to_pylist()[:2]


def test_unknown_bytes_stay_unknown(tmp_path: Path) -> None:
    """A size that nobody told is neither nought nor an error."""
    write_run(tmp_path, RECORD)
    with SampleStream(tmp_path, RECORD) as stream:
        stream.append(replace(row(0), wire_bytes=None))
        stream.append(row(1))
    close_samples(tmp_path, RECORD)

    assert [None, 10] == read_run(tmp_path).samples["wire_bytes"].to_pylist()
