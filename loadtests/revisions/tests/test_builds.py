"""A build is used again in its place, and always starts from exactly what it left."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from loadtests.revisions import builds
from loadtests.revisions.builds import Recipe
from loadtests.revisions.folders import lock_file, locked
from loadtests.revisions.linking import checked_links
from loadtests.revisions.resolving import Change, Side, resolve_two
from loadtests.revisions.worktrees import Checkout, checked_out
from loadtests.tests.repositories import Repository, new_repository

RECIPE = Recipe(("make", "all"))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A change of one file."""
    made = new_repository(tmp_path / "project")
    made.commit("one", {"code.py": "1", "linked/x": ""})
    made.commit("two", {"code.py": "2"})
    return made


@contextmanager
def built(
    change: Change,
    said: list[str] | None = None,
    recipe: Recipe = RECIPE,
    links: tuple[Path, ...] = (),
) -> Iterator[Checkout]:
    """Both revisions, built: what a build makes holds the name of its commit."""
    report = print if said is None else said.append
    with checked_out(change, report, links, recipe) as checkout:
        for side, worktree in checkout.worktrees.items():
            if side not in checkout.built:
                (worktree / "made").mkdir()
                (worktree / "made" / "program").write_text(change.commits[side].id)
                assert "" == checkout.keep(side)
        yield checkout


def use(repository: Repository, recipe: Recipe = RECIPE) -> set[str]:
    """The sides that come from the cache."""
    with built(repository.change(), recipe=recipe) as checkout:
        return set(checkout.built)


def kept(repository: Repository) -> list[Path]:
    return sorted((repository.folder / ".versus" / "builds").glob("*/code-*"))


def test_a_build_is_used_again_in_the_same_place(repository: Repository) -> None:
    """Of both sides, also where a commit has become the base; git knows the worktree."""
    change, said = repository.change(), list[str]()
    with built(change) as checkout:
        assert set() == checkout.built
        first = dict(checkout.worktrees)
    with built(change, said) as checkout:
        assert {"base", "head"} == checkout.built
        assert first == checkout.worktrees
    assert f"base ({change.base.short}) comes from the cache of builds" in said
    repository.commit("three", {"code.py": "3"})
    with built(repository.change()) as checkout:
        assert {"base"} == checkout.built
        assert first["head"] == checkout.worktrees["base"]
    assert {str(one) for one in kept(repository)} == set(repository.worktrees()[1:])
    assert 3 == len(kept(repository))


def test_what_came_later_is_removed(repository: Repository) -> None:
    """Files, folders and links that a server made; what links lead to stays."""
    with built(repository.change()) as checkout:
        worktree = checkout.worktrees["head"]
        (worktree / "made" / "__pycache__").mkdir()
        (worktree / "made" / "__pycache__" / "x.pyc").touch()
        (worktree / "data" / "deep").mkdir(parents=True)
        (worktree / "data" / "out").symlink_to(repository.folder)
        (worktree / "b\udcff\n").touch()

    files = {one.relative_to(worktree).as_posix() for one in worktree.rglob("*")}
    assert {".git", "code.py", "linked", "linked/x", "made", "made/program"} == files
    assert (repository.folder / "code.py").exists()
    assert {"base", "head"} == use(repository)


@pytest.mark.parametrize("harm", ["write", "remove", "commit"])
def test_a_build_that_was_changed_is_dropped(repository: Repository, harm: str) -> None:
    """The next use starts from a new one."""
    said: list[str] = []
    with built(repository.change(), said) as checkout:
        program = checkout.worktrees["head"] / "made" / "program"
        if harm == "write":
            program.write_text("x" * 40)
        elif harm == "remove":
            program.unlink()
        else:
            Repository(program.parents[1]).commit("own")

    if harm != "commit":
        assert 1 == len(kept(repository))
        message = said[-1]
        assert f"the build of head ({repository.change().head.short}) is not kept: made" in message
    assert {"base"} == use(repository)
    assert {"base", "head"} == use(repository)


def test_what_a_killed_run_left_is_removed_before_the_next(repository: Repository) -> None:
    """As after a use: new files go, and a changed file drops the entry."""
    use(repository)
    base, head = (
        next(one for one in kept(repository) if one.name.endswith(commit.short))
        for commit in repository.change().commits.values()
    )
    (base / "new").touch()
    (head / "code.py").write_text("changed")
    with built(repository.change()) as checkout:
        assert {"base"} == checkout.built
        assert not (base / "new").exists()
        assert "2" == (head / "code.py").read_text()


def test_a_build_that_is_not_kept_leaves_nothing(repository: Repository) -> None:
    """As one that failed or was interrupted."""
    with suppress(ZeroDivisionError), checked_out(repository.change(), print, recipe=RECIPE) as one:
        assert "" == one.keep("base")
        raise ZeroDivisionError

    assert 1 == len(kept(repository))
    assert {"base"} == use(repository)


def test_a_half_made_entry_is_removed(repository: Repository) -> None:
    """The run that made it was killed; its list of files was never written."""
    folder = repository.folder / ".versus" / "builds" / "abc"
    repository.git("worktree", "add", "--quiet", "--detach", str(folder / "code-1"))
    said: list[str] = []
    with checked_out(repository.change(), said.append):
        pass

    assert [f"removing a build that was not finished: {folder}"] == said
    assert [str(repository.folder)] == repository.worktrees()
    assert [] == list(folder.parent.iterdir())


def test_a_cache_that_was_deleted_is_made_again(repository: Repository) -> None:
    """Git still knew the worktrees; it forgets ours alone."""
    own = repository.folder.parent / "own"
    repository.git("worktree", "add", "--quiet", "--detach", str(own))
    for deleted in (".versus/builds", ".versus"):
        use(repository)
        shutil.rmtree(repository.folder / deleted)
        own.rename(own.with_name("away"))

        assert set() == use(repository)
        own.with_name("away").rename(own)
        assert {"base", "head"} == use(repository)
    shutil.rmtree(repository.folder / ".versus")
    with checked_out(repository.change(), print):
        pass
    assert [str(repository.folder), str(own)] == repository.worktrees()


def test_a_repository_that_was_moved_builds_anew(repository: Repository, tmp_path: Path) -> None:
    """What is built contains paths."""
    use(repository)
    moved = Repository(repository.folder.rename(tmp_path / "moved"))

    assert set() == use(moved)
    assert {"base", "head"} == use(moved)


def test_a_build_in_use_is_not_shared(repository: Repository) -> None:
    """This run makes its own, at a path that is as long, and keeps nothing of it."""
    use(repository)
    change, said = repository.change(), list[str]()
    place = next(one for one in kept(repository) if one.name.endswith(change.head.short))
    with locked(lock_file(place.parent)), built(change, said) as checkout:
        worktrees = checkout.worktrees
        assert {"base"} == checkout.built
        assert place != worktrees["head"]
    title = f"head ({change.head.short})"
    assert f"another run uses the build of {title}; this run makes its own" in said
    assert 1 == len({len(str(one)) for one in worktrees.values()})
    assert not worktrees["head"].exists()
    assert {"base", "head"} == use(repository)


def test_the_ones_used_last_are_kept(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others go, with what git knows of them."""
    assert 4 == builds.ENTRIES_MAX
    monkeypatch.setattr(builds, "ENTRIES_MAX", 2)
    first, second = Recipe(("1",)), Recipe(("2",))
    for recipe in (first, second):
        use(repository, recipe)

    assert 2 == len(kept(repository)) == len(repository.worktrees()) - 1
    assert {"base", "head"} == use(repository, second)
    assert set() == use(repository, first)


def test_the_same_commit_has_two_builds(repository: Repository) -> None:
    """Each side is built and kept on its own."""
    for expected in (set(), {"base", "head"}):
        with built(repository.change("HEAD")) as checkout:
            assert expected == checkout.built
            assert 2 == len(set(checkout.worktrees.values()))


def test_a_copy_of_the_working_tree_is_not_kept(repository: Repository) -> None:
    """Its files are nobody's commit."""
    repository.write({"code.py": "3"})
    for expected in (set(), {"base"}):
        with built(resolve_two(repository.folder, ("HEAD", ""), print)) as checkout:
            assert expected == checkout.built
    assert 1 == len(kept(repository))


def test_a_revision_that_lacks_files_is_not_kept(repository: Repository) -> None:
    """They may be there the next time."""
    commit = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},vendor")
    repository.git("commit", "--quiet", "--message", "three")
    for expected in (set(), {"base"}):
        with built(repository.change()) as checkout:
            assert expected == checkout.built
            assert 1 == len(checkout.notes)


def test_a_build_of_too_many_files_is_not_kept(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is said."""
    monkeypatch.setattr(builds, "FILES_MAX", 3)
    with checked_out(repository.change(), print, recipe=RECIPE) as checkout:
        assert "it has more than 3 files" == checkout.keep("base")
    assert [] == kept(repository)


def test_what_decides_a_build_decides_its_place(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Command, folder, tools and links; the side only where the command names it."""
    change, home = repository.change(), repository.folder
    (repository.folder / "packages").mkdir()
    links = checked_links(change, repository.folder, ["packages"])

    def digest(*words: str, folder: str = "", side: Side = "base", linked: bool = False) -> str:
        # Either side's commit is HEAD, the head's beside another one.
        other = repository.change("HEAD") if side == "base" else change
        recipe = Recipe(words, Path(folder))
        return builds.entry_of(other, side, recipe, links if linked else (), home).digest

    plain = digest("make")
    assert plain == digest("make") == digest("make", side="head")
    assert digest("make", "{side}") != digest("make", "{side}", side="head")
    linked = digest("make", linked=True)
    (repository.folder / "packages" / "new").mkdir()
    others = [digest("make", "x"), digest("make", folder="web"), linked]
    monkeypatch.setenv("MAKEFLAGS", "-j")
    monkeypatch.setenv("TERM_SESSION", "x")
    assert plain == digest("make")
    monkeypatch.setenv("CFLAGS", "-O0")
    others += [digest("make"), digest("make", linked=True)]
    monkeypatch.setenv("PATH", f"/no/where{os.pathsep}{os.environ['PATH']}")
    others += [digest("make")]
    assert len(others) + 1 == len({plain, *others})
