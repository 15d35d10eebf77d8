"""Where a history is kept: which place a text names, and a folder."""

from pathlib import Path

import pytest

from contract.errors import ReportError
from reports.history.bucket import Prefix
from reports.history.entry import ENTRY_NAME, entry_json
from reports.history.places import Folder, parse_place
from reports.history.tests.entries import entry


def prefix_of(text: str) -> Prefix:
    """The prefix that an address names."""
    place = parse_place(text)
    assert isinstance(place, Prefix)
    return place


def test_a_folder_is_checked_before_measuring(tmp_path: Path) -> None:
    """It is made where it is missing, and stays empty; a file in its place is refused."""
    Folder(tmp_path / "a" / "b").check_writable()
    (tmp_path / "file").touch()

    assert [] == [*(tmp_path / "a" / "b").iterdir()]
    with pytest.raises(ReportError, match="cannot keep the history there"):
        Folder(tmp_path / "file").check_writable()


def test_entries_alone_are_a_history(tmp_path: Path) -> None:
    """Under any name; and beside them runs, each of which has its own."""
    Folder(tmp_path).add("any name", entry_json(entry(1, 0.5)))
    (tmp_path / "run2").mkdir()
    (tmp_path / "run2" / ENTRY_NAME).write_bytes(entry_json(entry(2, 0.5)))
    (tmp_path / "latest").symlink_to("run2")

    assert ([entry(1, 0.5), entry(2, 0.5)], []) == Folder(tmp_path).read()


def test_runs_without_an_entry_are_counted(tmp_path: Path) -> None:
    """A link to one is no other run."""
    (tmp_path / "run1").mkdir()
    (tmp_path / "run1" / "run.json").touch()
    (tmp_path / "latest").symlink_to("run1")
    told = "1 of the runs here have no entry yet: `versus report --run ...` writes it."

    assert ([], [told]) == Folder(tmp_path).read()


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """It says how to name one."""
    with pytest.raises(ReportError, match="no such folder"):
        Folder(tmp_path / "none").read()


@pytest.mark.parametrize(
    ("told", "bucket", "path"),
    [
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/", "bucket", ""),
        ("s3://bucket/a", "bucket", "a/"),
        ("s3://my.bucket-1/a/b c/ü/", "my.bucket-1", "a/b c/ü/"),
    ],
)
def test_a_place_is_a_bucket_and_a_prefix(told: str, bucket: str, path: str) -> None:
    """A slash at its end makes no difference."""
    assert Prefix(bucket, path) == parse_place(told)


@pytest.mark.parametrize("told", ["runs", "/srv/history", "s3:", "c:\\runs"])
def test_other_places_are_folders(told: str) -> None:
    """Whatever looks like no address."""
    assert Folder(Path(told)) == parse_place(told)


@pytest.mark.parametrize(
    "told",
    ["s3://", "s3:///x", "s3://key:hidden@bucket/x", "S3://bucket/x", "gs://bucket/x", "s3://b/\n"],
)
def test_other_addresses_are_refused(told: str) -> None:
    """Rather than becoming a folder of that name; a password in one is not shown."""
    with pytest.raises(ReportError, match="neither a folder nor s3://BUCKET/PREFIX") as refused:
        parse_place(told)
    assert "hidden" not in str(refused.value)
