"""How a Python application is started."""

from pathlib import Path

import pytest

from loadtests.discovery.guess import Guess
from loadtests.discovery.python import guess_python
from loadtests.discovery.tests.projects import DJANGO, FASTAPI, FLASK, folder

BIN = ".venv/bin/"
APP = "app = FastAPI()\n"


def guess(root: Path, files: dict[str, str]) -> Guess:
    guessed = guess_python(folder(root, files))
    assert guessed is not None
    return guessed


def test_fastapi_is_started_by_uvicorn(tmp_path: Path) -> None:
    """The module is named as it is imported from the folder."""
    guessed = guess(tmp_path, FASTAPI)

    assert (f"{BIN}uvicorn", "app.main:app", "--host", "127.0.0.1", "--port", "{port}") == (
        guessed.command
    )
    assert "app/main.py: app = FastAPI" == guessed.source
    assert () == (*guessed.start_gaps, *guessed.gaps)


@pytest.mark.parametrize(
    ("packages", "command", "gaps"),
    [
        (
            "flask\ngunicorn",
            (f"{BIN}gunicorn", "--bind", "127.0.0.1:{port}", "app:create_app()"),
            0,
        ),
        (
            "flask\nwaitress",
            (f"{BIN}flask", "--app", "app:create_app", "run", "--port", "{port}"),
            1,
        ),
        ("flask", (f"{BIN}flask", "--app", "app:create_app", "run", "--port", "{port}"), 1),
    ],
)
def test_flask_is_started_by_gunicorn_if_it_is_there(
    packages: str, command: tuple[str, ...], gaps: int, tmp_path: Path
) -> None:
    """Its own server is for development, and the person is warned."""
    guessed = guess(tmp_path, {**FLASK, "requirements.txt": packages})

    assert command == guessed.command
    assert gaps == len(guessed.start_gaps)


def test_an_object_can_be_served_by_waitress(tmp_path: Path) -> None:
    """A factory would need an option."""
    files = {"requirements.txt": "flask\nwaitress", "app.py": "app = Flask(__name__)\n"}

    assert (f"{BIN}waitress-serve", "--listen=127.0.0.1:{port}", "app:app") == (
        guess(tmp_path, files).command
    )


def test_asgi_without_uvicorn(tmp_path: Path) -> None:
    """Hypercorn serves it, too; without either, the person is warned."""
    with_hypercorn = guess(tmp_path / "a", {"main.py": APP, "requirements.txt": "hypercorn"})
    without = guess(tmp_path / "b", {"main.py": APP})

    assert (f"{BIN}hypercorn", "main:app", "--bind", "127.0.0.1:{port}") == with_hypercorn.command
    assert "uvicorn" == without.command[0]
    assert ["uvicorn is not among the packages; add it, or change `command`."] == [
        *without.start_gaps
    ]


def test_a_factory_of_asgi_is_called(tmp_path: Path) -> None:
    """By an option of uvicorn."""
    text = "def create_app():\n    return FastAPI()\n"

    assert ("uvicorn", "main:create_app", "--factory") == (
        guess(tmp_path, {"main.py": text}).command[:3]
    )


@pytest.mark.parametrize(
    ("files", "place", "environment"),
    [
        ({"src/shop/main.py": APP}, "shop.main:app", {"PYTHONPATH": "src"}),
        ({"src/main.py": APP}, "main:app", {"PYTHONPATH": "src"}),
        ({"shop/__init__.py": APP}, "shop:app", {}),
        (
            {"shop/main.py": f"import items\n{APP}", "shop/items.py": ""},
            "main:app",
            {"PYTHONPATH": "shop"},
        ),
    ],
)
def test_a_module_is_imported_as_its_own_imports_say(
    files: dict[str, str], place: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """From src, or from its own folder if it imports its neighbours by their short names."""
    guessed = guess(tmp_path, files)

    assert place == guessed.command[1]
    assert environment == guessed.environment


def test_the_usual_name_is_preferred_and_others_are_named(tmp_path: Path) -> None:
    """A person sees that there was a choice."""
    guessed = guess(tmp_path, {"admin.py": APP, "main.py": APP})

    assert "main:app" == guessed.command[1]
    assert any("admin.py" in gap for gap in guessed.start_gaps)


def test_django_is_started_by_gunicorn_or_its_own_server(tmp_path: Path) -> None:
    """The folder of wsgi.py is that of the settings."""
    own = guess(tmp_path / "a", DJANGO)
    gunicorn = guess(tmp_path / "b", {**DJANGO, "requirements.txt": "django\ngunicorn"})

    assert (f"{BIN}python", "manage.py", "runserver", "--noreload", "127.0.0.1:{port}") == (
        own.command
    )
    assert (f"{BIN}gunicorn", "--bind", "127.0.0.1:{port}", "mysite.wsgi") == gunicorn.command
    assert (1, 0) == (len(own.start_gaps), len(gunicorn.start_gaps))


@pytest.mark.parametrize(
    ("text", "command", "gaps"),
    [
        ("import http.server\nx = '--port'", ("python3", "server.py", "--port", "{port}"), 0),
        ("import http.server\nx = environ['PORT']", ("python3", "server.py"), 0),
        ("import http.server", ("python3", "server.py"), 1),
    ],
)
def test_a_script_gets_its_port(
    text: str, command: tuple[str, ...], gaps: int, tmp_path: Path
) -> None:
    """By its option, or by PORT, which Versus sets."""
    guessed = guess(tmp_path, {"server.py": text})

    assert command == guessed.command
    assert gaps == len(guessed.start_gaps)


@pytest.mark.parametrize("files", [{}, {"main.py": "print()"}, {"manage.py": "print()"}])
def test_other_code_is_no_service(files: dict[str, str], tmp_path: Path) -> None:
    """Nothing is guessed of a library."""
    assert guess_python(folder(tmp_path, files)) is None
