"""What a copy lacks because git ignores it is named."""

from pathlib import Path

from loadtests.revisions.ignored import missing_in_copies
from loadtests.tests.repositories import Repository, new_repository

IGNORED = ".env\nnode_modules/\n__pycache__/\nruns/\n*.log\n.venv\n"


def service(folder: Path) -> Repository:
    made = new_repository(folder / "project")
    made.commit("one", {".gitignore": IGNORED, "web/code.py": ""})
    made.write({"web/.env": "", "web/node_modules/a/b.js": "", "web/a.log": ""})
    made.write({"web/__pycache__/x.pyc": "", "web/runs/1/run.json": "", ".venv/bin/python": ""})
    return made


def test_what_git_ignores_is_named(tmp_path: Path) -> None:
    """From the folder where the server runs, without caches, and with what to do."""
    assert (
        "not in the copies of the code, because git ignores them: .env, node_modules/; make them "
        "by `build`, or name them in `link` of [revisions]"
    ) == missing_in_copies(service(tmp_path).folder / "web")


def test_what_the_copies_have_is_not_named(tmp_path: Path) -> None:
    """Such as what the build made in each of them."""
    web = service(tmp_path).folder / "web"
    copies = [tmp_path / name for name in ("base", "head")]
    for copy in copies:
        (copy / "node_modules").mkdir(parents=True)
    (copies[0] / ".env").touch()

    assert "ignores them: .env; make" in missing_in_copies(web, copies)
    (copies[1] / ".env").touch()
    assert "" == missing_in_copies(web, copies)


def test_many_are_counted(tmp_path: Path) -> None:
    """And what a terminal could obey is not shown."""
    repository = new_repository(tmp_path / "project")
    repository.commit("one", {".gitignore": "*.x\n"})
    repository.write({f"{number}\x1b.x": "" for number in range(7)})

    assert ": 0?.x, 1?.x, 2?.x, 3?.x, 4?.x and 2 more; " in missing_in_copies(repository.folder)
    assert "" == missing_in_copies(tmp_path)
