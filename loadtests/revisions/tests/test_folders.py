"""Folders of worktrees are removed whole, and what is locked is in use."""

from pathlib import Path

from loadtests.revisions.folders import (
    is_abandoned,
    lock_file,
    locked,
    registered,
    remove,
    remove_tree,
)
from loadtests.tests.repositories import new_repository


def test_a_lock_says_that_a_folder_is_in_use(tmp_path: Path) -> None:
    """For the length of a `with`."""
    folder = tmp_path / "folder"
    with locked(lock_file(folder)):
        assert not is_abandoned(folder)
    assert is_abandoned(folder)


def test_worktrees_go_with_their_registrations(tmp_path: Path) -> None:
    """Also one whose folder is gone, one with a line's end in its name, and one kept by a lock."""
    repository = new_repository(tmp_path / "project")
    repository.commit("one", {"code.py": ""})
    folder = tmp_path / "folder"
    for name in ("gone", "separ\u2028ated", "locked", "stays"):
        repository.git("worktree", "add", "--quiet", "--detach", str(folder / name))
    (folder / "gone").rename(tmp_path / "moved")
    repository.git("worktree", "lock", str(folder / "locked"))
    repository.git("worktree", "move", str(folder / "stays"), str(tmp_path / "stays"))
    remove(repository.folder, folder)

    assert [repository.folder, tmp_path / "stays"] == registered(repository.folder)
    assert not folder.exists()


def test_a_tree_that_denies_writing_is_removed(tmp_path: Path) -> None:
    """Go's module cache is one; what links lead to stays."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "kept").touch()
    deep = tmp_path / "tree" / "deep"
    deep.mkdir(parents=True)
    (deep / "file").touch()
    (deep / "link").symlink_to(tmp_path / "other")
    deep.chmod(0o500)
    remove_tree(tmp_path / "tree")

    assert not (tmp_path / "tree").exists()
    assert (tmp_path / "other" / "kept").exists()
