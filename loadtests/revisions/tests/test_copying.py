"""A copy of the working tree has its files as they are, and all of them."""

from pathlib import Path

import pytest

from loadtests.revisions.copying import copy_working_tree
from loadtests.revisions.states import RevisionError, State
from loadtests.tests.repositories import Repository, new_repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A few files in folders."""
    made = new_repository(tmp_path / "project")
    made.commit("one", {"code.py": "1", "gone.py": "", "a/x": "", "b/y": "b", "b/c/z": "c"})
    return made


def test_a_sparse_working_tree_is_copied_whole(repository: Repository, tmp_path: Path) -> None:
    """What is there as it is, deleted files not, and what is left out as it was committed."""
    repository.git("sparse-checkout", "set", "a")
    (repository.folder / "gone.py").unlink()
    repository.write({"code.py": "2", "new.py": "", "b/y": "there all the same"})
    copy = tmp_path / "copy"
    copy_working_tree(repository.folder, copy)

    files = {one.relative_to(copy).as_posix() for one in copy.rglob("*") if one.is_file()}
    assert {"code.py", "new.py", "a/x", "b/y", "b/c/z"} == files
    assert ("2", "c") == ((copy / "code.py").read_text(), (copy / "b" / "c" / "z").read_text())
    assert "there all the same" == (copy / "b" / "y").read_text()
    assert not (repository.folder / "b" / "c").exists()


def test_any_name_is_copied(repository: Repository, tmp_path: Path) -> None:
    """Names are bytes, also such as no encoding knows."""
    names = ["new\nline", "ünï", "-dash", "b\udcff", "tab\t", '"q"']
    repository.commit("two", dict.fromkeys(names[:3], "x"))
    repository.write(dict.fromkeys(names[3:], "x"))
    copy_working_tree(repository.folder, tmp_path / "copy")

    assert ["x"] * len(names) == [(tmp_path / "copy" / name).read_text() for name in names]


def test_a_repository_in_it_is_not_copied(repository: Repository, tmp_path: Path) -> None:
    """Git would not commit one that is no submodule."""
    new_repository(repository.folder / "inner").commit("one", {"x": ""})
    copy_working_tree(repository.folder, tmp_path / "copy")

    assert not (tmp_path / "copy" / "inner").exists()


def test_a_file_that_cannot_be_copied_is_named(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the system's reason."""

    def deny(source: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(source))

    monkeypatch.setattr("shutil.copy2", deny)

    with pytest.raises(RevisionError, match=r"\(Permission denied: .*a/x\)") as caught:
        copy_working_tree(repository.folder, tmp_path / "copy")
    assert State.NO_CHECKOUT == caught.value.state
