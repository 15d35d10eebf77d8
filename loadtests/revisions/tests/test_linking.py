"""Both copies of the code use what `link` names, and nothing of it is lost."""

from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.revisions.linking import checked_links
from loadtests.revisions.resolving import resolve_two
from loadtests.revisions.worktrees import checked_out
from loadtests.tests.repositories import Repository, new_repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A change of a service that needs packages and a file of settings, which git ignores."""
    made = new_repository(tmp_path / "project")
    made.commit("one", {".gitignore": "node_modules\n.env\n", "README": "", "only.py": ""})
    (made.folder / "only.py").unlink()
    made.commit("two", {"web/code.py": "2"})
    made.write({"web/node_modules/one/index.js": "1", "web/.env": "A=1"})
    return made


def test_both_revisions_have_what_is_linked(repository: Repository) -> None:
    """Also where the folder is new in the head; the working tree keeps its own."""
    change = repository.change()
    links = checked_links(change, repository.folder / "web", ["node_modules", ".env", ".env"])
    with checked_out(change, print, links) as checkout:
        for one in checkout.worktrees.values():
            assert "1" == (one / "web" / "node_modules" / "one" / "index.js").read_text()
            assert "A=1" == (one / "web" / ".env").read_text()

    assert (Path("web/node_modules"), Path("web/.env")) == links
    assert "1" == (repository.folder / "web" / "node_modules" / "one" / "index.js").read_text()
    assert [str(repository.folder)] == repository.worktrees()


def test_a_copy_of_the_working_tree_is_linked_too(repository: Repository) -> None:
    """What git does not ignore is there already, and the link takes its place."""
    repository.write({"plain/deep/file": "1", "file": "2"})
    change = resolve_two(repository.folder, ("HEAD", ""), print)
    links = checked_links(change, repository.folder, ["plain", "file", "web/.env"])
    with checked_out(change, print, links) as checkout:
        for one in checkout.worktrees.values():
            assert [True] * 3 == [(one / path).is_symlink() for path in links]
            assert "1" == (one / "plain" / "deep" / "file").read_text()
    assert "1" == (repository.folder / "plain" / "deep" / "file").read_text()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gone", "gone is not in the working tree"),
        ("web/code.py", r"web/code.py is tracked by git in head \("),
        ("web", r"web is tracked by git in head \("),
        ("only.py", r"only.py is tracked by git in base \("),
        (".git/config", "is not in the repository"),
        ("shortcut/.env", "shortcut/.env is behind a symbolic link"),
        ("README/inner", "is not in the working tree"),
    ],
)
def test_what_cannot_be_linked_is_refused(
    repository: Repository, tmp_path: Path, name: str, expected: str
) -> None:
    """Before anything is checked out."""
    (repository.folder / "only.py").write_text("untracked now")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / ".env").touch()
    (repository.folder / "shortcut").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigError, match=expected) as caught:
        checked_links(repository.change(), repository.folder, [name])
    assert 1 == len(str(caught.value).splitlines())


def test_a_folder_outside_of_the_repository_is_refused(
    repository: Repository, tmp_path: Path
) -> None:
    """The configuration need not lie in the repository."""
    (tmp_path / "x").touch()

    with pytest.raises(ConfigError, match="x is not in the repository"):
        checked_links(repository.change(), tmp_path, ["x"])


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_place_that_a_revision_uses_otherwise_is_refused(
    repository: Repository, tmp_path: Path, kind: str
) -> None:
    """What is a folder in the working tree may be a file or a link in the base."""
    repository.git("checkout", "--quiet", "-b", "other", "HEAD~1")
    if kind == "file":
        repository.folder.joinpath("web").rename(tmp_path / "web")
        repository.commit("file", {"web": ""})
    else:
        repository.folder.joinpath("web").rename(tmp_path / "web")
        (repository.folder / "web").symlink_to(tmp_path)
        repository.commit("link")
    (repository.folder / "web").unlink()
    repository.commit("head", {"web/code.py": "3"})
    (repository.folder / "web" / ".env").write_text("A=1")
    change = repository.change()
    links = checked_links(change, repository.folder, ["web/.env"])

    with pytest.raises(ConfigError, match=r"link: web/\.env .* in a revision"):
        checked_out(change, print, links).__enter__()
    assert not (tmp_path / ".env").exists()
    assert [str(repository.folder)] == repository.worktrees()
