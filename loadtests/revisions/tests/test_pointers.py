"""Files of Git LFS are filled from the clone, or the comparison is refused."""

from hashlib import sha256
from pathlib import Path

import pytest

from loadtests.revisions.linking import checked_links
from loadtests.revisions.pointers import is_pointer
from loadtests.revisions.resolving import resolve_two
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.tests.test_submodules import add_submodule
from loadtests.revisions.worktrees import checked_out
from loadtests.tests.repositories import Repository, new_repository

ATTRIBUTES = {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"}


def pointer(content: str, size: int | None = None) -> str:
    digest = sha256(content.encode()).hexdigest()
    size = len(content) if size is None else size
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n"


def store(git_dir: Path, content: str, stored: str | None = None) -> None:
    digest = sha256(content.encode()).hexdigest()
    kept = git_dir / "lfs" / "objects" / digest[:2] / digest[2:4] / digest
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(content if stored is None else stored)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A change of a file that Git LFS keeps; the program is not set up."""
    made = new_repository(tmp_path / "project")
    made.commit("one", {**ATTRIBUTES, "data/d.bin": pointer("one")})
    made.commit("two", {"data/d.bin": pointer("two")})
    return made


def refused(repository: Repository) -> str:
    with pytest.raises(RevisionError) as caught:
        checked_out(repository.change(), print).__enter__()
    assert (State.POINTERS, 2) == (caught.value.state, caught.value.exit_code)
    assert [str(repository.folder)] == repository.worktrees()
    return str(caught.value)


def test_what_the_clone_has_is_put_in(repository: Repository) -> None:
    """Each revision has its own."""
    for content in ("one", "two"):
        store(repository.folder / ".git", content)
    with checked_out(repository.change(), print) as checkout:
        texts = [(one / "data/d.bin").read_text() for one in checkout.worktrees.values()]

    assert ["one", "two"] == texts


def test_another_place_for_objects_is_known(repository: Repository) -> None:
    """As `lfs.storage` says, from the repository's own folder."""
    repository.git("config", "lfs.storage", "shared/lfs")
    for content in ("one", "two"):
        store(repository.folder / ".git" / "shared", content)
    with checked_out(repository.change(), print) as checkout:
        assert "one" == (checkout.worktrees["base"] / "data/d.bin").read_text()


def test_what_the_clone_lacks_is_refused(repository: Repository) -> None:
    """With the file, the revision, and a command that fetches what that commit has."""
    store(repository.folder / ".git", "two")
    message = refused(repository)
    base = repository.change().base

    assert f"pointers of Git LFS: base ({base.short}): this clone lacks the" in message
    assert "the content of data/d.bin. " in message
    assert f"`git lfs fetch origin {base.id}`" in message
    assert "`lfs: true`" in message


@pytest.mark.parametrize("stored", ["xxx", "one and more"])
def test_damaged_content_is_not_put_in(repository: Repository, stored: str) -> None:
    """Its size and its SHA-256 must be those of the pointer."""
    store(repository.folder / ".git", "one", stored)
    store(repository.folder / ".git", "two")

    assert "data/d.bin" in refused(repository)


def test_many_are_counted(repository: Repository) -> None:
    """The first few are named."""
    repository.commit("three", {f"{number}.bin": pointer("x") for number in range(9)})

    with pytest.raises(RevisionError, match=r"content of 0\.bin, 1\.bin, 2\.bin and 7 more"):
        checked_out(repository.change("HEAD"), print).__enter__()


def test_a_text_that_looks_like_a_pointer_is_a_text(tmp_path: Path) -> None:
    """Where git's attributes name no filter, the file is what its authors committed."""
    made = new_repository(tmp_path / "project")
    made.commit("one", {"tests/pointer.txt": pointer("x")})
    with checked_out(made.change("HEAD"), print) as checkout:
        assert pointer("x") == (checkout.worktrees["head"] / "tests/pointer.txt").read_text()


def test_a_linked_file_serves_both(repository: Repository) -> None:
    """The working tree's own, whatever it is, also where the clone has the revision's."""
    change = repository.change()
    store(repository.folder / ".git", "two")
    (repository.folder / "data" / "d.bin").write_text("fetched by hand")
    for name in ("data/d.bin", "data"):
        links = checked_links(change, repository.folder, [name])
        with checked_out(change, print, links) as checkout:
            files = [one / "data" / "d.bin" for one in checkout.worktrees.values()]

            assert ["fetched by hand"] * 2 == [one.read_text() for one in files]
    assert "fetched by hand" == (repository.folder / "data" / "d.bin").read_text()


def test_a_submodule_has_its_own_objects(tmp_path: Path) -> None:
    """They lie in the clone's repository of it; what is missing is named from the top folder."""
    library = new_repository(tmp_path / "library")
    library.commit("one", {**ATTRIBUTES, "d.bin": pointer("one")})
    project = new_repository(tmp_path / "project")
    add_submodule(project, "vendor/lib", library)
    project.commit("one")
    with pytest.raises(RevisionError, match=r"vendor/lib/d\.bin.*`git -C vendor/lib lfs fetch"):
        checked_out(project.change("HEAD"), print).__enter__()
    store(project.folder / ".git" / "modules" / "vendor" / "lib", "one")
    project.write({"new.py": ""})
    for change in (project.change("HEAD"), resolve_two(project.folder, ("HEAD", ""), print)):
        with checked_out(change, print) as checkout:
            for one in checkout.worktrees.values():
                assert "one" == (one / "vendor" / "lib" / "d.bin").read_text()


def test_the_working_tree_must_have_its_content(repository: Repository) -> None:
    """In a copy of it, too."""
    store(repository.folder / ".git", "two")
    repository.write({"data/d.bin": pointer("three"), "new.py": ""})

    with pytest.raises(RevisionError, match=r"data/d\.bin.*`git lfs pull`"):
        checked_out(resolve_two(repository.folder, ("HEAD", ""), print), print).__enter__()


@pytest.mark.parametrize(
    ("text", "expected"),
    [(pointer("x"), True), (pointer("x")[:100], False), ("version 1", False), ("", False)],
)
def test_a_pointer_is_known_by_its_form(text: str, expected: bool) -> None:
    """Not by its beginning alone."""
    assert expected == is_pointer(text.encode())


def test_attributes_of_any_folder_count(tmp_path: Path) -> None:
    """Also such as switch a filter off again."""
    made = new_repository(tmp_path / "project")
    made.write({**ATTRIBUTES, "texts/.gitattributes": "*.bin -filter\n"})
    made.write({"deep/.gitattributes": "*.dat filter=crypt\n", "deep/x.dat": pointer("x")})
    made.commit("one", {"texts/plain.bin": pointer("x"), "deep/y.bin": pointer("y")})

    with pytest.raises(RevisionError, match=r"content of deep/x\.dat, deep/y\.bin\. Run"):
        checked_out(made.change("HEAD"), print).__enter__()
