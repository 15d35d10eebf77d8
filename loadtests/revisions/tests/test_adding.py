"""A worktree has all files of its commit; where it cannot be made, the cause has its remedy."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from loadtests.revisions.adding import add_worktree
from loadtests.revisions.states import RevisionError, State
from loadtests.tests.repositories import Repository, new_repository

# Git does not name a filter that ends after git has written to it, as one does that a shell starts.
HANGS_UP = "sh -c 'read -r _'"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A commit of a few files in folders."""
    made = new_repository(tmp_path / "project")
    made.commit("one", {"code.py": "1", "a/x": "", "b/y": "", "b/c/z": ""})
    return made


def added(repository: Repository) -> Path:
    worktree = repository.folder.parent / "worktree"
    add_worktree(repository.folder, worktree, repository.git("rev-parse", "HEAD"), "head (1)")
    return worktree


def refused(repository: Repository, state: State) -> str:
    with pytest.raises(RevisionError) as caught:
        added(repository)
    assert (state, 2) == (caught.value.state, caught.value.exit_code)
    assert [str(repository.folder)] == repository.worktrees()
    assert not (repository.folder.parent / "worktree").exists()
    assert 1 == len(str(caught.value).splitlines())
    return str(caught.value)


@pytest.mark.parametrize(
    "sparse", [("--cone", "a"), ("--no-cone", "/a/"), ("--cone", "--sparse-index", "a")]
)
def test_a_sparse_checkout_has_all_files(repository: Repository, sparse: tuple[str, ...]) -> None:
    """And later commands of git in the worktree leave them there."""
    repository.git("sparse-checkout", "set", *sparse)
    assert not (repository.folder / "b").exists()
    worktree = Repository(added(repository))
    for command in (("reset", "--hard"), ("checkout", "."), ("read-tree", "-mu", "HEAD")):
        worktree.git(*command)

        assert (worktree.folder / "b" / "c" / "z").is_file()
    assert "" == worktree.git("status", "--porcelain")
    assert not (repository.folder / "b").exists()


def test_a_sparse_checkout_of_an_old_git_has_all_files(repository: Repository) -> None:
    """One whose patterns are switched on for all worktrees."""
    repository.git("config", "core.sparseCheckout", "true")
    (repository.folder / ".git" / "info").mkdir(exist_ok=True)
    (repository.folder / ".git" / "info" / "sparse-checkout").write_text("/a/\n")
    repository.git("read-tree", "-mu", "HEAD")
    assert not (repository.folder / "b").exists()
    worktree = Repository(added(repository))
    worktree.git("reset", "--hard")

    assert (worktree.folder / "b" / "c" / "z").is_file()


@pytest.mark.parametrize("name", ["new\nline.py", "ünï.py", "-dash.py", "b\udcff.py", '"q".py'])
def test_any_name_is_checked_out(repository: Repository, name: str) -> None:
    """Names are bytes."""
    repository.commit("two", {name: "2"})

    assert "2" == (added(repository) / name).read_text()


def test_submodules_are_not_fetched(repository: Repository) -> None:
    """Even if the repository's settings say so."""
    commit = repository.git("rev-parse", "HEAD")
    repository.write({".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ./no\n'})
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},x")
    repository.git("add", ".gitmodules")
    repository.git("commit", "--quiet", "--message", "two")
    for setting in (("submodule.recurse", "true"), ("submodule.x.url", "./no")):
        repository.git("config", *setting)

    assert [] == list((added(repository) / "x").iterdir())


def test_line_ends_are_those_of_the_working_tree(repository: Repository) -> None:
    """The repository's settings hold for its worktrees."""
    repository.commit("two", {"lines.txt": "a\nb\n"})
    repository.git("config", "core.autocrlf", "true")

    assert b"a\r\nb\r\n" == (added(repository) / "lines.txt").read_bytes()


def test_a_filter_that_fails_is_named(repository: Repository) -> None:
    """With the file, and where its program is named."""
    repository.commit("two", {".gitattributes": "*.bin filter=crypt\n", "d.bin": "x"})
    repository.git("config", "filter.crypt.smudge", "no-such-program")
    repository.git("config", "filter.crypt.required", "true")
    message = refused(repository, State.NO_CHECKOUT)

    assert "the filter 'crypt' failed for d.bin. Install the program that `git config " in message
    assert "Free space" not in message


def test_a_filter_that_hangs_up_is_said(repository: Repository) -> None:
    """Git does not say which one it was."""
    repository.commit("two", {".gitattributes": "*.bin filter=crypt\n", "d.bin": "x"})
    repository.git("config", "filter.crypt.process", HANGS_UP)
    repository.git("config", "filter.crypt.required", "true")

    assert "A filter's program failed: install" in refused(repository, State.NO_CHECKOUT)


@pytest.mark.parametrize("program", ["git-lfs-is-not-here", HANGS_UP])
def test_git_lfs_that_fails_leaves_pointers(repository: Repository, program: str) -> None:
    """Its program may be missing, or the network; what the clone has is put in later."""
    repository.commit("two", {".gitattributes": "*.bin filter=lfs\n", "d.bin": "pointer"})
    for key in ("smudge", "process"):
        repository.git("config", f"filter.lfs.{key}", program)
    repository.git("config", "filter.lfs.required", "true")

    assert "pointer" == (added(repository) / "d.bin").read_text()


def test_a_partial_clone_without_its_remote_is_said(repository: Repository, tmp_path: Path) -> None:
    """With the two ways to have all files, of which the first works."""
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = repository.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    clone.git("config", "core.worktree", str(clone.folder))
    away = repository.folder.rename(tmp_path / "away")
    message = refused(clone, State.PARTIAL)

    assert "`git fetch --refetch --no-filter`" in message
    assert "without `filter`" in message
    away.rename(repository.folder)
    clone.git("fetch", "--quiet", "--refetch", "--no-filter")
    repository.folder.rename(away)
    assert "1" == (added(clone) / "code.py").read_text()


def test_a_damaged_repository_is_said(repository: Repository) -> None:
    """A file of the commit is missing."""
    blob = repository.git("rev-parse", "HEAD:code.py")
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    message = refused(repository, State.NO_CHECKOUT)

    assert "code.py" in message
    assert "`git fsck`" in message


def test_a_full_disk_is_said(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git does not name it where it cannot write a file."""
    repository.commit("two", {".gitattributes": "*.bin -text\n"})
    blob = repository.git("rev-parse", "HEAD:code.py")
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))

    assert "Free space: the disk is full." in refused(repository, State.NO_CHECKOUT)


def test_a_name_that_is_too_long_is_said(repository: Repository) -> None:
    """As one that was committed on another file system."""
    blob = repository.git("rev-parse", "HEAD:code.py")
    repository.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{'y' * 300}")
    repository.git("commit", "--quiet", "--message", "two")

    assert "shorter path, or rename the file" in refused(repository, State.NO_CHECKOUT)
