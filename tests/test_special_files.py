"""Pipes, devices and links among a run's files end every command at once, with one line."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.surfaces.job import copy_run
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from versus import main

KINDS: dict[str, Callable[[Path, Path], None]] = {
    "pipe": lambda path, _: os.mkfifo(path),
    "link": lambda path, content: path.symlink_to(content),
    "device": lambda path, _: path.symlink_to("/dev/zero"),
    "folder": lambda path, _: path.mkdir(),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run."""
    variants = {"baseline": Behaviour(0.02), "other": Behaviour(0.03)}
    return make_run(
        tmp_path_factory.mktemp("whole") / "run", Made((Scenario("a", variants, rounds=40),))
    )


def replaced(whole: Path, folder: Path, name: str, kind: str) -> Path:
    """A copy of the run, with something else in a file's place."""
    run = folder / "run"
    shutil.copytree(whole, run)
    content = folder / f"of-{name}"
    (run / name).rename(content)
    KINDS[kind](run / name, content)
    return run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["run.json", "samples.parquet"])
@pytest.mark.parametrize("command", ["report --run {}", "gate --run {}", "compare {} {whole}"])
def test_what_is_no_file_of_the_run_is_refused(
    whole: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    name: str,
    kind: str,
) -> None:
    """Also a link to the right content: a run is what its folder holds."""
    run = replaced(whole, tmp_path, name, kind)
    code = main([word.format(run, whole=whole) for word in command.split()])
    said = capsys.readouterr().err.splitlines()[-1]

    assert 2 == code
    assert str(run / name) in said
    assert f"is a {'link' if kind == 'device' else kind}, not a file" in said


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_history_and_files_of_other_tools_are_read_from_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """A link to a file is one here."""
    for name in ("one.json", "two.json"):
        KINDS[kind](tmp_path / name, tmp_path)
    codes = [
        main(["compare", str(tmp_path / "one.json"), str(tmp_path / "two.json")]),
        main(["history", "--history", str(tmp_path)]),
    ]
    said = capsys.readouterr().err.splitlines()

    assert [2, 2] == codes
    assert 2 == len(said)


def test_a_job_gets_nothing_that_only_points_to_a_file(whole: Path, tmp_path: Path) -> None:
    """Nor a pipe, nor what is hidden: whoever may write to a run's folder must not choose."""
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    (run / "link").symlink_to("/etc/hostname")
    (run / ".hidden").write_text("secret", encoding="utf-8")
    os.mkfifo(run / "pipe")
    copy_run(run, tmp_path / "copy")

    expected = {path.name for path in whole.iterdir()}
    assert expected == {path.name for path in (tmp_path / "copy").iterdir()}
