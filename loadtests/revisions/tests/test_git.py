"""git is run the same way, whatever its surroundings are."""

import os
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from loadtests.revisions.git import error_line, git, without_git_variables
from loadtests.revisions.states import RevisionError, State
from loadtests.tests.repositories import new_repository


def test_another_repository_is_not_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git sets variables in its hooks that name the hook's repository."""
    ours, other = (new_repository(tmp_path / name) for name in ("ours", "other"))
    commit = ours.commit("one")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))

    assert commit == git(ours.folder, "rev-parse", "HEAD").stdout.strip()
    assert "GIT_DIR" not in without_git_variables(os.environ)
    assert {"PATH": "x"} == without_git_variables({"PATH": "x", "GIT_WORK_TREE": "y"})


def test_an_error_is_the_line_that_says_what_is_wrong(tmp_path: Path) -> None:
    """Without git's own prefix; in English, whatever the language is."""
    ended = git(tmp_path, "rev-parse", "--show-toplevel")

    assert ended.returncode != 0
    assert "not a git repository" in error_line(ended)
    assert not error_line(ended).startswith("fatal: ")


def test_advice_after_an_error_is_not_the_error() -> None:
    """As of a folder that git does not trust."""
    said = "warning: x\nfatal: detected dubious ownership\nTo add one, call:\n\n\tgit config\n"

    assert "detected dubious ownership" == error_line(CompletedProcess([], 128, "", said))


def test_an_error_without_words_is_its_exit_code(tmp_path: Path) -> None:
    """Git says nothing where it only answers a question."""
    folder = new_repository(tmp_path / "project").folder

    assert "exit code 1" == error_line(git(folder, "rev-parse", "--verify", "--quiet", "x"))


def test_a_missing_git_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RevisionError, match=r"git is missing: .* Install git") as caught:
        git(tmp_path, "status")

    assert State.GIT_MISSING is caught.value.state
