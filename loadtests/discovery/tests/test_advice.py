"""What is printed after the files are written."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.discovery.advice import report_start
from loadtests.discovery.guess import Build, Guess, Route, Start
from loadtests.discovery.tests.projects import folder

BUILD = Build(("python3", "-m", "venv"), "requirements.txt", ".venv/bin", ".venv")
GUESS = Guess("python", "Flask", (".venv/bin/flask", "--port", "{port}"), "app.py", BUILD)
START = Start(GUESS, Route("/healthz", "app.py"), (Route("/items", "app.py"),), ("Look at x.",))
GIT = {".git/HEAD": "", ".gitignore": ".venv/\n"}


def report(root: Path, files: dict[str, str], start: Start = START) -> str:
    out = io.StringIO()
    report_start(root, folder(root, files), start, ["versus.toml"], None, out)
    return out.getvalue()


def test_each_guess_has_its_source(tmp_path: Path) -> None:
    """And the next commands follow."""
    text = report(tmp_path, GIT)

    assert "wrote versus.toml\n" in text
    assert "  command  .venv/bin/flask --port {port}  (app.py)\n" in text
    assert "  ready    /healthz  (app.py)\n" in text
    assert "  request  GET /items  (app.py)\n" in text
    assert "  - Look at x.\n" in text
    for command in ("check", "bench", "gate --base main"):
        assert f"  versus {command} " in text


def test_what_the_build_makes_must_be_here_for_bench(tmp_path: Path) -> None:
    """It measures this folder as it is."""
    missing = ".venv is missing here. `versus bench` measures this folder as it is, so run there"
    made = {**GIT, ".venv/bin/flask": ""}

    assert missing in report(tmp_path / "a", GIT)
    assert "is missing" not in report(tmp_path / "b", made)
    assert ".venv/bin/flask is missing" in report(tmp_path / "c", {**GIT, ".venv/x": ""})


@pytest.mark.parametrize(
    ("line", "ignored"),
    [
        (".venv", True),
        ("/.venv/", True),
        ("**/.venv", True),
        (".venv*", True),
        ("venv", False),
        ("# .venv", False),
        ("!.venv", False),
        ("", False),
    ],
)
def test_what_the_build_makes_must_be_ignored(line: str, ignored: bool, tmp_path: Path) -> None:
    """Otherwise the gate stops at an uncommitted folder."""
    text = report(tmp_path, {**GIT, ".gitignore": f"{line}\n"})

    assert ignored == ("Add .venv to .gitignore" not in text)


def test_a_service_one_level_below_has_its_own_gitignore(tmp_path: Path) -> None:
    """And its own environment."""
    start = replace(START, guess=replace(GUESS, cwd="backend"))
    files = {".git/HEAD": "", "backend/.gitignore": ".venv\n"}
    text = report(tmp_path, files, start)

    assert ".gitignore" not in text
    assert ".venv is missing in backend." in text
    assert "  service  Flask in backend/\n" in text


def test_programs_that_are_not_there_are_named(tmp_path: Path) -> None:
    """The server's, and the build's."""
    build = Build(("no-such-installer", "x"), "x")
    guess = replace(GUESS, command=("no-such-program",), build=build)
    text = report(tmp_path, GIT, replace(START, guess=guess))

    assert "The program 'no-such-program' is not on PATH." in text
    assert "The program 'no-such-installer', which `build` runs, is not on PATH." in text


@pytest.mark.parametrize(
    ("files", "base"),
    [
        ({".git/refs/heads/master": "x"}, "master"),
        ({".git/packed-refs": "0a refs/remotes/origin/master\n"}, "master"),
        ({".git/refs/heads/master": "x", ".git/refs/heads/main": "x"}, "main"),
        ({".git/HEAD": ""}, "main"),
    ],
)
def test_the_base_is_the_branch_that_there_is(
    files: dict[str, str], base: str, tmp_path: Path
) -> None:
    """Old repositories have a master."""
    assert f"versus gate --base {base} " in report(tmp_path, files)


def test_a_folder_without_git_has_no_gate(tmp_path: Path) -> None:
    """The person learns it before she has measured."""
    assert "no git repository" in report(tmp_path, {})
