"""Bytes of a file as text."""

import gzip
from pathlib import Path

import pytest

from reports.foreign import texts
from reports.foreign.shapes import UnusableError
from reports.foreign.tests.made import written
from reports.foreign.texts import Content, load

TEXT = '{"é": "\U0001f600"}\n' * 3


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_are_recognised(tmp_path: Path, encoding: str, *, packed: bool) -> None:
    """With a mark or without; packed or not."""
    data = TEXT.encode(encoding)

    found = load(written(tmp_path, gzip.compress(data) if packed else data))

    assert TEXT.encode() == found.data


def test_a_character_between_two_chunks_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large files are decoded in pieces."""
    monkeypatch.setattr(texts, "_CHUNK", 3)

    for encoding in ("utf-8", "utf-16"):
        assert TEXT.encode() == load(written(tmp_path, TEXT.encode(encoding))).data


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unpacked: a small file may become a large one."""
    monkeypatch.setattr(texts, "SIZE_MAX", 1000)

    with pytest.raises(UnusableError, match="is larger than"):
        load(written(tmp_path, gzip.compress(b" " * 1001)))
    assert b"x" == load(written(tmp_path, gzip.compress(b" " * 999 + b"x"))).data


def test_large_documents_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON takes much more memory than its text."""
    monkeypatch.setattr(texts, "DOCUMENT_SIZE_MAX", 5)

    assert [1, 2] == Content(b"[1,2]").document
    with pytest.raises(UnusableError, match="its JSON is larger"):
        _ = Content(b"[1,20]").document


def test_a_header_is_read_as_csv_writes_it() -> None:
    """Quoted or not; spaces around a name are no part of it."""
    assert ("a", "b,c", "d") == Content(b'"a", "b,c" ,d\r\n1,2,3').columns or (
        "a",
        "b,c",
        "d",
    ) == Content(b'"a","b,c", d\r\n1,2,3').columns
    assert () == Content(b'{"a": 1}').columns


def test_a_line_of_bytes_that_are_no_text_is_named(tmp_path: Path) -> None:
    """In a large file nobody finds it else."""
    with pytest.raises(UnusableError, match="byte 0xff in line 3"):
        load(written(tmp_path, b"a\nb\nc\xff\n"))
