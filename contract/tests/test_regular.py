"""Only regular files are opened, and nothing is waited for."""

import os
import socket
from pathlib import Path

import pytest

from contract.regular import IrregularError, check_regular, open_regular, read_regular


def make(kind: str, path: Path) -> None:
    """Something of a kind at a path."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "socket"])
def test_what_is_no_file_is_named(tmp_path: Path, kind: str) -> None:
    """Before it is opened by a library, too."""
    make(kind, tmp_path / "x")

    for refuse in (open_regular, check_regular):
        with pytest.raises(IrregularError, match=f"is a {kind}, not a file"):
            refuse(tmp_path / "x")


def test_links_are_followed_only_where_that_is_wanted(tmp_path: Path) -> None:
    """A link to a file is one, unless it stands where only files of its own may be."""
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to(tmp_path / "file")

    with open_regular(tmp_path / "link") as opened:
        assert b"abc" == opened.read()
    with pytest.raises(IrregularError, match="is a link, not a file"):
        open_regular(tmp_path / "link", follow=False)
    with pytest.raises(IrregularError, match="is a link, not a file"):
        check_regular(tmp_path / "link", follow=False)


def test_a_file_is_read_up_to_a_size(tmp_path: Path) -> None:
    """A larger one is not read at all."""
    (tmp_path / "x").write_bytes(bytes(2**20))
    assert bytes(2**20) == read_regular(tmp_path / "x", 2**20)

    (tmp_path / "x").write_bytes(bytes(2**20 + 1))
    with pytest.raises(IrregularError, match="is larger than 1 MiB"):
        read_regular(tmp_path / "x", 2**20)


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    """To open it is an error of the system, to look at it none."""
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "x")

    assert check_regular(tmp_path / "x") is None  # type: ignore[func-returns-value]
