"""Files are written whole or not at all."""

import io
from pathlib import Path

import pytest

from contract.errors import ReportError
from reports.writing import write_page, write_whole


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """No temporary file stays beside it."""
    path = tmp_path / "x"
    path.write_bytes(b"old")
    write_whole(path, b"new")

    assert b"new" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """One line, which says what to do."""
    with pytest.raises(ReportError, match=r"x/y: cannot be written \(No such file or directory\)"):
        write_whole(tmp_path / "x" / "y", b"")


def test_the_path_of_a_page_is_the_last_line(tmp_path: Path) -> None:
    """After an empty one."""
    out = io.StringIO()
    write_page(tmp_path / "page.html", b"x", out)

    assert f"\n{tmp_path / 'page.html'}\n" == out.getvalue()
