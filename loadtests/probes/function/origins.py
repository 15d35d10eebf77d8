"""Whether what a suite's process imported is of its revision.

A copy that is installed, or the working tree's, is the same in both revisions: measured instead, it
would be compared with itself. A package of the same name that is really meant must not be mistaken
for a copy, so a module counts as one only if the import path should have led to the tree's, if its
distribution is the tree's own, or if the revisions differ in it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath
from typing import Any

from loadtests.planning.suite import Worktree
from loadtests.probes.function.layout import Layout, is_aside, normal

_INSTALLED = {"site-packages", "dist-packages"}
_COMPILED = {".so", ".pyd"}


@dataclass(frozen=True)
class Module:
    """A module that a process imported.

    Attributes:
        file: absolute, without links; None for a namespace package.
        folders: in which a package's modules are looked for.
    """

    name: str
    file: Path | None
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Imported:
    """What a process imported, but for Python's own library.

    Attributes:
        prefix: of its environment, without links.
        modules: by name.
    """

    prefix: Path
    modules: Mapping[str, Module]

    @staticmethod
    def of(content: Any) -> "Imported":
        """As the plugin wrote it."""
        return Imported(
            Path(content["prefix"]),
            {
                name: Module(name, Path(file) if file else None, tuple(map(Path, folders)))
                for name, (file, folders) in content["modules"].items()
            },
        )


def own_files(imported: Imported, tree: Path) -> frozenset[str]:
    """The tree's files that were imported, from its top folder."""
    top = tree.resolve()
    files = (one.file for one in imported.modules.values() if one.file)
    return frozenset(file.relative_to(top).as_posix() for file in files if file.is_relative_to(top))


def find_foreign(
    imported: Imported, worktree: Worktree, layout: Layout, changed: Collection[str]
) -> Module | None:
    """The first module that is not of the revision, though the revision has its own.

    Args:
        imported: by a process.
        worktree: of the revision.
        layout: of its files.
        changed: files that differ between the two revisions, from the top folder.
    """
    own = worktree.folder.resolve(), Path(__file__).with_name("plugin").resolve()
    for _, module in sorted(imported.modules.items()):
        if module.file is None or any(module.file.is_relative_to(one) for one in own):
            continue
        if (
            _is_in_repository(module.file, imported.prefix, worktree.repository.resolve())
            or any(_is_at(root, module, imported) for root in layout.roots)
            or _is_elsewhere(module, imported, layout, changed)
        ):
            return module
    return None


def _is_in_repository(file: Path, prefix: Path, repository: Path) -> bool:
    """Whether it is the working tree's, also what was built there."""
    # An environment may lie within the repository.
    installed = file.is_relative_to(prefix) or _INSTALLED & set(file.parts)
    return file.is_relative_to(repository) and not installed


def _is_at(root: Path, module: Module, imported: Imported) -> bool:
    """Whether this import root has the module, so that it should have been taken from there."""
    top, *rest = module.name.split(".")
    if (root / top / "__init__.py").is_file():
        # Distributions may share a package, each with modules of its own.
        shared = len(_folders(top, imported)) > 1
        return not rest or not shared or _has(root, module)
    if not rest:
        return (root / f"{top}.py").is_file()
    return _is_namespace(top, imported) and _has(root, module)


def _folders(name: str, imported: Imported) -> tuple[Path, ...]:
    found = imported.modules.get(name)
    return found.folders if found else ()


def _is_namespace(name: str, imported: Imported) -> bool:
    """Whether what was imported is no package with code of its own, which would win."""
    found = imported.modules.get(name)
    return found is None or found.file is None


def _has(root: Path, module: Module) -> bool:
    return any((root / one).is_file() for one in _sources(module))


def _sources(module: Module) -> tuple[str, ...]:
    path = module.name.replace(".", "/")
    return f"{path}.py", f"{path}/__init__.py", f"{path}.pyx"


def _is_elsewhere(
    module: Module, imported: Imported, layout: Layout, changed: Collection[str]
) -> bool:
    """Whether the tree has the module in a folder that is not on the import path."""
    assert module.file is not None
    is_own = _is_of_project(module, layout.projects)
    for path, root in _places(module, imported, layout):
        if is_own or (path in changed and not is_aside(root)):
            return True
    # Its sources are of another language.
    return is_own and module.file.suffix in _COMPILED


def _places(
    module: Module, imported: Imported, layout: Layout
) -> Iterator[tuple[str, PurePosixPath]]:
    """The tree's files that are this module where their root is imported from."""
    top, *rest = module.name.split(".")
    for source in _sources(module):
        for path in layout.modules.get("/".join(source.split("/")[-2:]), ()):
            if path != source and not path.endswith(f"/{source}"):
                continue
            root = PurePosixPath(path.removesuffix(source) or ".")
            # Within a package it is a part of that, such as a copy of another package.
            if any(str(one) in layout.packages for one in (root, *root.parents) if one.parts):
                continue
            if not rest or str(root / top) in layout.packages or _is_namespace(top, imported):
                yield path, root


def _is_of_project(module: Module, projects: frozenset[str]) -> bool:
    """Whether a distribution of the tree's own name has installed it."""
    assert module.file is not None
    depth = module.name.count(".") + (module.file.stem == "__init__")
    if depth >= len(module.file.parents):
        return False
    folder = module.file.parents[depth]
    return module.file.relative_to(folder).as_posix() in _installed(folder, projects)


@cache
def _installed(folder: Path, projects: frozenset[str]) -> frozenset[str]:
    """The files that these distributions have installed into a folder."""
    return frozenset(
        file.as_posix()
        for one in distributions(path=[str(folder)])
        if normal(one.metadata["Name"] or "") in projects
        for file in one.files or ()
    )
