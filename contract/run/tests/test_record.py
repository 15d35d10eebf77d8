"""The record: nothing written is lost, nothing half-written is read as whole."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.errors import RecordError
from contract.run.record import (
    RUN_NAME,
    SAMPLES_NAME,
    SCHEMA_VERSION,
    STREAM_NAME,
    TIME_RESOLUTION_S,
    RunRecord,
    SampleRow,
    SampleStream,
    ScenarioRecord,
    close_samples,
    describe_file,
    read_run,
    write_run,
)

RECORD = RunRecord(
    tool_version="0.0.0",
    id="20260101T000000Z-abc",
    command="make bench SEED=1",
    profile="default",
    seed=1,
    started_at="2026-01-01T00:00:00+00:00",
    config={},
    variants=("baseline", "optimized"),
    baseline="baseline",
    scenarios=(ScenarioRecord(name="one", request="GET /", rounds_max=9, budget_s=1.0),),
    stages=("db",),
    counters=("db_rows",),
)
BATCH = 20


def row(number: int) -> SampleRow:
    return SampleRow(
        scenario=0,
        variant=number % 2,
        block=0,
        round=number // 2,
        position=number % 2,
        warmup=False,
        intended_s=number * 0.01,
        start_s=number * 0.01,
        latency_s=0.001 + number * 1e-6,
        status=200,
        error="",
        wire_bytes=10,
        body_bytes=20,
        body_hash=2**64 - 1,
        stages=(math.nan,),
        counters=(3.0,),
    )


def fill(stream: SampleStream, n_batches: int) -> None:
    for number in range(n_batches * BATCH):
        stream.append(row(number))
        if number % BATCH == BATCH - 1:
            stream.flush()


def folder_with(path: Path, n_batches: int) -> Path:
    write_run(path, RECORD)
    with SampleStream(path, RECORD) as stream:
        fill(stream, n_batches)
    return path


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    """Every column of every sample survives the way through stream and Parquet."""
    close_samples(folder_with(tmp_path, 2), RECORD)
    samples = read_run(tmp_path).samples.to_pandas()

    assert 2 * BATCH == len(samples)
    assert samples["ttfb_s"].isna().all()
    assert not (tmp_path / STREAM_NAME).exists()
    assert ["baseline", "optimized"] == list(samples["variant"][:2])
    assert {"one"} == set(samples["scenario"])
    assert [row(number).latency_s for number in range(2 * BATCH)] == pytest.approx(
        list(samples["latency_s"]), abs=TIME_RESOLUTION_S
    )
    assert {2**64 - 1} == set(samples["body_hash"])
    assert samples["stage_db_s"].isna().all()
    assert {3.0} == set(samples["counter_db_rows"])


def test_a_million_samples_fit_into_18_megabytes(tmp_path: Path) -> None:
    """Times are chance and do not shrink; what repeats does. 50,000 samples take their share."""
    chance = np.random.default_rng(1)
    record = RECORD.model_copy(update={"stages": ("db", "total"), "counters": ("rows", "cpu_s")})
    write_run(tmp_path, record)
    with SampleStream(tmp_path, record) as stream:
        for number in range(50_000):
            latency_s = chance.lognormal(-4, 0.3)
            told = tuple(round(share * latency_s, 4) for share in (0.5, 0.9))
            due_s = number * 0.01 + chance.exponential(0.01)
            stream.append(
                replace(
                    row(number),
                    intended_s=due_s,
                    start_s=due_s + chance.exponential(1e-4),
                    latency_s=latency_s,
                    ttfb_s=latency_s * chance.uniform(0.9, 0.99),
                    stages=told,
                    counters=(50.0, told[0]),
                )
            )
            if number % 1000 == 999:
                stream.flush()
    close_samples(tmp_path, record)

    assert (tmp_path / SAMPLES_NAME).stat().st_size < 18_000_000 / 20


def test_flushed_samples_are_readable_while_the_stream_is_open(tmp_path: Path) -> None:
    """A crash right after a flush loses nothing of it."""
    write_run(tmp_path, RECORD)
    with SampleStream(tmp_path, RECORD) as stream:
        fill(stream, 3)
        stream.append(row(60))

        assert 3 * BATCH == read_run(tmp_path).samples.num_rows


@pytest.fixture(scope="module")
def whole_stream(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = folder_with(tmp_path_factory.mktemp("whole"), 5)
    return (folder / STREAM_NAME).read_bytes()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=st.floats(0, 1))
def test_a_stream_cut_anywhere_keeps_its_complete_batches(
    tmp_path: Path, whole_stream: bytes, kept: float
) -> None:
    """However short a crash leaves the stream, whole batches and nothing else come back."""
    write_run(tmp_path, RECORD)
    (tmp_path / SAMPLES_NAME).unlink(missing_ok=True)
    length = int(kept * len(whole_stream))
    (tmp_path / STREAM_NAME).write_bytes(whole_stream[:length])
    rows = read_run(tmp_path).samples.num_rows

    assert 0 == rows % BATCH
    assert rows >= BATCH * (5 * length // len(whole_stream) - 1)
    assert rows == close_samples(tmp_path, RECORD).num_rows


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


def edited(change: dict[str, Any]) -> str:
    return json.dumps(json.loads(RECORD.model_dump_json()) | change)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (edited({"schema_version": SCHEMA_VERSION + 1}), f"schema version {SCHEMA_VERSION + 1}"),
        (edited({"schema_version": "x"}), "schema version 'x'"),
        (edited({"seed": "many"}), "damaged at seed"),
        (edited({"sede": 1}), "damaged at sede"),
        ("{", "cannot be read as JSON"),
        ("[]", "a JSON object was expected"),
        ("\xff", "cannot be read as JSON"),
    ],
)
def test_damage_is_named_with_its_file(tmp_path: Path, content: str, expected: str) -> None:
    """Neither a newer record nor a broken one is guessed at."""
    (tmp_path / RUN_NAME).write_bytes(content.encode("latin-1"))
    with pytest.raises(RecordError) as caught:
        read_run(tmp_path)

    assert expected in str(caught.value)
    assert str(tmp_path / RUN_NAME) in str(caught.value)


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


def closed_folder(path: Path, state: str = "complete") -> Path:
    close_samples(folder_with(path, 1), RECORD)
    files = {SAMPLES_NAME: describe_file(path / SAMPLES_NAME)}
    write_run(path, RECORD.model_copy(update={"state": state, "files": files}))
    return path


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


def test_a_run_without_a_younger_column_is_read(tmp_path: Path) -> None:
    """Version 3 knew no time to the first byte; a run of version 4 that lacks it is damaged."""
    folder = folder_with(tmp_path, 1)
    close_samples(folder, RECORD)
    path = folder / SAMPLES_NAME
    pq.write_table(pq.read_table(path).drop_columns("ttfb_s"), path)
    write_run(folder, RECORD.model_copy(update={"state": "complete", "schema_version": 3}))

    assert "ttfb_s" not in read_run(folder).samples.schema.names
    write_run(folder, RECORD.model_copy(update={"state": "complete", "schema_version": 4}))
    with pytest.raises(RecordError, match=r"columns \['ttfb_s'\] are missing"):
        read_run(folder)


@pytest.mark.parametrize("closed", [False, True])
def test_labels_counted_in_bytes_are_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, closed: bool
) -> None:
    """Runs written when a label's index was one byte keep their samples."""
    with monkeypatch.context() as before:
        before.setattr("contract.run.record._LABEL_INDEX", pa.int8())
        before.setattr("contract.run.record._LABELS", pa.dictionary(pa.int8(), pa.string()))
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


def test_no_folder_says_how_to_make_one(tmp_path: Path) -> None:
    """The message names the command."""
    with pytest.raises(RecordError, match="make bench"):
        read_run(tmp_path / "none")
    with pytest.raises(RecordError, match=r"run\.json: missing"):
        read_run(tmp_path)


def test_a_failed_write_leaves_the_old_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either the old run.json or the new one is there, and no scrap beside it."""
    write_run(tmp_path, RECORD)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_run(tmp_path, RECORD.model_copy(update={"seed": 2}))

    assert 1 == read_run(tmp_path).record.seed
    assert [RUN_NAME] == [path.name for path in tmp_path.iterdir()]


def test_a_files_checksum_is_that_of_its_bytes(tmp_path: Path) -> None:
    """The digest is the one that sha256sum prints."""
    (tmp_path / "x").write_bytes(b"abc")

    described = describe_file(tmp_path / "x")

    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" == described.sha256
    assert 3 == described.size_bytes


def test_a_run_of_the_first_schema_is_read(tmp_path: Path) -> None:
    """What knew nothing of load was paired."""
    write_run(folder_with(tmp_path, 1), RECORD)
    content = json.loads((tmp_path / RUN_NAME).read_text(encoding="utf-8"))
    del content["design"], content["load"], content["scenarios"][0]["objective_s"]
    content["schema_version"] = 1
    (tmp_path / RUN_NAME).write_text(json.dumps(content), encoding="utf-8")

    record = read_run(tmp_path).record

    assert ("paired", None, None) == (record.design, record.load, record.scenarios[0].objective_s)
