"""Files of a folder: written whole, described by their bytes."""

import os
from pathlib import Path

import pytest

from contract.run.files import describe_file, replaced_whole
from contract.run.reading import read_run
from contract.run.record import RUN_NAME, write_run
from contract.run.tests.folders import RECORD


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


def test_what_is_no_file_is_written_to_itself(tmp_path: Path) -> None:
    """A pipe or /dev/stdout must not be replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with replaced_whole(pipe) as target:
        target.write_text("whole", encoding="utf-8")

    assert pipe.is_fifo()
    assert b"whole" == os.read(reader, 100)
    os.close(reader)
