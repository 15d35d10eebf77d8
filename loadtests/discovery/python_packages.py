"""The packages of a Python project, and what installs them."""

import ast
import re
import shlex
from collections.abc import Iterator

from loadtests.discovery.files import Folder
from loadtests.discovery.guess import Build, Language
from loadtests.discovery.python_code import parse_modules

_PROGRAMS = ".venv/bin"
_MADE = ".venv"
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([\w\s,.-]*)\])?")


def installed_packages(folder: Folder) -> set[str]:
    """Names of the packages that a project needs, lower case with `-`, extras' own among them."""
    names: set[str] = set()
    project = folder.read_table("pyproject.toml") if folder.has("pyproject.toml") else {}
    stated = _at(project, "project", "dependencies")
    for requirement in stated if isinstance(stated, list) else []:
        names |= _names(str(requirement))
    poetry = _at(project, "tool", "poetry", "dependencies")
    if isinstance(poetry, dict):
        names |= {_normal(str(name)) for name in poetry}
    for path in _requirement_files(folder):
        for line in (folder.read(path) or "").splitlines():
            names |= _names(line)
    for path in ("uv.lock", "poetry.lock"):
        locked = folder.read_table(path).get("package") if folder.has(path) else None
        for package in locked if isinstance(locked, list) else []:
            if isinstance(package, dict):
                names.add(_normal(str(package.get("name"))))
    for text in _texts_of_setup(folder):
        names |= _names(text)
    return names


def python_build(folder: Folder) -> tuple[Language, Build, list[str]]:
    """What installs a project's packages into `.venv`; empty if it needs none."""
    if folder.has("uv.lock"):
        return "uv", _into_venv("uv.lock", "uv", "sync", "--frozen"), []
    if folder.has("poetry.lock"):
        line = "POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install --only main --no-interaction"
        return "poetry", _into_venv("poetry.lock", "sh", "-c", line), []
    # A list for development or tests is not what the service runs with.
    files = _requirement_files(folder)
    path = "requirements.txt" if "requirements.txt" in files else next(iter(files), "")
    if path:
        return "python", _pip(path, f"-r {shlex.quote(path)}"), []
    project = folder.read_table("pyproject.toml") if folder.has("pyproject.toml") else {}
    if "project" in project or folder.has("setup.py"):
        source = "pyproject.toml" if "project" in project else "setup.py"
        gaps = []
        if source == "pyproject.toml" and "build-system" not in project:
            gaps.append(
                "pyproject.toml has no [build-system]: if `pip install .` fails, write what "
                "installs your packages into `build`."
            )
        return "python", _pip(source, "."), gaps
    return "python", Build(), []


def _into_venv(source: str, *command: str) -> Build:
    return Build(command, source, programs=_PROGRAMS, made=_MADE)


def _pip(source: str, what: str) -> Build:
    line = f"python3 -m venv {_MADE} && {_PROGRAMS}/pip install -q {what}"
    return _into_venv(source, "sh", "-c", line)


def _requirement_files(folder: Folder) -> list[str]:
    names = [name for name in folder.files() if re.fullmatch(r"requirements[\w.-]*\.txt", name)]
    return [name for name in names if not re.search(r"dev|test|doc|lint", name)]


def _names(requirement: str) -> set[str]:
    matched = _REQUIREMENT.match(requirement)
    if matched is None:
        return set()
    name = _normal(matched[1])
    extras = {extra.strip() for extra in (matched[2] or "").split(",")}
    return {name, "uvicorn"} if name == "fastapi" and extras & {"standard", "all"} else {name}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _at(content: object, *keys: str) -> object:
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _texts_of_setup(folder: Folder) -> Iterator[str]:
    """The texts in the lists of setup.py, where requirements stand."""
    if folder.has("setup.py"):
        for module in parse_modules(folder):
            if module.path == "setup.py":
                for node in ast.walk(module.tree):
                    if isinstance(node, ast.List):
                        yield from (
                            entry.value
                            for entry in node.elts
                            if isinstance(entry, ast.Constant) and isinstance(entry.value, str)
                        )
