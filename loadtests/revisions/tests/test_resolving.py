"""Names become two commits, or a named state that says what to do."""

import shlex
from pathlib import Path

import pytest

from loadtests.revisions.resolving import check_clean, resolve, untracked, untracked_line
from loadtests.revisions.states import RevisionError, State
from loadtests.tests.repositories import Repository, new_repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A change of two commits; the branch that it started from has gone on since."""
    made = new_repository(tmp_path / "project")
    made.commit("older")
    made.commit("start", {"code.py": "1", ".gitignore": "ignored\n"})
    made.git("tag", "v1")
    made.git("checkout", "--quiet", "-b", "feature")
    made.commit("first", {"code.py": "2"})
    made.commit("second", {"code.py": "3"})
    made.git("checkout", "--quiet", "main")
    made.commit("of others", {"other.py": "1"})
    made.git("checkout", "--quiet", "feature")
    return made


def refused(root: Path, base: str = "main") -> RevisionError:
    with pytest.raises(RevisionError) as caught:
        check_clean(resolve(root, base, lambda _: None))
    assert 1 == len(str(caught.value).splitlines())
    return caught.value


@pytest.mark.parametrize("name", ["main", "v1", "HEAD~2", "id", "short id"])
def test_the_base_is_what_the_change_started_from(repository: Repository, name: str) -> None:
    """Whatever names it, what others have added since is no part of the change."""
    started = repository.git("rev-parse", "v1")
    names = {"id": started, "short id": started[:7]}
    said: list[str] = []
    change = resolve(repository.folder, names.get(name, name), said.append)
    check_clean(change)

    assert ("start", "second") == (change.base.subject, change.head.subject)
    assert (started, repository.git("rev-parse", "HEAD")) == (change.base.id, change.head.id)
    assert repository.git("show", "-s", "--format=%cI", "v1") == change.base.committed_at
    assert (12, repository.folder, False) == (len(change.base.short), change.top, change.unchanged)
    assert said[0].startswith(f"base: {started[:12]} 'start' of 20")
    assert said[1].startswith(f"head: {change.head.short} 'second' of 20")


def test_a_project_may_be_below_its_repository(repository: Repository) -> None:
    """Its own folder and the repository's are told apart."""
    repository.commit("move", {"services/shop/code.py": "1"})
    change = resolve(repository.folder / "services" / "shop", "main", lambda _: None)

    assert (repository.folder, "start") == (change.top, change.base.subject)
    assert Path("services/shop/code.py") == change.relative(change.root / "code.py")
    assert change.relative(change.root / "../../../elsewhere") is None
    assert change.has("head", Path("services/shop"))
    assert not change.has("base", Path("services/shop"))


@pytest.mark.parametrize("base", ["HEAD", "feature", "ahead"])
def test_the_same_commit_twice_is_a_change_too(repository: Repository, base: str) -> None:
    """So it is where the base is HEAD itself, or has all of HEAD already."""
    repository.git("checkout", "--quiet", "-b", "ahead")
    repository.commit("third")
    repository.git("checkout", "--quiet", "feature")
    said: list[str] = []
    change = resolve(repository.folder, base, said.append)

    assert (True, "second") == (change.unchanged, change.base.subject)
    assert "head: the same commit; any effect is then measurement error" == said[1]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("origin/main", "Fetch it: `git fetch origin main:refs/remotes/origin/main`."),
        ("gone", "such as origin/main after `git fetch origin main:refs/remotes/origin/main`."),
        ("HEAD~9", "the history of HEAD does not go so far back. Name a later one."),
        ("0123456789", "Give the whole id, and fetch it: `git fetch origin ID`."),
        ("12" * 20, f"Fetch it: `git fetch origin {'12' * 20}`. If the server does not have it"),
        ("behind", "Did you mean 'origin/behind'?"),
        ("--all", "'--all' is no branch, tag or commit of "),
        ("", "'' is no branch, tag or commit of "),
        ("HEAD:code.py", "'HEAD:code.py' is no branch, tag or commit of "),
        ("a\0b", "'a\\x00b' is no branch, tag or commit of "),
    ],
)
def test_an_unknown_base_says_how_to_get_it(
    repository: Repository, base: str, expected: str
) -> None:
    """A wrong name and one that was not fetched need different things."""
    repository.git("remote", "add", "origin", "elsewhere")
    repository.git("update-ref", "refs/remotes/origin/behind", "main")
    error = refused(repository.folder, base)

    assert (State.UNKNOWN_BASE, 2) == (error.state, error.state.exit_code)
    assert expected in str(error)


def remedy(error: RevisionError) -> list[str]:
    """The arguments for git that a message tells to give."""
    program, *arguments = shlex.split(str(error).split("`")[1])
    assert "git" == program
    return arguments


def test_each_remedy_of_a_shallow_clone_leads_on(repository: Repository, tmp_path: Path) -> None:
    """What the messages say to run makes the base known, and then what it has in common."""
    clone = repository.clone(tmp_path / "clone", "--depth", "1", "--branch", "feature")
    unknown = refused(clone.folder, "origin/main")
    clone.git(*remedy(unknown))
    shallow = refused(clone.folder, "origin/main")
    clone.git(*remedy(shallow))

    assert (State.SHALLOW, State.SHALLOW) == (unknown.state, shallow.state)
    assert "fetch-depth: 0" in str(shallow)
    assert "start" == clone.change("origin/main").base.subject


def test_what_a_shallow_clone_cuts_off_is_no_unknown_name(
    repository: Repository, tmp_path: Path
) -> None:
    """Nothing that could be fetched by itself has such a name."""
    clone = repository.clone(tmp_path / "clone", "--depth", "1", "--branch", "feature")
    error = refused(clone.folder, "HEAD~1")
    clone.git(*remedy(error))

    assert State.SHALLOW is error.state
    assert "first" == clone.change("HEAD~1").base.subject


def test_unrelated_histories_are_not_compared(repository: Repository) -> None:
    """Nothing is in common where a branch began anew."""
    repository.git("checkout", "--quiet", "--orphan", "new")
    repository.commit("new")
    error = refused(repository.folder)

    assert (State.UNRELATED, 2) == (error.state, error.state.exit_code)


def test_a_folder_without_a_repository_is_said_to_be_one(tmp_path: Path) -> None:
    """So is a repository in which nothing was committed yet."""
    new_repository(tmp_path / "empty")
    plain, empty = refused(tmp_path), refused(tmp_path / "empty")

    assert [State.NO_REPOSITORY] * 2 == [plain.state, empty.state]
    assert "has no commit yet" in str(empty)


def test_a_folder_of_another_user_says_how_to_trust_it(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git refuses to work in it, which is no missing repository."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    error = refused(repository.folder)

    assert (State.UNTRUSTED, 2) == (error.state, error.exit_code)
    assert f"`git config --global --add safe.directory {repository.folder}`" in str(error)


def test_a_missing_git_is_said(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else can be found out then."""
    monkeypatch.setenv("PATH", str(repository.folder))

    assert State.GIT_MISSING == refused(repository.folder).state


@pytest.mark.parametrize(
    ("name", "staged"), [("code.py", False), ("code.py", True), ("new.py", True)]
)
def test_what_is_not_committed_is_refused(repository: Repository, name: str, staged: bool) -> None:
    """It would not be measured, and somebody could believe that it was."""
    repository.write({name: "4", "ignored": "5"})
    if staged:
        repository.git("add", name)
    error = refused(repository.folder)

    assert (State.DIRTY, 2) == (error.state, error.state.exit_code)
    assert str(error).startswith(
        f"uncommitted changes: {name} would not be measured. Commit them, or"
    )


def test_of_many_changes_some_are_named(repository: Repository) -> None:
    """One line has no place for all; a file that was renamed is one change."""
    repository.write({f"new{number}": str(number) for number in range(5)})
    repository.git("add", "--all")
    repository.git("mv", "code.py", "neu ü.py")

    assert "neu ü.py, new0, new1 and 3 more would" in str(refused(repository.folder))


def test_what_git_does_not_keep_is_said_and_no_error(repository: Repository) -> None:
    """It is in neither revision, whatever git is set to show; what is ignored is not said."""
    change = repository.change("main")
    assert () == untracked(change)
    repository.git("config", "status.showUntrackedFiles", "no")
    repository.write({"b\x1b": "", "a ü": "", "folder/x": "", "folder/y": "", "ignored": ""})
    check_clean(change)

    assert ("a ü", "b?", "folder/") == untracked(change)
    assert "not measured: a ü, b?, folder/ (untracked: in neither revision)" == (
        untracked_line(untracked(change))
    )


def test_not_every_untracked_name_is_kept(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be any number."""
    monkeypatch.setattr("loadtests.revisions.resolving._FILES_MAX", 2)
    repository.write(dict.fromkeys("abcde", ""))

    assert ("a", "b", "and 3 more") == untracked(repository.change("main"))


def test_a_base_of_zeros_is_no_commit(repository: Repository) -> None:
    """A first push has it; nothing can be fetched."""
    error = refused(repository.folder, "0" * 40)

    assert (State.NO_BASE, 3) == (error.state, error.exit_code)
    assert "`--base origin/main`" in str(error)
    assert "fetch" not in str(error)


@pytest.fixture
def outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests run in jobs, too."""
    for name in ("GITHUB_EVENT_NAME", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("outside_of_ci")
def test_a_base_is_found_and_said(repository: Repository) -> None:
    """The merge base with it counts, as with a base that was named."""
    said: list[str] = []
    change = resolve(repository.folder, "auto", said.append)

    assert ("main", "start") == (change.ref, change.base.subject)
    assert "--base auto: main is the default branch" == said[0]
    assert said[1].endswith(", the merge base of HEAD and main")


@pytest.mark.usefixtures("outside_of_ci")
@pytest.mark.parametrize("branch", ["main", "behind"])
def test_a_base_that_is_found_and_holds_all_is_none(repository: Repository, branch: str) -> None:
    """Nobody asked to compare a commit with itself, and it would pass."""
    repository.git("checkout", "--quiet", "-B", branch, "main" if branch == "main" else "main~1")
    error = refused(repository.folder, "auto")

    assert (State.NO_BASE, 3) == (error.state, error.exit_code)
    assert "`--base HEAD~1`" in str(error)
    assert repository.change("main").unchanged


def test_a_wrong_clone_is_no_unrelated_history(repository: Repository) -> None:
    """An error of git is not read as an answer."""
    repository.write({".git/shallow": "nonsense"})
    error = refused(repository.folder)

    assert State.NO_REPOSITORY == error.state


def test_git_is_not_led_elsewhere(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook of another repository may have started us."""
    monkeypatch.setenv("GIT_DIR", str(new_repository(tmp_path / "other").folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))

    check_clean(resolve(repository.folder, "main", lambda _: None))


def test_a_subject_cannot_act_on_a_terminal(repository: Repository) -> None:
    """It is somebody else's text."""
    repository.commit("\x1b[31mred")

    assert "?[31mred" == repository.change().head.subject


def test_no_state_is_a_pass() -> None:
    """Nor is any a regression."""
    assert {2, 3, 4} == {state.exit_code for state in State}
