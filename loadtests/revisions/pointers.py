"""Files of Git LFS that are only pointers in a checkout: filled from the clone, or refused.

Without git-lfs or its objects, git checks out a small text in place of such a file, and a server
would be measured without its data.
"""

import os
import re
import shlex
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from shutil import copyfile

from loadtests.planning.disclosure import printable
from loadtests.revisions.git import git
from loadtests.revisions.states import RevisionError, State

POINTER_BYTES_MAX = 1024
_SHOWN = 3
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n"
    rb"(?P<extended>(?:ext-[^\n]*\n)*)"
    rb"oid sha256:(?P<oid>[0-9a-f]{64})\nsize (?P<size>[0-9]{1,18})\n"
)


@dataclass(frozen=True)
class Checked:
    """Files of a commit, of which some may be pointers.

    Attributes:
        folder: holds the files.
        repository: a folder of git, or with one, that knows which files Git LFS keeps.
        store: the clone's repository whose objects of Git LFS are taken.
        path: of the folder from the top folder of the revision; not empty for a submodule.
        commit_id: the commit; empty: the working tree's own files.
    """

    folder: Path
    repository: Path
    store: Path
    path: Path = Path()
    commit_id: str = ""


def is_pointer(text: bytes) -> bool:
    """Whether a file's beginning is that of a pointer of Git LFS."""
    return _POINTER.match(text) is not None


def fill_pointers(checked: Checked, title: str, linked: Sequence[Path] = ()) -> None:
    """Put the content in the place of every pointer that is left.

    Args:
        checked: the files.
        title: of the revision, for messages.
        linked: paths from the top folder, below which pointers may stay: they are linked later.

    Raises:
        RevisionError: this clone lacks the content of a file, or it cannot be written.
    """
    pointers = {
        name: pointer
        for name, pointer in _pointers(checked)
        if not any((checked.path / name).is_relative_to(one) for one in linked)
    }
    if not pointers:
        return
    store = _store(checked.store)
    found = {name: _find(pointer, store) for name, pointer in pointers.items()}
    missing = [name for name, content in found.items() if content is None]
    if missing:
        raise _refused(checked, title, missing)
    for name, content in found.items():
        assert content is not None
        try:
            copyfile(content, checked.folder / name)
        except OSError as error:
            raise RevisionError(
                State.NO_CHECKOUT,
                f"{title}: {printable(name)} cannot be written ({error.strerror}). Free space, or "
                "correct its permissions.",
            ) from None


def _pointers(checked: Checked) -> Iterator[tuple[str, re.Match[bytes]]]:
    """The tracked files that are pointers, by name.

    Only files that git's attributes give a filter; other pointers are texts in their own right.
    """
    others = (":(top,exclude,attr:!filter)", ":(top,exclude,attr:-filter)")
    listed = git(
        checked.repository, "ls-files", "-z", "--", ":/", *others, undecodable="surrogateescape"
    )
    for name in dict.fromkeys(filter(None, listed.stdout.split("\0"))):
        path = checked.folder / name
        try:
            about = os.lstat(path)
            if stat.S_ISREG(about.st_mode) and about.st_size < POINTER_BYTES_MAX:
                with path.open("rb") as file:
                    found = _POINTER.match(file.read(POINTER_BYTES_MAX))
                if found:
                    yield name, found
        except OSError:
            # Removed in the working tree, or a parent is a file there.
            continue


def _store(repository: Path) -> Path:
    """Where a repository keeps the objects of Git LFS."""
    own = () if (repository / ".git").exists() else (f"--git-dir={repository}",)
    common, stated = (
        git(repository, *own, *words, undecodable="surrogateescape").stdout.removesuffix("\n")
        for words in (("rev-parse", "--git-common-dir"), ("config", "--get", "lfs.storage"))
    )
    return repository / common / (stated or "lfs") / "objects"


def _find(pointer: re.Match[bytes], store: Path) -> Path | None:
    """The file with a pointer's content; None if the clone has none that is whole."""
    oid = pointer["oid"].decode()
    kept = store / oid[:2] / oid[2:4] / oid
    try:
        # An extension stores something else than the file.
        if pointer["extended"] or kept.stat().st_size != int(pointer["size"]):
            return None
        with kept.open("rb") as file:
            return kept if file_digest(file, "sha256").hexdigest() == oid else None
    except OSError:
        return None


def _refused(checked: Checked, title: str, missing: Sequence[str]) -> RevisionError:
    names = ", ".join(printable(str(checked.path / name)) for name in missing[:_SHOWN])
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    inside = f" -C {shlex.quote(printable(str(checked.path)))}" if checked.path.parts else ""
    fetched = f"git{inside} lfs fetch origin {checked.commit_id}"
    command = fetched if checked.commit_id else f"git{inside} lfs pull"
    return RevisionError(
        State.POINTERS,
        f"{title}: this clone lacks the content of {names}{more}. Run `{command}` (in CI after "
        "a checkout with `lfs: true`), or name what the server does not need, or what is the same "
        "in both revisions, in `link` of [revisions].",
    )


def all_pointers(top: Path, commit_id: str, names: Iterable[str]) -> bool:
    """Whether all these files of a commit are pointers of Git LFS."""
    for name in names:
        size = git(top, "cat-file", "-s", f"{commit_id}:{name}").stdout.strip()
        if not size.isdecimal() or int(size) >= POINTER_BYTES_MAX:
            return False
        text = git(top, "cat-file", "blob", f"{commit_id}:{name}").stdout
        if not is_pointer(text.encode(errors="surrogateescape")):
            return False
    return True
