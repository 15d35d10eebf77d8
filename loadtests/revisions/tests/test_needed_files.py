"""What a server's command names and git ignores is refused; all else is not."""

import pytest

from loadtests.revisions.needed_files import check_needed_files
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.tests.shop import target
from loadtests.tests.repositories import Repository


@pytest.fixture
def ignoring(shop: Repository) -> Repository:
    """With a folder and a file that git ignores."""
    shop.commit("ignore", {".gitignore": "versus.toml\n.venv/\n.env\n"})
    shop.write({".venv/bin/run": "", "shop/.env": "", "shop/data/new.json": ""})
    return shop


def check(repository: Repository, words: list[str], variables: str = "") -> None:
    (server,) = repository.plan(target(*words, more=variables)).servers
    check_needed_files(server, repository.change(), repository.folder.parent / "none")


@pytest.mark.parametrize(
    ("words", "variables", "name", "link"),
    [
        (["../.venv/bin/run"], "", ".venv/bin/run", ".venv"),
        (["-c", "PATH=$PWD/../x:../.venv/bin/run run"], "", ".venv/bin/run", ".venv"),
        (["--env-file=./.env"], "", "shop/.env", "shop/.env"),
        (["x"], 'environment = { LIBRARIES = "/usr/lib:{top}/.venv/bin" }', ".venv/bin", ".venv"),
    ],
)
def test_an_ignored_path_is_named(
    ignoring: Repository, words: list[str], variables: str, name: str, link: str
) -> None:
    """From the folder where the server runs, within words and lists."""
    with pytest.raises(RevisionError) as caught:
        check(ignoring, words, variables.replace("{top}", str(ignoring.folder)))

    assert State.IGNORED is caught.value.state
    assert f"the server needs {name}, which no copy" in str(caught.value)
    assert f'link = ["{link}"]' in str(caught.value)


@pytest.mark.parametrize(
    "words", [["/usr/bin/env"], ["../.venv/none"], [".env"], ["GET /x/y"], ["a/b"], ["/"]]
)
def test_other_words_are_not_refused(ignoring: Repository, words: list[str]) -> None:
    """Others' files, what is missing, plain words."""
    check(ignoring, words)


def test_a_file_that_was_not_committed_is_refused(ignoring: Repository) -> None:
    """Both would run the one of the working tree."""
    with pytest.raises(RevisionError) as caught:
        check(ignoring, [f"{ignoring.folder}/shop/data/new.json"])

    assert (State.DIRTY, 2) == (caught.value.state, caught.value.exit_code)
    assert "the server needs shop/data/new.json, which a revision lacks" in str(caught.value)
