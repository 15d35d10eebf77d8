"""An event names the base, or nothing, or is refused; it is somebody else's text."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loadtests.revisions.events import Event, read_event
from loadtests.revisions.states import RevisionError, State

ID = "0123456789abcdef0123456789abcdef01234567"
ZEROS = "0" * 40
REPOSITORY = {"default_branch": "trunk"}
PULL = {"pull_request": {"base": {"sha": ID}}, "before": "f" * 40}

Read = Callable[[str, Any], Event]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The event of GitHub with a name and a content."""

    def of(name: str, content: Any) -> Event:
        path = tmp_path / "event.json"
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
        return read_event({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path)})

    return of


@pytest.mark.parametrize(
    ("name", "content", "commit", "needed"),
    [
        ("pull_request", PULL, ID, True),
        ("pull_request_target", PULL, ID, True),
        ("merge_group", {"merge_group": {"base_sha": ID}}, ID, True),
        ("push", {"before": ID}, ID, False),
        ("push", {"before": ZEROS}, ZEROS, False),
        ("push", {}, "", False),
        ("workflow_dispatch", {"inputs": {"before": ID}}, "", False),
        ("schedule", {}, "", False),
    ],
)
def test_an_event_of_github_names_its_base(
    name: str, content: dict[str, Any], commit: str, needed: bool, read: Read
) -> None:
    """A pull request's event has a `before`, too, which is not its base."""
    event = read(name, content | {"repository": REPOSITORY})

    assert (commit, needed, "trunk") == (event.commit, event.needed, event.default_branch)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is not JSON"),
        ("[" * 200_000, "is not JSON"),
        ("\udcff".encode("utf-8", "surrogateescape").decode("latin-1"), "is not JSON"),
        ("[]", "pull_request.base.sha is missing"),
        ({"pull_request": [ID]}, "pull_request.base.sha is missing"),
        ({"pull_request": {"base": {"sha": 7}}}, "is no id of a commit"),
        ({"pull_request": {"base": {"sha": "main"}}}, "is no id of a commit"),
        ({"pull_request": {"base": {"sha": f"{ID}\n"}}}, "is no id of a commit"),
        (PULL | {"repository": {"default_branch": "--upload-pack=x"}}, "is no name of a branch"),
        (PULL | {"repository": {"default_branch": "main~3"}}, "is no name of a branch"),
        (PULL | {"repository": {"default_branch": "x" * 300}}, "is no name of a branch"),
        (PULL | {"repository": {"default_branch": ["main"]}}, "is no name of a branch"),
    ],
)
def test_an_event_that_cannot_be_meant_is_refused(content: Any, expected: str, read: Read) -> None:
    """Another base than the event's would be measured without anybody's knowing."""
    with pytest.raises(RevisionError, match=expected) as caught:
        read("pull_request", content)

    assert State.UNKNOWN_BASE == caught.value.state
    assert "--base origin/main" in str(caught.value)


def test_a_file_of_an_event_is_read_up_to_a_size(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have any; and it may not be there at all."""
    monkeypatch.setattr("loadtests.revisions.events._FILE_BYTES_MAX", 10)
    with pytest.raises(RevisionError, match="has more than 10 bytes"):
        read("push", {"before": ID})
    for path in ("", "/no/such/file", "a\0b"):
        with pytest.raises(RevisionError, match="GITHUB_EVENT_PATH"):
            read_event({"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": path})


@pytest.mark.parametrize(
    ("variables", "commit", "needed"),
    [
        ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": ID, "CI_COMMIT_BEFORE_SHA": ZEROS}, ID, True),
        (
            {
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": "f" * 40,
                "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": ID,
            },
            ID,
            True,
        ),
        ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": "", "CI_COMMIT_BEFORE_SHA": ID}, ID, False),
        ({"CI_COMMIT_BEFORE_SHA": ZEROS}, ZEROS, False),
        ({}, "", False),
    ],
)
def test_a_pipeline_of_gitlab_names_its_base(
    variables: dict[str, str], commit: str, needed: bool
) -> None:
    """A merge request before a push; of merged results, the target is the base."""
    event = read_event({"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "trunk", **variables})

    assert (commit, needed, "trunk") == (event.commit, event.needed, event.default_branch)


def test_a_variable_of_gitlab_that_cannot_be_meant_is_refused() -> None:
    """As in a file of GitHub."""
    with pytest.raises(RevisionError, match="CI_COMMIT_BEFORE_SHA is no id of a commit"):
        read_event({"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": "main"})


def test_outside_of_ci_there_is_no_event() -> None:
    """Variables of jobs mean nothing there."""
    assert Event() == read_event({"CI_COMMIT_BEFORE_SHA": ID})
