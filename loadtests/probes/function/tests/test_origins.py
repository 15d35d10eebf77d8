"""Whose code a process imported: copies measured by mistake, and packages that are meant."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadtests.planning.suite import Worktree
from loadtests.probes.function.layout import layout_of
from loadtests.probes.function.origins import Imported, find_foreign, own_files
from loadtests.probes.function.tests.test_layout import put

PLUGINS = Path(__file__).parents[1] / "plugin"
PROJECT = '[project]\nname = "acme-h6"\n'


@dataclass(frozen=True)
class Place:
    """A revision's tree, the working tree, and an environment's packages."""

    folder: Path

    @property
    def worktree(self) -> Worktree:
        """Of the revision."""
        return Worktree(self.folder / "tree", self.folder / "repository")

    @property
    def site(self) -> Path:
        """Where distributions are installed."""
        return self.folder / "site-packages"

    def install(self, *files: str, name: str = "acme_h6") -> None:
        """Install files by a distribution."""
        record = "".join(f"{file},,\n" for file in files)
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
        info = f"{name}-1.dist-info"
        put(self.site, *files, **{f"{info}/RECORD": record, f"{info}/METADATA": metadata})

    def foreign(self, imported: Imported, changed: Collection[str] = ()) -> str:
        """The name of what is not of the revision."""
        tree = self.worktree.folder
        found = find_foreign(imported, self.worktree, layout_of(tree, tree / "bench.py"), changed)
        return found.name if found else ""

    def imported(self, **files: str) -> Imported:
        """Modules by their files, with `_` for the dot in their names."""
        modules = {
            name.replace("__", "."): [str(self.folder / file) if file else "", []]
            for name, file in files.items()
        }
        return Imported.of({"prefix": str(self.folder / "venv"), "modules": modules})

    def run(self, code: str) -> Imported:
        """What a real process imports, with the tree's roots first and the environment last."""
        tree = self.worktree.folder
        path = [str(PLUGINS), *map(str, layout_of(tree, tree / "bench.py").roots)]
        whole = f"import json, site\nsite.addsitedir({str(self.site)!r})\n{code}\n"
        whole += "import versus_modules\nprint(json.dumps(versus_modules.imported()))"
        done = subprocess.run(
            [sys.executable, "-c", whole],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
            capture_output=True,
            check=True,
        )
        return Imported.of(json.loads(done.stdout))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A tree with a suite."""
    made = Place(tmp_path)
    put(made.worktree.folder, "bench.py", **{"pyproject.toml": PROJECT})
    made.worktree.repository.mkdir()
    return made


def test_an_installed_copy_is_found(place: Place) -> None:
    """The tree has it in a folder that nothing names; its distribution tells whose it is."""
    put(place.worktree.folder, "code/acme/__init__.py")
    place.install("acme/__init__.py", "acme/made.py")

    assert "acme" == place.foreign(place.run("import acme"))


@pytest.mark.parametrize("where", ["python", "lib", "src", "packages/one/src"])
def test_the_trees_own_package_wins_where_its_layout_is_known(place: Place, where: str) -> None:
    """It is measured, and which of its files ran is known."""
    own = f"{where}/acme_h6/__init__.py"
    put(place.worktree.folder, own, "packages/one/pyproject.toml")
    place.install("acme_h6/__init__.py")
    imported = place.run("import acme_h6")

    assert not place.foreign(imported)
    assert {own} == own_files(imported, place.worktree.folder)


FIRST = "sys.meta_path.insert(0, Finder())"
LAST = "sys.meta_path.append(Finder())"
FINDER = """
import sys
from importlib.machinery import PathFinder


class Finder:
    def find_spec(self, name, path=None, target=None):
        return PathFinder.find_spec(name, [{folder!r}]) if name == "acme" else None


{install}
"""


def install_editable(place: Place, layout: str, install: str) -> None:
    """By hooks, or by a line in a .pth file."""
    for tree in (place.worktree.folder, place.worktree.repository):
        put(tree, f"{layout}/acme/__init__.py")
    folder = str(place.worktree.repository / layout)
    finder = FINDER.format(folder=folder, install=install)
    line = "import _editable_acme" if install else folder
    put(place.site, **{"acme.pth": f"{line}\n", "_editable_acme.py": finder})


@pytest.mark.parametrize(("layout", "install"), [("code", ""), ("src", FIRST), ("code", LAST)])
def test_an_editable_installation_is_found(place: Place, layout: str, install: str) -> None:
    """Whether its hooks stand before the path or after it."""
    install_editable(place, layout, install)

    assert "acme" == place.foreign(place.run("import acme"))


@pytest.mark.parametrize("install", ["", LAST])
def test_an_editable_installation_that_is_not_imported_is_none(place: Place, install: str) -> None:
    """The tree's own folders come first; only the hooks themselves are in the process."""
    install_editable(place, "src", install)

    assert not place.foreign(place.run("import acme"))


def test_a_namespace_package_may_be_shared(place: Place) -> None:
    """Each module of it is the tree's own only if the tree has it."""
    put(place.worktree.folder, "src/ns/one/__init__.py", "code/ns/two.py")
    place.install("ns/two.py", "ns/three.py", name="ns")

    imported = place.run("import ns.one, ns.three")
    assert not place.foreign(imported)
    assert {"src/ns/one/__init__.py"} == own_files(imported, place.worktree.folder)
    assert "ns.two" == place.foreign(place.run("import ns.two"), {"code/ns/two.py"})


def test_a_namespace_package_of_the_path_is_not_taken_from_elsewhere(place: Place) -> None:
    """Something put a folder before the path."""
    put(place.worktree.folder, "src/ns/one.py")
    place.install("ns/one.py", name="ns")
    first = f"import sys\nsys.path.insert(0, {str(place.site)!r})\nimport ns.one"

    assert "ns.one" == place.foreign(place.run(first))


MEANT: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "fixtures": (("requests/get.json", "requests/get.py"), {}),
    "a part of a package": (("src/acme/__init__.py", "src/acme/_vendor/requests/__init__.py"), {}),
    "a copy": (("third_party/requests/__init__.py",), {}),
    "a folder of tests": (("tests/requests/__init__.py",), {}),
    "a project of others": (
        ("vendor/requests/requests/__init__.py",),
        {"vendor/requests/pyproject.toml": '[project]\nname = "requests"\n'},
    ),
    "a copy that did not change": (("code/requests/__init__.py",), {}),
}


@pytest.mark.parametrize("name", MEANT)
def test_a_package_that_is_really_meant_is_not_mistaken_for_a_copy(place: Place, name: str) -> None:
    """A tree may hold its name for many reasons."""
    files, texts = MEANT[name]
    put(place.worktree.folder, *files, **texts)
    place.install("requests/__init__.py", "requests/get.py", name="requests")
    imported = place.imported(
        requests="site-packages/requests/__init__.py", requests__get="site-packages/requests/get.py"
    )
    changed = set() if "did not change" in name else set(files)

    assert not place.foreign(imported, changed)


def test_a_copy_without_a_distribution_is_found_where_the_revisions_differ(place: Place) -> None:
    """A path to another clone of the repository, for example."""
    put(place.worktree.folder, "code/acme/__init__.py")
    imported = place.imported(acme="clone/code/acme/__init__.py")

    assert "acme" == place.foreign(imported, {"code/acme/__init__.py"})
    assert not place.foreign(imported, {"README.md"})


@pytest.mark.parametrize(
    ("expected", "file"),
    [
        ("acme._fast", "repository/src/acme/_fast.so"),
        ("acme._fast", "repository/build/lib/acme/_fast.so"),
        ("acme._fast", "site-packages/acme/_fast.so"),
        ("acme._fast", "repository/.versus/revisions/x/head/src/acme/_fast.so"),
        ("", "tree/src/acme/_fast.so"),
    ],
)
def test_an_extension_that_was_built_elsewhere_is_found(
    place: Place, expected: str, file: str
) -> None:
    """The revision's own package would run the compiled code of another one."""
    put(place.worktree.folder, "src/acme/__init__.py")
    imported = place.imported(acme="tree/src/acme/__init__.py", acme___fast=file)

    assert expected == place.foreign(imported)


def test_an_extension_beside_the_package_belongs_to_its_distribution(place: Place) -> None:
    """Its sources are not Python's, so no file of the tree has its name."""
    place.install("_acme.abi3.so")
    place.install("_cffi.so", name="cffi")

    assert "_acme" == place.foreign(place.imported(_acme="site-packages/_acme.abi3.so"))
    assert not place.foreign(place.imported(_cffi="site-packages/_cffi.so"))


def test_a_package_that_distributions_share_has_modules_of_each(place: Place) -> None:
    """As packages did before there were namespace packages."""
    shared = '__path__ = __import__("pkgutil").extend_path(__path__, __name__)\n'
    put(place.worktree.folder, "src/ns/one.py", **{"src/ns/__init__.py": shared})
    place.install("ns/two.py", name="ns")
    put(place.site, **{"ns/__init__.py": shared})

    assert not place.foreign(place.run("import ns.one, ns.two"))


def test_a_dependency_that_a_package_passes_on_keeps_its_own_name(place: Place) -> None:
    """It is in the process under two names, of which one sounds like the tree's."""
    put(place.worktree.folder, "src/acme/__init__.py")
    place.install("six.py", name="six")
    code = "import sys, acme, six\nsys.modules['acme.six'] = six\nsys.modules['acme.odd'] = 1"

    assert not place.foreign(place.run(code))


def test_an_environment_within_the_repository_is_no_part_of_it(place: Place) -> None:
    """Nor are the packages that it has, nor this harness's own plugins."""
    names = {"pytest": "repository/.venv/lib/python3/site-packages/pytest/__init__.py"}
    own = {"versus_pairs": str(PLUGINS / "versus_pairs.py")}

    assert not place.foreign(place.imported(**names, **own))
