"""Packages of a Python project, and what installs them."""

from pathlib import Path

import pytest

from loadtests.discovery.python_packages import installed_packages, python_build
from loadtests.discovery.tests.projects import folder

PROJECT = '[project]\nname = "x"\ndependencies = ["fastapi[standard]>=0.1", "My_Package"]\n'
POETRY = '[tool.poetry.dependencies]\npython = "^3.11"\nFlask = "*"\n'
PIP = "python3 -m venv .venv && .venv/bin/pip install -q"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements.txt": "# no\n-r x\nFlask==3.*\n  gunicorn ; x\n"}, {"flask", "gunicorn"}),
        ({"pyproject.toml": PROJECT}, {"fastapi", "uvicorn", "my-package"}),
        ({"pyproject.toml": POETRY}, {"python", "flask"}),
        ({"uv.lock": '[[package]]\nname = "uvicorn"\n'}, {"uvicorn"}),
        ({"setup.py": 'setup(install_requires=["flask>=3"])'}, {"flask"}),
        ({"pyproject.toml": "[project]\ndependencies = 3\n", "uv.lock": "package = 3"}, set()),
    ],
)
def test_names_of_packages(files: dict[str, str], expected: set[str], tmp_path: Path) -> None:
    """From each file that states them; an extra of FastAPI brings uvicorn."""
    assert expected == installed_packages(folder(tmp_path, files))


@pytest.mark.parametrize(
    ("files", "language", "command"),
    [
        (("uv.lock", "requirements.txt"), "uv", ("uv", "sync", "--frozen")),
        (("requirements.txt",), "python", ("sh", "-c", f"{PIP} -r requirements.txt")),
        (("requirements-prod.txt", "requirements-dev.txt"), "python", None),
        (("setup.py",), "python", ("sh", "-c", f"{PIP} .")),
        ((), "python", ()),
        (("requirements-dev.txt",), "python", ()),
    ],
)
def test_what_installs_them(
    files: tuple[str, ...], language: str, command: tuple[str, ...] | None, tmp_path: Path
) -> None:
    """A lock comes before a list; lists for development are left out."""
    found, build, gaps = python_build(folder(tmp_path, dict.fromkeys(files, "")))
    expected = ("sh", "-c", f"{PIP} -r requirements-prod.txt") if command is None else command

    assert (language, expected) == (found, build.command)
    assert [] == gaps
    assert (".venv/bin" if expected else "") == build.programs


def test_poetry_installs_into_the_project(tmp_path: Path) -> None:
    """Elsewhere both revisions would share one environment."""
    language, build, _ = python_build(folder(tmp_path, {"poetry.lock": ""}))

    assert "poetry" == language
    assert "POETRY_VIRTUALENVS_IN_PROJECT=1" in build.command[-1]


def test_a_project_without_a_build_system_may_not_install(tmp_path: Path) -> None:
    """A person must look at it."""
    _, build, gaps = python_build(folder(tmp_path, {"pyproject.toml": PROJECT}))

    assert ("sh", "-c", f"{PIP} .") == build.command
    assert 1 == len(gaps)
    assert "[build-system]" in gaps[0]


def test_settings_of_tools_are_no_project(tmp_path: Path) -> None:
    """A pyproject.toml may hold nothing that can be installed."""
    _, build, _ = python_build(folder(tmp_path, {"pyproject.toml": "[tool.ruff]\n"}))

    assert () == build.command
