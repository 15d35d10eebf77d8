"""Packages are installed as a revision locks them, once, and whole or not at all."""

import asyncio
import os
import socket
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from loadtests.revisions.environments import install
from loadtests.revisions.resolving import Side
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.worktrees import checked_out
from loadtests.tests.repositories import Repository, new_repository

LOCK = "locks/requirements.lock"


def locked(folder: Path, version: str) -> str:
    """A lock of one package, which is made there and tells its version."""
    wheel = folder / f"tiny-{version}-py3-none-any.whl"
    about = f"tiny-{version}.dist-info"
    files = {
        "tiny.py": f"VERSION = {version!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            # Without a date of its own: the same version is the same file.
            archive.writestr(zipfile.ZipInfo(name), text)
    return f"tiny @ file://{wheel} --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}\n"


def changed(folder: Path, base: str | None, head: str) -> Repository:
    """A repository in which the lock changed."""
    repository = new_repository(folder / "project")
    repository.commit("base", {} if base is None else {LOCK: base})
    repository.commit("head", {LOCK: head})
    return repository


def installed(repository: Repository, said: list[str]) -> dict[Side, str]:
    change = repository.change()
    with checked_out(change, said.append) as checkout:
        return asyncio.run(install(change, checkout, repository.folder.parent, said.append))


def version(python: str) -> str:
    command = [python, "-c", "import tiny; print(tiny.VERSION)"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def kept(repository: Repository) -> list[Path]:
    folder = repository.folder / ".versus" / "environments"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_each_revision_has_what_it_locks_and_has_it_only_once(tmp_path: Path) -> None:
    """Environments outlive the worktrees, and the second time nothing is installed."""
    repository = changed(tmp_path, locked(tmp_path, "1.0"), locked(tmp_path, "2.0"))
    first: list[str] = []
    second: list[str] = []
    pythons, again = installed(repository, first), installed(repository, second)

    assert {"base": "1.0", "head": "2.0"} == {side: version(one) for side, one in pythons.items()}
    assert (pythons, 2, []) == (again, len(first), second)
    assert first[0].startswith("installing the packages of base (")
    assert {Path(one).parents[1] for one in pythons.values()} == set(kept(repository))
    assert 1 == len({len(one) for one in pythons.values()})


def test_the_same_lock_is_one_environment(tmp_path: Path) -> None:
    """Revisions that differ in code alone share their packages."""
    lock = locked(tmp_path, "1.0")
    repository = changed(tmp_path, lock, lock)
    said: list[str] = []
    pythons = installed(repository, said)

    assert (1, 1) == (len(set(pythons.values())), len(said))


@pytest.mark.parametrize(("base", "ours"), [("1.0", True), ("2.0", False)])
def test_our_own_environment_serves_for_both_or_for_none(
    tmp_path: Path, base: str, ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made from the working tree's lock, so where both lock the same nothing is built."""
    repository = changed(tmp_path, locked(tmp_path, base), locked(tmp_path, "1.0"))
    own = repository.folder / ".venv"
    own.mkdir()
    (own / ".ok").touch()
    monkeypatch.setattr(sys, "prefix", str(own))
    pythons = installed(repository, [])

    assert (ours, ours) == tuple(one == sys.executable for one in pythons.values())
    assert (0 if ours else 2) == len(kept(repository))


def test_an_environment_that_is_older_than_its_lock_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has installed yet what the lock says now."""
    lock = locked(tmp_path, "1.0")
    repository = changed(tmp_path, lock, lock)
    own = repository.folder / ".venv"
    own.mkdir()
    (own / ".ok").touch()
    os.utime(own / ".ok", (0, 0))
    monkeypatch.setattr(sys, "prefix", str(own))

    assert sys.executable not in installed(repository, []).values()


def refused(repository: Repository) -> RevisionError:
    with pytest.raises(RevisionError) as caught:
        installed(repository, [])
    assert (State.NOT_BUILT, 4) == (caught.value.state, caught.value.state.exit_code)
    return caught.value


def test_packages_that_cannot_be_installed_are_said(tmp_path: Path) -> None:
    """The message has the cause that the installer names, and the log; nothing is kept."""
    good = locked(tmp_path, "1.0")
    repository = changed(tmp_path, good, good[:-5] + "0000\n")
    error = refused(repository)
    log = tmp_path / "environment_head.log"

    assert f"does not build: head ({repository.change().head.short}): uv exited with" in str(error)
    assert str(error).endswith(f"; see {log}")
    assert "; output: cause: Hash mismatch for `tiny @" in str(error)
    assert 1 == len(kept(repository))


def test_a_revision_without_a_lock_does_not_build(tmp_path: Path) -> None:
    """Nobody can say what it needs."""
    error = refused(changed(tmp_path, None, locked(tmp_path, "1.0")))

    assert str(error).endswith("): there is no locks/requirements.lock.")


def test_a_missing_installer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is part of the set-up."""
    repository = changed(tmp_path, locked(tmp_path, "1.0"), locked(tmp_path, "2.0"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr("shutil.which", lambda _: None)

    assert "uv is missing. Run `make setup`." in str(refused(repository))


def test_an_interrupted_build_leaves_nothing_half_made(tmp_path: Path) -> None:
    """Not even when a registry never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        lock = locked(tmp_path, "1.0").replace(f"file://{tmp_path}", address)
        repository = changed(tmp_path, lock, lock)
        asyncio.run(interrupted(repository, silent))

    assert [] == kept(repository)
    assert [str(repository.folder)] == repository.worktrees()


async def interrupted(repository: Repository, silent: socket.socket) -> None:
    """Install, and stop once the registry was asked."""
    change = repository.change()
    with checked_out(change, print) as checkout:
        installing = asyncio.create_task(install(change, checkout, repository.folder.parent, print))
        silent.setblocking(False)
        connection, _ = await asyncio.get_running_loop().sock_accept(silent)
        with connection:
            making = [path for path in checkout.folder.iterdir() if (path / "bin").is_dir()]
            installing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await installing

    assert 1 == len(making)
