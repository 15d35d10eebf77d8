"""Which service a folder has."""

from pathlib import Path

import pytest

from loadtests.discovery.project import guess_service
from loadtests.discovery.tests.projects import ALL, DOCKER, EXPRESS, FASTAPI, FLASK, folder

TITLES = {
    "fastapi": "FastAPI",
    "flask": "Flask",
    "django": "Django",
    "express": "Express",
    "go": "Go",
    "rust": "Rust",
    "docker": "a Dockerfile",
    "procfile": "a Procfile",
    "empty": None,
}


def below(name: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{name}/{path}": text for path, text in files.items()}


@pytest.mark.parametrize("name", ALL)
def test_each_kind_is_recognised(name: str, tmp_path: Path) -> None:
    """An empty folder has none."""
    guess = guess_service(folder(tmp_path, ALL[name]))

    assert TITLES[name] == (guess.title if guess else None)


def test_code_comes_before_a_container(tmp_path: Path) -> None:
    """It starts faster, and without Docker."""
    guess = guess_service(folder(tmp_path, {**DOCKER, **FLASK}))

    assert guess is not None
    assert "Flask" == guess.title


def test_a_service_one_level_below_starts_there(tmp_path: Path) -> None:
    """Its files are named from above, and the other service is mentioned."""
    files = {**below("backend", FASTAPI), **below("frontend", EXPRESS), "README.md": ""}
    guess = guess_service(folder(tmp_path, files))

    assert guess is not None
    assert ("backend", "FastAPI") == (guess.cwd, guess.title)
    assert "backend/app/main.py: app = FastAPI" == guess.source
    assert {"backend/app/items.py", "backend/app/main.py"} == {one.source for one in guess.routes}
    assert any("frontend" in gap for gap in guess.gaps)


def test_a_folder_without_a_manifest_is_part_of_the_project(tmp_path: Path) -> None:
    """Its application is started from the top."""
    guess = guess_service(folder(tmp_path, below("service", {"app.py": FLASK["app.py"]})))

    assert guess is not None
    assert ("", "service.app:create_app") == (guess.cwd, guess.command[2])


def test_packages_below_are_those_of_another_project(tmp_path: Path) -> None:
    """Its application starts there, where they are installed."""
    files = {"api/main.py": "app = FastAPI()\n", "api/requirements.txt": "fastapi\nuvicorn\n"}
    guess = guess_service(folder(tmp_path, files))

    assert guess is not None
    assert ("api", "main:app") == (guess.cwd, guess.command[1])


def test_a_service_below_the_chosen_one_is_mentioned(tmp_path: Path) -> None:
    """A frontend at the top may not be what a person wants to measure."""
    guess = guess_service(folder(tmp_path, {**EXPRESS, **below("backend", FASTAPI)}))

    assert guess is not None
    assert ("", "Express") == (guess.cwd, guess.title)
    assert ["Other services may be in backend; the one in this folder was chosen."] == [*guess.gaps]
