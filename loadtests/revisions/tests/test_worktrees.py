"""Each revision has its files, and nothing of them stays."""

import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.revisions.resolving import check_clean, resolve_two
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.worktrees import checked_out
from loadtests.tests.repositories import Repository, new_change

ROOT = Path(__file__).parents[3]

CHECK_OUT = """
import sys, time
from pathlib import Path
from loadtests.revisions.resolving import resolve
from loadtests.revisions.worktrees import checked_out
with checked_out(resolve(Path(sys.argv[1]), "HEAD~1", print), print):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A change of one file."""
    return new_change(tmp_path / "project")


def check_nothing_is_left(repository: Repository) -> None:
    assert [str(repository.folder)] == repository.worktrees()
    assert [".lock"] == [path.name for path in left(repository)]


def left(repository: Repository) -> list[Path]:
    return list((repository.folder / ".versus" / "revisions").iterdir())


def started(repository: Repository) -> subprocess.Popen[str]:
    """A use of both worktrees in a process of its own, returned when they are there."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHECK_OUT, str(repository.folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert "ready\n" in process.stdout
    return process


def test_each_revision_has_its_own_files(repository: Repository) -> None:
    """For the length of a `with`, and git sees nothing of it in the working tree."""
    change = repository.change()
    with checked_out(change, print) as checkout:
        texts = {side: (path / "code.py").read_text() for side, path in checkout.worktrees.items()}
        names = {side: path.name for side, path in checkout.worktrees.items()}
        check_clean(change)

    assert {"base": "1", "head": "2"} == texts
    assert {
        "base": f"base-{change.base.short}",
        "head": f"head-{change.head.short}",
    } == names
    check_nothing_is_left(repository)


def test_the_same_commit_has_two_worktrees(repository: Repository) -> None:
    """Unchanged code is measured as a change is."""
    with checked_out(repository.change("HEAD"), print) as checkout:
        base, head = checkout.worktrees.values()
        base.joinpath("code.py").write_text("3")

        assert "2" == head.joinpath("code.py").read_text()
    check_nothing_is_left(repository)


def test_a_failure_of_ours_leaves_nothing(repository: Repository) -> None:
    """Nor do files that were added to a worktree, or changed in it."""
    with suppress(ZeroDivisionError), checked_out(repository.change(), print) as checkout:
        for worktree in checkout.worktrees.values():
            (worktree / "new.py").write_text("")
            (worktree / "code.py").unlink()
        raise ZeroDivisionError

    check_nothing_is_left(repository)


@pytest.mark.slow
def test_an_interrupt_leaves_nothing(repository: Repository) -> None:
    """Ctrl-C ends the use, and it clears up."""
    process = started(repository)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)

    check_nothing_is_left(repository)


def test_the_next_use_removes_what_a_killed_one_left(repository: Repository) -> None:
    """Its worktrees are gone, also those of which only git still knows, and one line says so."""
    for process in (started(repository), started(repository)):
        process.kill()
        process.communicate(timeout=15)
    assert 5 == len(repository.worktrees())
    gone = next(path for path in left(repository) if path.is_dir())
    for worktree in gone.iterdir():
        worktree.rename(repository.folder.parent / worktree.name)
    gone.rmdir()
    said: list[str] = []
    with checked_out(repository.change(), said.append):
        assert 3 == len(repository.worktrees())

    assert 2 == len(said)
    assert said[0].startswith("removing the worktrees of a run that was killed: ")
    check_nothing_is_left(repository)


def test_two_uses_at_once_leave_each_other_alone(repository: Repository) -> None:
    """What a process that lives has checked out is not swept away."""
    process = started(repository)
    said: list[str] = []
    with checked_out(repository.change(), said.append):
        assert 5 == len(repository.worktrees())
    assert ([], 3) == (said, len(repository.worktrees()))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)

    check_nothing_is_left(repository)


def test_a_worktree_of_somebodys_own_stays_known(repository: Repository, tmp_path: Path) -> None:
    """Even while its folder is away, such as on a disk that is not mounted."""
    repository.git("worktree", "add", "--quiet", str(tmp_path / "own"))
    (tmp_path / "own").rename(tmp_path / "away")
    with checked_out(repository.change(), print):
        pass

    assert [str(repository.folder), str(tmp_path / "own")] == repository.worktrees()


def test_hooks_do_not_run(repository: Repository) -> None:
    """What somebody's repository would do on a checkout is not done here."""
    hook = repository.folder / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{repository.folder.parent}/ran'\n")
    hook.chmod(0o755)
    with checked_out(repository.change(), print):
        pass

    assert not (repository.folder.parent / "ran").exists()


def test_a_worktree_that_cannot_be_made_is_said(repository: Repository) -> None:
    """A file of the head is missing in the repository; nothing is left half made."""
    blob = repository.git("rev-parse", "HEAD:code.py")
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(RevisionError, match=r"head .*: git cannot write its files ") as caught:
        checked_out(repository.change(), print).__enter__()

    assert (State.NO_CHECKOUT, 2) == (caught.value.state, caught.value.state.exit_code)
    check_nothing_is_left(repository)


def test_a_project_behind_a_link_leaves_nothing(repository: Repository, tmp_path: Path) -> None:
    """Git names worktrees by their real place."""
    (tmp_path / "link").symlink_to(repository.folder)
    change = replace(repository.change(), project=tmp_path / "link")
    process = started(repository)
    process.kill()
    process.communicate(timeout=15)
    with checked_out(change, print):
        assert 3 == len(repository.worktrees())

    check_nothing_is_left(repository)


def test_files_as_they_are_are_copied(repository: Repository, tmp_path: Path) -> None:
    """What git would keep of them: nothing ignored or deleted, links as links, none beyond them."""
    (tmp_path / "elsewhere").mkdir()
    repository.commit("three", {".gitignore": "*.log\n", "gone.py": "", "linked/code.py": "old"})
    repository.write({"code.py": "3", "new/deep.py": "4", "a.log": ""})
    (repository.folder / "gone.py").unlink()
    (repository.folder / "linked" / "code.py").rename(tmp_path / "elsewhere" / "code.py")
    (repository.folder / "linked").rmdir()
    (repository.folder / "linked").symlink_to(tmp_path / "elsewhere")
    (repository.folder / "code.py").chmod(0o700)
    said: list[str] = []
    change = resolve_two(repository.folder, ("HEAD~1", ""), said.append)
    with checked_out(change, print) as checkout:
        base, head = checkout.worktrees.values()
        files = {one.relative_to(head).as_posix(): one for one in head.rglob("*")}
        (repository.folder / "code.py").write_text("edited meanwhile")

        assert "2" == (base / "code.py").read_text()
        assert {".gitignore", "code.py", "linked", "new", "new/deep.py"} == set(files)
        assert ("3", 0o100700) == (files["code.py"].read_text(), files["code.py"].stat().st_mode)
        assert files["linked"].is_symlink()
        assert len(str(base)) == len(str(head))
    assert f"head: the working tree {repository.folder}, without ignored files" in said
    check_nothing_is_left(repository)
