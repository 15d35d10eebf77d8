"""Whether a revision was seen to run its own code, or other code than its own.

A revision runs its own code where its server opens a file of its worktree that differs from the
other revision's, whatever the language: one that the change touches, or one that its build made.
It does not where it opens the same file elsewhere: in the working tree, in the other worktree, or
in an environment that both share. Where neither is seen nothing is proven.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from contract.run.record import EvidenceRecord
from loadtests.planning.disclosure import printable
from loadtests.revisions.git import answer
from loadtests.revisions.resolving import Change, Side
from loadtests.revisions.watching import folders_below, source_of

MADE_MAX = 5000
COMPARED_BYTES_MAX = 2**28
CANDIDATES_MAX = 2000
COPY_BYTES_MAX = 2**20
_SHORT_LINE_BYTES = 3
_ENVIRONMENTS = {"site-packages", "dist-packages", "node_modules"}


@dataclass(frozen=True)
class Trees:
    """Where the files of one revision are, and those that it must not run.

    Attributes:
        own: the revision's worktree.
        other: the other revision's.
        top: the working tree.
        changed: files that differ between the two revisions, relative to either.
        linked: what both take from the working tree, as was asked for.
        shared: folders outside from which its server may take code.
        built_at_ns: files of the worktree that are newer were made by servers.
    """

    own: Path
    other: Path
    top: Path
    changed: tuple[Path, ...]
    linked: tuple[Path, ...] = ()
    shared: tuple[Path, ...] = ()
    built_at_ns: int = 2**63

    @property
    def watched(self) -> list[Path]:
        """The folders in which opened files tell something."""
        touched = [*self._beside(self.own), *self._beside(self.other), *self._beside(self.top)]
        copies = {file.parent for file in self.copies}
        return [
            *touched,
            *(one for folder in copies for one in (folder, folder / "__pycache__")),
            *folders_below(self.own, ()),
            *folders_below(self.other, ()),
        ]

    def _beside(self, tree: Path) -> Iterator[Path]:
        for folder in dict.fromkeys((tree / path).parent for path in self.changed):
            yield folder
            yield folder / "__pycache__"

    @cached_property
    def copies(self) -> dict[Path, Path]:
        """Files outside that look like the changed ones, and which those are.

        They are looked for once: those that were there when watching began.
        """
        found: dict[Path, Path] = {}
        candidates = (
            (place / Path(*path.parts[start:]), path)
            for path in self.changed
            for start in range(len(path.parts))
            for place in self.shared
            if not _is_below(place, (self.own, self.other))
        )
        for file, path in islice(candidates, CANDIDATES_MAX * 10):
            if len(found) >= CANDIDATES_MAX:
                break
            if file in found or file == self.top / path or not file.is_file():
                continue
            # Many packages have such a name; it is a copy of ours, of whatever age, if it has our
            # lines.
            if any(_are_alike(file, tree / path) for tree in self._all):
                found[file] = path
        return found

    @property
    def _all(self) -> tuple[Path, Path, Path]:
        return self.own, self.other, self.top


@dataclass(frozen=True)
class Foreign:
    """A file that a revision's server uses and that is not the revision's.

    Attributes:
        path: of its own that it should have used, relative; empty where there is no such file.
        owner: in words.
    """

    file: Path
    path: str
    owner: str


def evidence_of(trees: Trees, opened: Collection[Path]) -> EvidenceRecord:
    """What shows that a revision runs its own code.

    Args:
        trees: of the revision.
        opened: files that were opened while its server started and answered.
    """
    sources = {source_of(path) for path in opened}
    for path in trees.changed:
        if trees.own / path in sources:
            return EvidenceRecord(kind="opened", name=printable(path.as_posix()))
    if trees.changed and not any((trees.own / path).exists() for path in trees.changed):
        return EvidenceRecord(kind="lacks", name=printable(trees.changed[0].as_posix()))
    own = sorted(path for path in sources if path.is_relative_to(trees.own))
    for path in islice(own, MADE_MAX):
        if _was_made(path, trees):
            return EvidenceRecord(
                kind="made", name=printable(path.relative_to(trees.own).as_posix())
            )
    return EvidenceRecord()


def _was_made(path: Path, trees: Trees) -> bool:
    """Whether the build made it, and made another one of the other revision."""
    if _is_below(path, [trees.own / one for one in trees.linked]):
        return False
    with suppress(OSError):
        if path.is_file() and path.stat().st_mtime_ns <= trees.built_at_ns:
            other = trees.other / path.relative_to(trees.own)
            return not _are_equal(path, other, {trees.own: b"", trees.other: b""})
    return False


def foreign_opened(trees: Trees, opened: Collection[Path]) -> Iterator[Foreign]:
    """Changed files that were opened elsewhere, and not where the revision has its own.

    Anybody may have opened them, so only what is seen a second time counts.
    """
    sources = {source_of(path) for path in opened}
    missed = [path for path in trees.changed if trees.own / path not in sources]
    for path in missed:
        if trees.other / path in sources:
            yield Foreign(trees.other / path, path.as_posix(), "the other revision's")
    for path in missed:
        if trees.top / path in sources and not _is_below(trees.top / path, _linked(trees)):
            yield Foreign(trees.top / path, path.as_posix(), "the working tree's")
    for file, path in trees.copies.items():
        if path in missed and file in sources:
            yield Foreign(file, path.as_posix(), "installed where both revisions find it")


def foreign_programs(trees: Trees, programs: Iterable[Path]) -> Iterator[Foreign]:
    """Programs and libraries of the other worktree or of the working tree that processes run.

    Packages of an environment that lies in the working tree are no code of the repository.
    """
    for file in sorted(set(programs)):
        if _is_below(file, (trees.own,)):
            continue
        if _is_below(file, (trees.other,)):
            yield Foreign(file, "", "the other revision's")
        elif _is_below(file, (trees.top,)) and not (
            _is_below(file, _linked(trees)) or _in_environment(file, trees.top)
        ):
            yield Foreign(file, "", "the working tree's")


def files_that_differ(change: Change, worktrees: Mapping[Side, Path], max_count: int) -> list[Path]:
    """Files that differ between two worktrees, as git names them; those in submodules, too.

    Args:
        change: the two commits.
        worktrees: of both sides.
        max_count: at most so many.

    Raises:
        RevisionError: git cannot tell.
    """
    found: list[Path] = []
    for path in names_that_differ(change):
        if len(found) >= max_count:
            break
        places = [tree / path for tree in worktrees.values()]
        if any(place.is_dir() and not place.is_symlink() for place in places):
            found += islice(_inside(places, path), max_count)
        else:
            found.append(path)
    return found[:max_count]


def changed_since(file: Path, since_ns: int) -> bool:
    """Whether a file's content was written after a moment; nanoseconds since 1970."""
    with suppress(OSError):
        return file.stat().st_mtime_ns > since_ns
    return False


def names_that_differ(change: Change) -> list[Path]:
    """The files that differ between two commits, submodules as one, relative to the top folder."""
    options = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=none")
    listed = answer(change.top, "diff", *options, change.base.id, change.head.id)
    return [Path(name) for name in listed.split("\0") if name]


def _inside(places: Iterable[Path], path: Path) -> Iterator[Path]:
    """Files of a submodule that differ."""
    first, second = places
    names = {
        file.relative_to(place)
        for place in (first, second)
        for folder in folders_below(place, ())
        for file in folder.iterdir()
        if file.is_file()
    }
    yield from (
        path / name for name in sorted(names) if not _are_equal(first / name, second / name)
    )


def _linked(trees: Trees) -> list[Path]:
    return [trees.top / one for one in trees.linked]


def _in_environment(file: Path, top: Path) -> bool:
    """Whether it belongs to an environment of packages, such as `.venv` or `node_modules`."""
    if _ENVIRONMENTS & set(file.relative_to(top).parts):
        return True
    above = islice(file.parents, len(file.relative_to(top).parts))
    return any((folder / "pyvenv.cfg").is_file() for folder in above)


def _is_below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _are_alike(first: Path, second: Path) -> bool:
    """Whether two files are equal, or share at least half of the lines of one of them."""
    if _are_equal(first, second):
        return True
    try:
        lines = [
            {line.strip() for line in file.read_bytes()[:COPY_BYTES_MAX].splitlines()}
            for file in (first, second)
        ]
    except OSError:
        return False
    one, other = ({line for line in of if len(line) > _SHORT_LINE_BYTES} for of in lines)
    return len(one & other) * 2 >= max(1, min(len(one), len(other)))


def _are_equal(first: Path, second: Path, names: Mapping[Path, bytes] | None = None) -> bool:
    """Whether two files have the same content, but for the paths of `names` in it."""
    try:
        sizes = first.stat().st_size, second.stat().st_size
        if names is None and sizes[0] != sizes[1]:
            return False
        if max(sizes) > COMPARED_BYTES_MAX:
            return sizes[0] == sizes[1]
        one, other = first.read_bytes(), second.read_bytes()
    except OSError:
        return False
    for path in names or ():
        one = one.replace(os.fsencode(path), b"")
        other = other.replace(os.fsencode(path), b"")
    return one == other
