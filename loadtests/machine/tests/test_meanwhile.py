"""Two measurements at once know of each other, and nothing is left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.children import own_environment
from loadtests.machine.meanwhile import Presence, announced

WAITS = """
import sys
from loadtests.machine.meanwhile import announced
with announced("load", print):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for this test alone."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "versus"


def test_both_are_warned_of_each_other(own_folder: Path) -> None:
    """The one that begins at its beginning, the one that runs at its end."""
    first: list[str] = []
    second: list[str] = []
    with announced("bench", first.append) as early:
        assert [] == first
        with announced("gate", second.append) as late:
            assert ("bench",) == late.others()
            assert ("gate",) == early.others()
        assert 1 == len(second)

    assert ["another measurement ran meanwhile on this machine (gate)"] == [
        line.partition(";")[0] for line in first
    ]
    assert ["another measurement runs on this machine (bench)"] == [
        line.partition(";")[0] for line in second
    ]
    assert [] == list(own_folder.iterdir())


def test_what_a_killed_measurement_left_is_ignored_and_removed(own_folder: Path) -> None:
    """Its lock ended with it."""
    with subprocess.Popen(
        [sys.executable, "-c", WAITS],
        env=own_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        seen = Presence("bench")
        assert ("load",) == seen.others()
        seen.end()
        other.kill()
        other.wait()
        assert 1 == len(list(own_folder.iterdir()))

    alone = Presence("bench")
    assert () == alone.others()
    alone.end()
    assert [] == list(own_folder.iterdir())


@pytest.mark.parametrize("kind", ["link", "open", "file"])
def test_a_folder_that_others_may_enter_is_not_used(
    own_folder: Path, tmp_path: Path, kind: str
) -> None:
    """Whether another measurement runs is then unknown, and said so."""
    if kind == "link":
        (tmp_path / "theirs").mkdir(mode=0o700)
        own_folder.symlink_to(tmp_path / "theirs")
    elif kind == "open":
        own_folder.mkdir()
        own_folder.chmod(0o777)
    else:
        own_folder.write_text("")
    lines: list[str] = []
    with announced("bench", lines.append) as presence:
        assert () == presence.others()

    unknown = "whether another measurement runs on this machine is unknown"
    assert [f"{unknown}: {own_folder} is not a folder of this user alone"] == lines


def test_files_that_are_none_of_ours_do_no_harm(own_folder: Path) -> None:
    """A pipe, a link and odd content are looked at and passed over."""
    own_folder.mkdir(mode=0o700)
    os.mkfifo(own_folder / "1.run")
    (own_folder / "2.run").symlink_to("/dev/zero")
    (own_folder / "3.run").write_bytes(b"\x1b[31m\n" * 9)
    alone = Presence("bench")

    assert () == alone.others()
    alone.end()
