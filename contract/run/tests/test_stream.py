"""Samples on their way to disk: nothing written is lost."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.run.columns import TIME_RESOLUTION_S
from contract.run.reading import read_run
from contract.run.record import write_run
from contract.run.stream import SAMPLES_NAME, STREAM_NAME, SampleStream, close_samples
from contract.run.tests.folders import BATCH, RECORD, fill, folder_with, row


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
def whole_stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_with(tmp_path_factory.mktemp("whole"), 5) / STREAM_NAME


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kept=st.floats(0, 1))
def test_a_stream_cut_anywhere_keeps_its_complete_batches(
    tmp_path: Path, whole_stream: Path, kept: float
) -> None:
    """However short a crash leaves the stream, whole batches and nothing else come back."""
    write_run(tmp_path, RECORD)
    (tmp_path / SAMPLES_NAME).unlink(missing_ok=True)
    content = whole_stream.read_bytes()
    length = int(kept * len(content))
    (tmp_path / STREAM_NAME).write_bytes(content[:length])
    rows = read_run(tmp_path).samples.num_rows

    assert 0 == rows % BATCH
    assert rows >= BATCH * (5 * length // len(content) - 1)
    assert rows == close_samples(tmp_path, RECORD).num_rows


def test_cpu_times_of_what_is_not_written_can_be_forgotten(tmp_path: Path) -> None:
    """What was flushed before keeps its own; all else of a sample stays."""
    write_run(tmp_path, RECORD)
    with SampleStream(tmp_path, RECORD) as stream:
        for number in range(4):
            stream.append(replace(row(number), cpu_outside_s=0.25, cpu_idle_s=0.5))
            if number == 1:
                stream.flush()
        stream.forget_cpu_times()
    close_samples(tmp_path, RECORD)
    samples = read_run(tmp_path).samples

    assert [0.25, 0.25] == samples.values("cpu_outside_s")[:2].tolist()
    assert np.isnan(samples.values("cpu_outside_s")[2:]).all()
    assert np.isnan(samples.values("cpu_idle_s")[2:]).all()
    assert 0 == np.isnan(samples.values("latency_s")).sum()
