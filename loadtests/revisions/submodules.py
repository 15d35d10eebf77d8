"""The files of submodules, taken from the clone's own repositories of them, without network.

A submodule in a worktree gets a repository of its own where git would put it, in the worktree's
private folder, which goes when the worktree goes. It borrows the objects of the clone's one, so
that nothing is written there, and `git submodule update` in a build finds nothing left to do.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loadtests.planning.disclosure import printable
from loadtests.revisions.adding import WHOLE, checkout_error, fill, lacks_objects
from loadtests.revisions.folders import remove_tree
from loadtests.revisions.git import git

DEPTH_MAX = 10
GITLINK = "160000"
_CHANGING = r"^(filter\..*|core\.(autocrlf|eol))$"


@dataclass(frozen=True)
class Submodule:
    """A submodule of a worktree.

    Attributes:
        path: relative to the worktree.
        commit_id: which of its commits belongs there.
        repository: the clone's own, which has that commit; None: there is none, and the folder
            stays empty.
    """

    path: Path
    commit_id: str
    repository: Path | None


@dataclass(frozen=True)
class _Parent:
    """What has submodules.

    Attributes:
        path: relative to the worktree.
        commit_id: of its own.
        git_dir: of its copy.
        repositories: of the clone, which may hold those of submodules.
    """

    path: Path
    commit_id: str
    git_dir: Path
    repositories: tuple[Path, ...]


def fill_submodules(top: Path, worktree: Path, commit_id: str, title: str) -> list[Submodule]:
    """Put the files of a commit's submodules into its worktree, also those of submodules in them.

    Args:
        top: the top folder of the working tree.
        worktree: of the commit.
        commit_id: of the commit.
        title: of the revision, for messages.

    Returns: all of them.

    Raises:
        RevisionError: git cannot write files that the clone has.
    """
    own = _path(worktree, "--absolute-git-dir")
    kinds = ("--absolute-git-dir", "--git-common-dir")
    parent = _Parent(Path(), commit_id, own, tuple(_path(top, kind) for kind in kinds))
    return list(_fill(top, worktree, parent, title))


def note_of(submodule: Submodule, title: str) -> str:
    """A line, safe to print, that names a submodule whose files are missing, and what to do."""
    path = printable(str(submodule.path))
    return (
        f"the files of the submodule {path} are not in {title}: this clone lacks its commit "
        f"{submodule.commit_id[:12]}. Run `git submodule update --init --recursive`, then `git -C "
        f"{shlex.quote(path)} fetch origin {submodule.commit_id[:40]}`; in CI, check out with "
        "`submodules: recursive` and `fetch-depth: 0`"
    )


def _fill(
    top: Path, worktree: Path, parent: _Parent, title: str, depth: int = 0
) -> Iterator[Submodule]:
    links = _links(parent)
    names = _names(parent) if links else {}
    for link, commit_id in links.items():
        path, name = parent.path / link, names.get(link, "")
        found = _find(_candidates(top / path, name, parent.repositories), commit_id)
        # A name that leads elsewhere is refused by git, too.
        place = parent.git_dir / "modules" / (name if _is_plain(name) else f"at-{commit_id}")
        filled = found is not None and _populate(found, commit_id, worktree / path, place, title)
        yield Submodule(path, commit_id, found if filled else None)
        if found is not None and filled and depth < DEPTH_MAX:
            inner = _Parent(path, commit_id, place, (found,))
            yield from _fill(top, worktree, inner, title, depth + 1)


def _links(parent: _Parent) -> dict[str, str]:
    """The commit of each submodule, by its path in the parent."""
    listed = git(
        parent.git_dir,
        f"--git-dir={parent.git_dir}",
        *("ls-tree", "-r", "-z", "--full-tree", parent.commit_id),
        undecodable="surrogateescape",
    )
    entries = (entry.split("\t", 1) for entry in listed.stdout.split("\0") if entry)
    return {
        path: described.split()[2] for described, path in entries if described.startswith(GITLINK)
    }


def _names(parent: _Parent) -> dict[str, str]:
    """The name of each submodule, by its path in the parent."""
    listed = git(
        parent.git_dir,
        f"--git-dir={parent.git_dir}",
        *("config", "-z", "--blob", f"{parent.commit_id}:.gitmodules"),
        *("--get-regexp", r"^submodule\..*\.path$"),
        undecodable="surrogateescape",
    )
    pairs = (entry.split("\n", 1) for entry in listed.stdout.split("\0") if "\n" in entry)
    return {
        path.rstrip("/"): key.removeprefix("submodule.").removesuffix(".path")
        for key, path in pairs
    }


def _candidates(folder: Path, name: str, repositories: tuple[Path, ...]) -> Iterator[Path]:
    """Where the clone may keep a submodule's repository."""
    if (folder / ".git").exists():
        yield _path(folder, "--absolute-git-dir")
    if _is_plain(name):
        yield from (repository / "modules" / name for repository in repositories)


def _find(candidates: Iterator[Path], commit_id: str) -> Path | None:
    """The first repository that has a commit."""
    for one in candidates:
        if one.is_dir():
            named = f"{commit_id}^{{commit}}"
            if git(one, f"--git-dir={one}", "cat-file", "-e", named).returncode == 0:
                return one
    return None


def _populate(repository: Path, commit_id: str, folder: Path, git_dir: Path, title: str) -> bool:
    """Whether a repository has a commit's files, which are then in a folder that was empty."""
    git_dir.parent.mkdir(parents=True, exist_ok=True)
    kind = "sha1" if len(commit_id) == 40 else "sha256"
    separate = (f"--object-format={kind}", "--template=", f"--separate-git-dir={git_dir}")
    made = git(git_dir.parent, "init", "--quiet", *separate, str(folder))
    if made.returncode != 0:
        raise checkout_error(repository, folder, title, made)
    _borrow(repository, git_dir)
    _copy_settings(repository, git_dir)
    both = (f"--git-dir={git_dir}", f"--work-tree={folder}", *WHOLE)
    git(folder, *both, "update-ref", "--no-deref", "HEAD", commit_id)
    read = ("read-tree", "--reset", "-u", commit_id)
    filled = fill(repository, lambda options: git(folder, *both, *options, *read))
    if filled.returncode == 0:
        return True
    if not lacks_objects(filled):
        raise checkout_error(repository, folder, title, filled)
    remove_tree(folder)
    remove_tree(git_dir)
    folder.mkdir()
    return False


def _borrow(repository: Path, git_dir: Path) -> None:
    """Let a repository find the objects of another one, and know which of them are left out."""
    objects = _path(repository, "--git-path", "objects", git_dir=repository)
    info = git_dir / "objects" / "info"
    info.mkdir(exist_ok=True)
    (info / "alternates").write_text(f"{objects}\n", encoding="utf-8", errors="surrogateescape")
    shallow = _path(repository, "--git-path", "shallow", git_dir=repository)
    if shallow.is_file():
        (git_dir / "shallow").write_bytes(shallow.read_bytes())


def _copy_settings(repository: Path, git_dir: Path) -> None:
    """Take over how a repository's own settings change files on a checkout."""
    read = ("config", "--local", "-z", "--get-regexp", _CHANGING)
    listed = git(repository, f"--git-dir={repository}", *read, undecodable="surrogateescape")
    for entry in listed.stdout.split("\0"):
        key, separator, value = entry.partition("\n")
        if separator:
            git(git_dir, f"--git-dir={git_dir}", "config", "--add", key, value)


def _path(folder: Path, *words: str, git_dir: Path | None = None) -> Path:
    """A path that git knows, absolute."""
    options = () if git_dir is None else (f"--git-dir={git_dir}",)
    found = git(folder, *options, "rev-parse", *words, undecodable="surrogateescape")
    return folder / found.stdout.removesuffix("\n")


def _is_plain(name: str) -> bool:
    """Whether a submodule's name leads to a folder below the one that holds all."""
    parts = name.split("/")
    return bool(name) and not {"", ".", ".."} & set(parts) and "\0" not in name
