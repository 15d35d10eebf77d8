"""The base that nobody named is the event's, else the default branch's, and it is said why."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loadtests.revisions.automatic import choose_base
from loadtests.revisions.events import Event
from loadtests.revisions.states import RevisionError, State
from loadtests.tests.repositories import Repository, new_repository

GONE = "12" * 20
ZEROS = "0" * 40


@dataclass
class Clone:
    """A clone of a repository whose branch `trunk` is the default one."""

    folder: Path
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> Repository:
        """Its working tree, on the branch `feature`."""
        return Repository(self.folder)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A new one."""
    origin = new_repository(tmp_path / "origin")
    first = origin.commit("first")
    origin.git("branch", "--move", "trunk")
    second = origin.commit("second")
    made = origin.clone(tmp_path / "clone")
    made.git("checkout", "--quiet", "-b", "feature")
    return Clone(made.folder, {"first": first, "second": second, "third": made.commit("third")})


@pytest.mark.parametrize(
    ("event", "subject", "name", "why"),
    [
        (Event("first", "the base of the pull request", needed=True), "first", "first", "the base"),
        (Event("first", "the commit before the push"), "first", "first", "the commit before"),
        (
            Event(ZEROS, "", default_branch="trunk"),
            "second",
            "origin/trunk",
            "a first push; origin/",
        ),
        (Event(GONE, "it", default_branch="trunk"), "second", "origin/trunk", "a forced push; "),
        (Event(default_branch="trunk"), "second", "origin/trunk", "origin/trunk is the default"),
        (Event(default_branch="feature"), "third", "feature", "feature is the default branch"),
        (Event(), "second", "origin/trunk", "origin/trunk is the default branch"),
    ],
)
def test_the_base_is_the_events_or_the_default_branch(
    event: Event, subject: str, name: str, why: str, clone: Clone
) -> None:
    """Zeros, and what a forced push took away, lead to the default branch."""
    known = Event(
        clone.ids.get(event.commit, event.commit), event.what, event.needed, event.default_branch
    )
    chosen = choose_base(clone.folder, known)

    assert (subject, clone.ids.get(name, name)) == (chosen.commit.subject, chosen.name)
    assert why in chosen.why


def test_outside_of_ci_usual_names_are_tried(clone: Clone) -> None:
    """Where the clone does not know the default branch; a tag of that name is none."""
    git = clone.repository.git
    git("remote", "set-head", "origin", "--delete")
    git("tag", "main", "feature")
    with pytest.raises(RevisionError) as caught:
        choose_base(clone.folder, Event())

    assert State.UNKNOWN_BASE == caught.value.state
    assert "has no branch origin/main or origin/master or main. Fetch it: `git fetch origin " in (
        str(caught.value)
    )
    git("branch", "main", "trunk")
    assert "main" == choose_base(clone.folder, Event()).name
    git("update-ref", "refs/remotes/origin/master", "trunk")
    assert "origin/master" == choose_base(clone.folder, Event()).name


def test_a_base_that_must_be_there_has_no_substitute(clone: Clone) -> None:
    """A pull request may be for any branch."""
    with pytest.raises(RevisionError, match="the base of the pull request, 1212") as caught:
        choose_base(clone.folder, Event(GONE, "the base of the pull request", needed=True))

    assert State.UNKNOWN_BASE == caught.value.state


@pytest.mark.parametrize("event", [Event(GONE, "it"), Event(default_branch="other")])
def test_what_a_shallow_clone_lacks_is_not_gone(event: Event, clone: Clone, tmp_path: Path) -> None:
    """More of the history may have it."""
    shallow = clone.repository.clone(tmp_path / "shallow", "--depth", "1")
    with pytest.raises(RevisionError) as caught:
        choose_base(shallow.folder, event)

    assert State.SHALLOW == caught.value.state
    assert "fetch-depth: 0" in str(caught.value)
