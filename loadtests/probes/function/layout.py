"""Where a revision's tree holds Python packages: what its project files say, and what lies there.

Nothing of a project is run, and what is read has bounds. A folder becomes an import root only if a
project file names it or its content is a project's own package, because whatever else it holds
would hide the installed packages of the same names.
"""

import configparser
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from loadtests.discovery.files import Folder

_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_ENTRIES_MAX = 200_000
_MEMBERS_MAX = 100
_NO_SOURCES = frozenset({".git", ".hg", ".nox", ".tox", ".versus", "node_modules", "__pycache__"})
_ASIDE = re.compile(
    r"_?vendor(?:ed|s)?|third[-_]?party|extern(?:al|als)?|_?tests?|testing|test[-_]?data|fixtures?|"
    r"examples?|samples?|docs?|site-packages|\.?venv"
)
"""Folders whose packages are copies of others' or are made for a purpose of their own."""
_FOLDER_IN_SETUP = re.compile(
    r"""find_(?:namespace_)?packages\(\s*(?:where\s*=\s*)?["']([^"']+)"""
    r"""|package_dir\s*=\s*\{\s*["']["']\s*:\s*["']([^"']+)"""
)
_NAME_IN_SETUP = re.compile(r"""\bname\s*=\s*["']([\w.-]+)["']""")


@dataclass(frozen=True)
class Layout:
    """What is importable of a tree.

    Attributes:
        tree: its top folder.
        roots: folders that come first on the import path.
        projects: names of its distributions, as `normal` writes them.
        modules: Python files by their last two parts, and those alone in a folder by their name,
            each from the top folder.
        packages: folders with an `__init__.py`, from the top folder.
    """

    tree: Path
    roots: tuple[Path, ...]
    projects: frozenset[str]
    modules: Mapping[str, tuple[str, ...]]
    packages: frozenset[str]


def normal(name: str) -> str:
    """A distribution's name as all spellings of it are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_aside(path: PurePosixPath) -> bool:
    """Whether a folder of a tree holds copies of others' packages, tests or examples."""
    return any(_ASIDE.fullmatch(part.lower()) for part in path.parts)


@cache
def layout_of(tree: Path, suite: Path) -> Layout:
    """The layout of a tree, in which a suite lies. It is read once for all processes of a run.

    Args:
        tree: the top folder of a revision's files.
        suite: a file or folder in it.
    """
    files = list(islice(_python_files(tree), _ENTRIES_MAX))
    modules: dict[str, list[str]] = {}
    for name in files:
        parts = PurePosixPath(name).parts
        for key in {"/".join(parts[-2:]), parts[-1]}:
            modules.setdefault(key, []).append(name)
    # The same file alone in many folders names no package.
    modules.pop("__init__.py", None)
    projects = [name for one in _projects(tree, files) for name in _names(one)]
    return Layout(
        tree=tree,
        roots=tuple(dict.fromkeys(_roots(tree, suite))),
        projects=frozenset(normal(name) for name in projects),
        modules={key: tuple(names) for key, names in modules.items()},
        packages=frozenset(
            str(PurePosixPath(name).parent) for name in files if name.endswith("__init__.py")
        ),
    )


def _python_files(tree: Path) -> Iterator[str]:
    """Sources and project files, from the top folder; links are not followed."""
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(one for one in folders if one not in _NO_SOURCES)
        within = PurePosixPath(os.path.relpath(folder, tree))
        for name in sorted(names):
            if name.endswith((".py", ".pyx")) or name in _PROJECT_FILES:
                yield str(within / name)


def _projects(tree: Path, files: list[str]) -> Iterator[Folder]:
    """The folders of projects whose distributions are the tree's own."""
    found = (PurePosixPath(name) for name in files)
    own = (one.parent for one in found if one.name in _PROJECT_FILES and not is_aside(one.parent))
    for folder in islice(dict.fromkeys(own), _MEMBERS_MAX):
        yield Folder(tree / folder)


def _names(project: Folder) -> Iterator[str]:
    """The distribution's name, wherever it is stated."""
    table = project.read_table("pyproject.toml")
    for path in (("project",), ("tool", "poetry"), ("tool", "flit", "metadata")):
        stated = _at(table, *path)
        for key in ("name", "dist-name", "module"):
            yield from _texts(stated.get(key) if isinstance(stated, dict) else None)
    yield from _texts(_setup_cfg(project, "metadata", "name"))
    yield from _NAME_IN_SETUP.findall(project.read("setup.py") or "")


def _roots(tree: Path, suite: Path) -> Iterator[Path]:
    """Roots of the suite's own project first, then those of the projects above and beside it."""
    # A suite may be named from a folder beside it.
    for parent in Path(os.path.normpath(suite)).relative_to(tree).parents:
        folder = tree / parent
        if folder == tree or any((folder / name).is_file() for name in _PROJECT_FILES):
            yield from _roots_of(folder, tree)
    for folder in islice(_members(tree), _MEMBERS_MAX):
        yield from _roots_of(folder, tree)


def _members(tree: Path) -> Iterator[Path]:
    """Projects of a workspace."""
    stated = _at(Folder(tree).read_table("pyproject.toml"), "tool", "uv", "workspace", "members")
    for pattern in ("packages/*", *_texts(stated)):
        # A pattern that leaves the tree, or is none, names no member.
        if ".." in PurePosixPath(pattern).parts or PurePosixPath(pattern).is_absolute():
            continue
        try:
            found = sorted(islice(tree.glob(pattern), _MEMBERS_MAX))
        except (ValueError, OSError):
            continue
        yield from (one for one in found if (one / "pyproject.toml").is_file())


def _roots_of(folder: Path, tree: Path) -> Iterator[Path]:
    """The import roots of one project."""
    project = Folder(folder)
    names = {normal(name).replace("-", "_") for name in _names(project)}
    likely = [
        place
        for place in ("python", "lib")
        if any((folder / place / name).is_dir() for name in names)
    ]
    for place in (*_stated_roots(project), *likely, "src", ""):
        root = Path(os.path.normpath(folder / place))
        if root.is_dir() and root.resolve().is_relative_to(tree.resolve()):
            yield root


def _stated_roots(project: Folder) -> Iterator[str]:
    """The folders that a project's files name, relative to the project's."""
    table = project.read_table("pyproject.toml")
    tool = _at(table, "tool")
    places: tuple[tuple[str, ...], ...] = (
        ("pytest", "ini_options", "pythonpath"),
        ("setuptools", "packages", "find", "where"),
        ("maturin", "python-source"),
        ("pdm", "build", "package-dir"),
        ("uv", "build-backend", "module-root"),
        ("hatch", "build", "sources"),
        ("hatch", "build", "targets", "wheel", "sources"),
    )
    for path in places:
        yield from _texts(_at(tool, *path))
    yield from _of_packages(_at(tool, "setuptools", "package-dir"))
    for path in (
        ("hatch", "build", "packages"),
        ("hatch", "build", "targets", "wheel", "packages"),
        ("scikit-build", "wheel", "packages"),
    ):
        for package in _texts(_at(tool, *path)):
            yield str(PurePosixPath(package).parent)
    poetry = _at(tool, "poetry", "packages")
    for package in poetry if isinstance(poetry, list) else []:
        yield from _texts(package.get("from") if isinstance(package, dict) else None)
    yield from _texts(_setup_cfg(project, "options.packages.find", "where"))
    for line in (_setup_cfg(project, "options", "package_dir") or "").splitlines():
        name, equals, place = line.partition("=")
        if equals:
            yield from _of_packages({name.strip(): place.strip()})
    for found in _FOLDER_IN_SETUP.findall(project.read("setup.py") or ""):
        yield from filter(None, found)


def _of_packages(places: Any) -> Iterator[str]:
    """The roots of packages by name; the empty name is that of all."""
    for name, place in places.items() if isinstance(places, dict) else ():
        if not isinstance(place, str):
            continue
        if not name:
            yield place
        elif PurePosixPath(place).name == name:
            yield str(PurePosixPath(place).parent)


def _setup_cfg(project: Folder, section: str, key: str) -> str | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(project.read("setup.cfg") or "")
    except configparser.Error:
        return None
    return parser.get(section, key, fallback=None)


def _at(table: Any, *path: str) -> Any:
    for key in path:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _texts(value: Any) -> Iterator[str]:
    """A text, or those of a list."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and "\0" not in one:
            yield one.strip()
