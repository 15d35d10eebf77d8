"""What a closed run's folder holds."""

from dataclasses import replace
from pathlib import Path

import pytest

from contract.run.observation import Observation
from contract.run.reading import read_run
from contract.run.record import RunRecord, write_run
from contract.run.stream import SAMPLES_NAME, STREAM_NAME, SampleStream
from contract.run.tests.folders import RECORD, row
from loadtests.closing import close
from loadtests.machine.noise import HostLog
from loadtests.run_progress import RunProgress


def opened(folder: Path, *observations: Observation, record: RunRecord = RECORD) -> Path:
    """A run's folder as it is before it is closed."""
    write_run(folder, record)
    with SampleStream(folder, record) as stream:
        for observation in observations:
            stream.append(observation)
    return folder


def test_complete_rounds_are_counted(tmp_path: Path) -> None:
    """Neither warm-up nor a round with a wrong or a missing answer."""
    rows = [row(number) for number in range(9)]
    rows[0], rows[1] = (replace(one, warmup=True) for one in rows[:2])
    rows[3] = replace(rows[3], error="status 500")
    close(opened(tmp_path, *rows), RECORD, RunProgress(ended={"one": "rounds"}))
    record = read_run(tmp_path).record

    assert ("complete", "rounds", 2) == (
        record.state,
        record.scenarios[0].ended,
        record.scenarios[0].rounds,
    )
    assert record.finished_at is not None
    assert {SAMPLES_NAME} == set(record.files)


def test_what_did_not_end_was_interrupted(tmp_path: Path) -> None:
    """State and reasons are those of the run."""
    run = RunProgress()
    run.fail("interrupted", exit_code=130)

    assert (1, True) == close(opened(tmp_path, row(0)), RECORD, run)
    record = read_run(tmp_path).record
    assert ("partial", ("interrupted",)) == (record.state, record.reasons)
    assert "interrupted" == record.scenarios[0].ended


def test_the_hosts_counters_are_written(tmp_path: Path) -> None:
    """One row for each block, and their total as noise."""
    host = HostLog({})
    host.begin()
    host.end_block("one", 0, 0.0, 1.0, gc_s=0.0)
    close(opened(tmp_path, row(0)), RECORD, RunProgress(host=host))
    run = read_run(tmp_path)

    assert 1 == run.host.num_rows
    assert host.total() == run.record.noise


@pytest.mark.parametrize(("redact", "left"), [(True, []), (False, ["generator.log"])])
def test_logs_of_a_redacted_run_are_removed(
    tmp_path: Path, *, redact: bool, left: list[str]
) -> None:
    """They hold the host's name."""
    (opened(tmp_path, row(0)) / "generator.log").touch()
    close(tmp_path, RECORD, RunProgress(redact=redact))

    assert left == [log.name for log in tmp_path.glob("*.log")]


def test_a_disk_that_is_full_leaves_the_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The samples stay readable, and the reason says what to do."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    opened(tmp_path, row(0), row(1))
    run = RunProgress()
    with monkeypatch.context() as patched:
        patched.setattr("loadtests.closing.close_samples", full)
        assert (2, False) == close(tmp_path, RECORD, run)

    assert (tmp_path / STREAM_NAME).exists()
    assert "cannot close the run (No space left on device)" in run.reasons[0]
