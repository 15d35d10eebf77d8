"""A project is found from the current folder, and never where Versus lies."""

from pathlib import Path

import pytest

from contract.errors import ConfigError
from contract.project import find_project, make_ignored, require_config


def test_the_nearest_configuration_above_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs lie beside it; a folder of that name is no configuration."""
    (tmp_path / "versus.toml").touch()
    deep = tmp_path / "a" / "b"
    (deep / "versus.toml").mkdir(parents=True)
    monkeypatch.chdir(deep)

    project = find_project()

    assert tmp_path / "versus.toml" == project.config
    assert tmp_path / "runs" / "latest" == project.latest


def test_a_stated_configuration_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative one is of the current folder."""
    (tmp_path / "versus.toml").touch()
    monkeypatch.chdir(tmp_path)

    assert tmp_path / "other" / "runs" == find_project(Path("other/mine.toml")).runs


def test_without_a_configuration_the_current_folder_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands that need one say how to get it."""
    monkeypatch.chdir(tmp_path)
    project = find_project()

    assert tmp_path / "runs" == project.runs
    with pytest.raises(ConfigError, match=r"neither in .* nor in a folder above"):
        require_config(project, None)
    # Reading says that a stated one is missing.
    require_config(find_project(Path("missing.toml")), Path("missing.toml"))


def test_a_folder_of_ours_is_ignored_by_git_and_others_stay_as_they_are(tmp_path: Path) -> None:
    """Only a folder that was made here gets a .gitignore."""
    own, other = tmp_path / "deep" / "runs", tmp_path / "other"
    other.mkdir()

    make_ignored(own)
    make_ignored(other)

    assert "*\n" == (own / ".gitignore").read_text(encoding="utf-8")
    assert [] == list(other.iterdir())
