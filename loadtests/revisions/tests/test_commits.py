"""A name is one commit, or none, or a named reason why git cannot say which."""

from pathlib import Path

import pytest

from loadtests.revisions.commits import fetch_advice, find_commit, is_no_commit, top_folder
from loadtests.revisions.states import RevisionError, State
from loadtests.tests.repositories import Repository, new_change


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Two commits on main."""
    return new_change(tmp_path / "project")


def subject(repository: Repository, name: str) -> str | None:
    commit = find_commit(repository.folder, name)
    return commit.subject if commit else None


def refused(repository: Repository, name: str) -> RevisionError:
    with pytest.raises(RevisionError) as caught:
        find_commit(repository.folder, name)
    return caught.value


@pytest.mark.parametrize("name", ["x", "x~0", "x^{commit}"])
def test_a_branch_and_a_tag_of_one_name_are_ambiguous(repository: Repository, name: str) -> None:
    """Git would take the tag, and most people mean the branch."""
    repository.git("branch", "x", "HEAD~1")
    repository.git("tag", "-a", "-m", "x", "x")
    error = refused(repository, name)

    assert (State.AMBIGUOUS, 2) == (error.state, error.exit_code)
    assert "refs/tags/x, refs/heads/x" in str(error)
    assert "one" == subject(repository, "refs/heads/x")
    assert "two" == subject(repository, "refs/tags/x")


def test_two_names_of_one_commit_are_no_matter(repository: Repository) -> None:
    """Nor are the branches below a name, or a tag that is called as an id begins."""
    repository.git("branch", "y/HEAD")
    repository.git("tag", "main")
    repository.git("tag", "HEAD", "HEAD~1")

    assert "two" == subject(repository, "main") == subject(repository, "HEAD")
    assert subject(repository, "y") is None


def test_the_beginning_of_two_ids_is_ambiguous(repository: Repository) -> None:
    """With as few digits as git takes, some of 600 commits begin alike."""
    tree = repository.git("rev-parse", "HEAD^{tree}")
    lines = [
        f"commit refs/heads/many\ncommitter A <a@example.test> {number} +0000\ndata 0\n"
        f"M 040000 {tree} \n"
        for number in range(600)
    ]
    feed = repository.folder / "feed"
    feed.write_text("\n".join(lines), encoding="utf-8")
    repository.git("-c", f"alias.feed=!git fast-import --quiet <'{feed}'", "feed")
    ids = repository.git("rev-list", "many").split()
    starts = [one[:4] for one in ids]
    start = next(one for one in starts if starts.count(one) > 1)
    error = refused(repository, start)

    assert State.AMBIGUOUS == error.state
    for one in ids:
        assert one.startswith(start) == (one in str(error))


def test_only_zeros_are_no_commit() -> None:
    """In both lengths of ids."""
    assert [True, True, False, False] == [
        is_no_commit(one) for one in ("0" * 40, "0" * 64, "0" * 39, "0" * 39 + "1")
    ]


def test_a_whole_id_that_is_not_there_may_be_gone(repository: Repository) -> None:
    """What a forced push took away cannot be fetched."""
    advice = fetch_advice(repository.folder, "12" * 20)

    assert f"`git fetch origin {'12' * 20}`" in advice
    assert "as after a forced push, name a branch" in advice
    # git fetches by whole ids only.
    assert "`git fetch origin ID`" in fetch_advice(repository.folder, "12" * 5)


def test_a_folder_of_another_user_is_named_whole(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trust is in a repository's top folder, from wherever the command is called."""
    repository.write({"deep/er/code.py": ""})
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(RevisionError) as caught:
        top_folder(repository.folder / "deep" / "er")

    assert State.UNTRUSTED == caught.value.state
    assert f"--add safe.directory {repository.folder}`" in str(caught.value)


def partial(repository: Repository, folder: Path, kind: str) -> Repository:
    """A clone without such objects, whose server cannot be reached any more."""
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    made = repository.clone(folder, "--no-checkout", f"--filter={kind}")
    repository.folder.rename(repository.folder.with_name("away"))
    return made


def test_a_partial_clone_without_contents_still_has_its_files(
    repository: Repository, tmp_path: Path
) -> None:
    """Whether a revision has a file, its tree says; an error is never read as no."""
    names = ("code.py", ":(top)x", "a b/ü*\"'", "sub/deep.py")
    repository.commit("three", dict.fromkeys(names, "1"))
    clone = partial(repository, tmp_path / "clone", "blob:none")
    change = clone.change("HEAD~1")

    assert all(change.has("head", Path(name)) for name in names)
    assert [True, False, False] == [
        change.has("base", Path(name)) for name in ("code.py", "sub", "code.py/x")
    ]


def test_a_partial_clone_without_trees_is_said_to_be_one(
    repository: Repository, tmp_path: Path
) -> None:
    """And what its message says to run makes it whole."""
    clone = partial(repository, tmp_path / "clone", "tree:0")
    change = clone.change("HEAD~1")
    with pytest.raises(RevisionError) as caught:
        change.has("base", Path("code.py"))
    unknown = refused(clone, "12" * 20)
    repository.folder.with_name("away").rename(repository.folder)

    assert (State.PARTIAL, 2) == (caught.value.state, caught.value.exit_code)
    assert State.PARTIAL == unknown.state
    assert "without `filter`" in str(caught.value)
    assert find_commit(clone.folder, "12" * 20) is None
    clone.git(*str(caught.value).split("`")[1].split()[1:], "--quiet")
    repository.folder.rename(repository.folder.with_name("gone"))
    assert change.has("base", Path("code.py"))
    assert "1" == clone.git("show", "HEAD~1:code.py")
