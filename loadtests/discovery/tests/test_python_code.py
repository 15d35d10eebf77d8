"""Applications in Python code, which is parsed and never imported."""

from pathlib import Path

import pytest

from loadtests.discovery.python_code import find_applications, parse_modules
from loadtests.discovery.tests.projects import FASTAPI, FLASK, folder


def applications(root: Path, files: dict[str, str]) -> list[tuple[str, str, bool]]:
    """Framework, name and whether it is a factory."""
    found = find_applications(parse_modules(folder(root, files)))
    return [(one.framework, one.name, one.factory) for one in found]


def test_an_object_and_a_factory_are_applications(tmp_path: Path) -> None:
    """A factory makes one of the same framework."""
    assert [("FastAPI", "app", False)] == applications(tmp_path / "a", FASTAPI)
    assert [("Flask", "create_app", True)] == applications(tmp_path / "b", FLASK)


def test_what_a_factory_returned_is_an_application(tmp_path: Path) -> None:
    """It comes before the factory, because it needs no option."""
    files = {**FLASK, "wsgi.py": "from app import create_app\n\napplication = create_app()\n"}

    assert ("Flask", "application", False) == applications(tmp_path, files)[0]


def test_a_factory_that_needs_arguments_is_none(tmp_path: Path) -> None:
    """A server could not call it."""
    files = {"app.py": "def create_app(settings):\n    return Flask(__name__)\n"}

    assert [] == applications(tmp_path, files)


@pytest.mark.parametrize(
    "text",
    ["def (", "\0", "(" * 5_000, "x = " + "-" * 50_000 + "1", "x = '\\d'", "x = " + "9" * 9_999],
    ids=["broken", "nul", "nested", "recursive", "escape", "digits"],
)
def test_code_that_cannot_be_parsed_is_left_out(text: str, tmp_path: Path) -> None:
    """Any file may be broken, and is then as good as missing."""
    files = {"a.py": text, "main.py": "app = FastAPI()\n"}

    assert [("FastAPI", "app", False)] == applications(tmp_path, files)


def test_code_is_never_run(tmp_path: Path) -> None:
    """What a module would do when imported does not happen."""
    mark = tmp_path / "ran"
    applications(tmp_path, {"main.py": f"open({str(mark)!r}, 'w')\napp = FastAPI()\n"})

    assert not mark.exists()


def test_a_module_is_named_from_src(tmp_path: Path) -> None:
    """A package's own file bears the package's name."""
    names = ("main.py", "src/shop/api.py", "shop/__init__.py")
    modules = parse_modules(folder(tmp_path, dict.fromkeys(names, "")))

    assert [["main"], ["shop"], ["shop", "api"]] == [module.parts for module in modules]
