"""Submodules are filled from the clone, without network and without a trace there."""

import shutil
from pathlib import Path

import pytest

from loadtests.revisions.resolving import resolve_two
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.worktrees import checked_out
from loadtests.tests.repositories import Repository, new_repository

LOCAL = ("-c", "protocol.file.allow=always")


def add_submodule(repository: Repository, path: str, library: Repository) -> None:
    """Add one that is fetched from a folder."""
    repository.git(*LOCAL, "submodule", "--quiet", "add", f"file://{library.folder}", path)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a submodule that has one of its own, and a change of the first."""
    tmp_path = tmp_path_factory.mktemp("template")
    inner, library = (new_repository(tmp_path / name) for name in ("inner", "library"))
    inner.commit("one", {"deep.py": "deep"})
    library.write({".gitattributes": "left_out.py export-ignore\n", "left_out.py": "here"})
    add_submodule(library, "in ner", inner)
    library.commit("one", {"lib.py": "1"})
    project = new_repository(tmp_path / "project")
    add_submodule(project, "vendor/lib", library)
    project.git(*LOCAL, "submodule", "--quiet", "update", "--init", "--recursive")
    project.commit("one", {"code.py": "1"})
    update(Repository(project.folder / "vendor" / "lib"), "2")
    project.commit("two", {"code.py": "2"})
    for one in (library, inner):
        one.folder.rename(one.folder.with_suffix(".away"))
    return project.folder


@pytest.fixture
def nested(template: Path, tmp_path: Path) -> Repository:
    """A copy of it, which has no remote to fetch from."""
    return Repository(shutil.copytree(template, tmp_path / "project", symlinks=True))


def update(library: Repository, text: str) -> None:
    library.commit(text, {"lib.py": text})


def test_each_revision_has_its_own_commit_of_a_submodule(nested: Repository) -> None:
    """Also of one in it, and files that an archive would leave out."""
    with checked_out(nested.change(), print) as checkout:
        base, head = (one / "vendor" / "lib" for one in checkout.worktrees.values())

        assert ("1", "2") == ((base / "lib.py").read_text(), (head / "lib.py").read_text())
        assert "here" == (head / "left_out.py").read_text()
        assert "deep" == (base / "in ner" / "deep.py").read_text()
        assert () == checkout.notes


def test_git_finds_nothing_left_to_do(nested: Repository) -> None:
    """A build that updates submodules does not fetch; git sees no change, and nothing stays."""
    library = Repository(nested.folder / "vendor" / "lib")
    with checked_out(nested.change(), print) as checkout:
        base = Repository(checkout.worktrees["base"])
        base.git("submodule", "update", "--init", "--recursive")

        assert "" == base.git("status", "--porcelain")
        assert 1 == len(library.worktrees())
    assert [str(nested.folder)] == nested.worktrees()
    assert "" == nested.git("status", "--porcelain", "--ignored=no")


def test_hooks_of_submodules_do_not_run(nested: Repository, tmp_path: Path) -> None:
    """What a repository would do on a checkout is not done here."""
    hook = nested.folder / ".git" / "modules" / "vendor" / "lib" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    hook.chmod(0o755)
    with checked_out(nested.change(), print):
        pass

    assert not (tmp_path / "ran").exists()


def test_a_submodule_that_the_clone_lacks_is_named(nested: Repository) -> None:
    """In each revision, with what to do; the folder stays empty."""
    nested.git("submodule", "--quiet", "deinit", "--force", "--all")
    (nested.folder / ".git" / "modules").rename(nested.folder.parent / "modules")
    said: list[str] = []
    with checked_out(nested.change(), said.append) as checkout:
        left = [list((one / "vendor" / "lib").iterdir()) for one in checkout.worktrees.values()]

    assert [[], []] == left
    assert 2 == len(checkout.notes)
    assert list(checkout.notes) == said
    assert checkout.notes[0].startswith("the files of the submodule vendor/lib are not in base (")
    assert "`git submodule update --init --recursive`" in checkout.notes[0]
    assert "`submodules: recursive`" in checkout.notes[0]


def test_a_commit_whose_files_are_missing_is_named(nested: Repository) -> None:
    """Half a submodule is no submodule."""
    modules = nested.folder / ".git" / "modules" / "vendor" / "lib"
    blob = Repository(nested.folder / "vendor" / "lib").git("rev-parse", "HEAD:lib.py")
    (modules / "objects" / blob[:2] / blob[2:]).unlink()
    with checked_out(nested.change(), print) as checkout:
        assert [] == list((checkout.worktrees["head"] / "vendor" / "lib").iterdir())

    assert ["head"] == [note.split(" are not in ")[1].split()[0] for note in checkout.notes]


@pytest.mark.parametrize("name", ["lfs", "crypt"])
def test_a_filter_of_a_submodule_that_fails_is_said(nested: Repository, name: str) -> None:
    """It is not the clone that lacks something; Git LFS leaves pointers, as elsewhere."""
    library = Repository(nested.folder / "vendor" / "lib")
    library.commit("filtered", {".gitattributes": f"x.py filter={name}\n", "x.py": "as it is kept"})
    nested.commit("three", {"code.py": "3"})
    library.git("config", f"filter.{name}.smudge", "false")
    library.git("config", f"filter.{name}.required", "true")
    checking_out = checked_out(nested.change(), print)
    if name == "lfs":
        with checking_out as checkout:
            head = checkout.worktrees["head"] / "vendor" / "lib"
            assert "as it is kept" == (head / "x.py").read_text()
    else:
        with pytest.raises(RevisionError, match=r"the filter 'crypt' failed for x\.py") as caught:
            checking_out.__enter__()
        assert State.NO_CHECKOUT == caught.value.state
        assert [str(nested.folder)] == nested.worktrees()


@pytest.mark.parametrize("name", ["../outside", "/outside"])
def test_a_name_that_leads_elsewhere_is_not_followed(
    nested: Repository, tmp_path: Path, name: str
) -> None:
    """Nothing is written outside of the worktree's own folder."""
    text = f'[submodule "{name}"]\n\tpath = vendor/lib\n\turl = x\n'
    nested.commit("three", {".gitmodules": text})
    before = set(tmp_path.rglob("outside"))
    with checked_out(nested.change(), print) as checkout:
        assert "2" == (checkout.worktrees["head"] / "vendor" / "lib" / "lib.py").read_text()
        assert before == set(tmp_path.rglob("outside"))


def test_the_copy_of_a_working_tree_has_submodules(nested: Repository) -> None:
    """As they are there, edited and without what git ignores."""
    library = Repository(nested.folder / "vendor" / "lib")
    library.write({"lib.py": "3", "new.py": "", ".gitignore": "*.log\n", "a.log": ""})
    change = resolve_two(nested.folder, ("HEAD", ""), print)
    with checked_out(change, print) as checkout:
        copied = checkout.worktrees["head"] / "vendor" / "lib"

        assert "3" == (copied / "lib.py").read_text()
        assert "deep" == (copied / "in ner" / "deep.py").read_text()
        assert ((copied / "new.py").exists(), (copied / "a.log").exists()) == (True, False)
        assert () == checkout.notes
