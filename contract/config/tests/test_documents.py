"""Files that are no configuration: one line each, and never a wait."""

import os
from pathlib import Path

import pytest

from contract.config.documents import SIZE_MAX, read_text
from contract.config.schema import read_config
from contract.errors import ConfigError


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        read_config(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert 1 == len(str(refused.value).splitlines())
    return str(refused.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xff\xfet\x00a\x00", "is UTF-16 or UTF-32. Save it as UTF-8."),
        ("[target]".encode("utf-16-le"), "is UTF-16 or UTF-32. Save it as UTF-8."),
        ("[target]".encode("utf-16-be"), "is UTF-16 or UTF-32. Save it as UTF-8."),
        ("[target]".encode("utf-32"), "is UTF-16 or UTF-32. Save it as UTF-8."),
        (b"\x7fELF\x02\x01\x01\0\0\0\0", "is binary, not text. Name another file."),
        (b"# a\n# caf\xe9\n", "line 2 is not UTF-8 (byte 0xe9). Save it as UTF-8."),
        (b"[target]\nurl = \n", "is not TOML: Invalid value (at line 2, column 7)."),
        (b"a = " + b"9" * 5000, "is not TOML: Exceeds the limit"),
        (b"a = " + b"[" * 99_999, "is not TOML: "),
        (b"", "key 'target' is missing."),
    ],
)
def test_what_is_no_toml_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    """With the line, if it has lines."""
    path = tmp_path / "versus.toml"
    path.write_bytes(content)

    assert expected in refusal(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A folder, a pipe that nobody writes to, a device, and a file that is far too large."""
    folder, pipe, large = tmp_path / "folder", tmp_path / "pipe", tmp_path / "large"
    folder.mkdir()
    os.mkfifo(pipe)
    with large.open("wb") as file:
        file.truncate(200 << 20)

    assert "is a folder, not a file. Name a file." == refusal(folder)
    assert "is a pipe, not a file. Name a file." == refusal(pipe)
    assert "is a device, not a file. Name a file." == refusal(Path("/dev/zero"))
    assert f"is larger than {SIZE_MAX >> 20} MB. Name another file." == refusal(large)
    assert "no such file. Pass --config" in refusal(tmp_path / "none")
    assert "cannot be read (Not a directory)" in refusal(large / "versus.toml")
    assert "cannot be read (File name too long)" in refusal(tmp_path / ("x" * 300))
    assert "cannot be read (embedded null byte)" in refusal(tmp_path / "a\0b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    """The system says why."""
    path = tmp_path / "versus.toml"
    path.touch(mode=0)

    assert "cannot be read (Permission denied)" in refusal(path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    """Some editors write one."""
    path = tmp_path / "versus.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")

    assert "a = 1\n" == read_text(path)
