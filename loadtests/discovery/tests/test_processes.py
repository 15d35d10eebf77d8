"""Procfile and Dockerfile."""

from pathlib import Path

import pytest

from loadtests.discovery.guess import Build, Guess
from loadtests.discovery.processes import guess_docker, with_procfile
from loadtests.discovery.tests.projects import DOCKER, PROCFILE, folder

PYTHON = Guess(
    "python", "Flask", ("flask",), "app.py", Build(("x",), "", ".venv/bin"), start_gaps=("dev",)
)


def command(root: Path, line: str, guess: Guess | None = None) -> tuple[str, ...]:
    guessed = with_procfile(folder(root, {"Procfile": f"worker: x\nweb: {line}\n"}), guess)
    return guessed.command if guessed else ()


def test_the_owner_of_a_procfile_knows_better(tmp_path: Path) -> None:
    """Its line replaces the guessed command, and what was doubtful in that."""
    guessed = with_procfile(folder(tmp_path, PROCFILE), PYTHON)

    assert guessed is not None
    assert (".venv/bin/python3", "app.py", "{port}") == guessed.command
    assert "Procfile: web" == guessed.source
    assert () == guessed.start_gaps


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gunicorn -b :$PORT app:app", ("gunicorn", "-b", ":{port}", "app:app")),
        ("bin/serve ${PORT:-8000}", ("bin/serve", "{port}")),
        ("cd x && serve $PORT", ("sh", "-c", "cd x && serve {port}")),
        ("MODE=fast serve", ("sh", "-c", "MODE=fast serve")),
        ("serve $OTHER", ("sh", "-c", "serve $OTHER")),
    ],
)
def test_a_shell_is_used_only_where_the_line_needs_one(
    line: str, expected: tuple[str, ...], tmp_path: Path
) -> None:
    """A shell would stand between Versus and the server."""
    assert expected == command(tmp_path, line)


def test_a_shell_finds_the_programs_of_the_environment(tmp_path: Path) -> None:
    """As an activated one would."""
    assert ("sh", "-c", 'PATH="$PWD/.venv/bin:$PATH"; A=1 gunicorn x') == (
        command(tmp_path, "A=1 gunicorn x", PYTHON)
    )


@pytest.mark.parametrize(
    "line", ["serve \x1b[31m", "serve " + "x" * 600, "API_TOKEN=abcdef serve", "serve \ufffd"]
)
def test_a_line_that_must_not_be_copied_is_not(line: str, tmp_path: Path) -> None:
    """Neither control characters nor secrets get into the configuration."""
    guessed = with_procfile(folder(tmp_path, {"Procfile": f"web: {line}\n"}), PYTHON)

    assert guessed is not None
    assert ("flask",) == guessed.command
    assert any("was not used" in gap for gap in guessed.gaps)
    assert command(tmp_path / "alone", line) == ()


def test_a_procfile_without_a_web_line_changes_nothing(tmp_path: Path) -> None:
    """Other lines start other programs."""
    assert PYTHON is with_procfile(folder(tmp_path, {"Procfile": "worker: x\n"}), PYTHON)


@pytest.mark.parametrize(
    ("text", "port", "gaps"),
    [
        (DOCKER["Dockerfile"], 80, 2),
        ("FROM x\n", 8080, 3),
        ("FROM x\nEXPOSE $PORT\n", 8080, 3),
        ("FROM x\nEXPOSE 99999\n", 8080, 2),
    ],
)
def test_a_container_gets_its_port(text: str, port: int, gaps: int, tmp_path: Path) -> None:
    """It is built from each working tree, and its port is published on the loopback alone."""
    guessed = guess_docker(folder(tmp_path, {"Dockerfile": text}))

    assert guessed is not None
    assert f"-e PORT={port} -p 127.0.0.1:{{port}}:{port} " in guessed.command[-1]
    assert ("sh", "-c", "docker build -q . >.versus-image") == guessed.build.command
    assert gaps == len(guessed.gaps)


def test_without_a_dockerfile_there_is_no_container(tmp_path: Path) -> None:
    """Nothing is guessed."""
    assert guess_docker(folder(tmp_path, {})) is None
