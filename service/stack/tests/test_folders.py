import socket
from pathlib import Path

import pytest

from service.stack.account import unprivileged
from service.stack.folders import SOCKETS, claim, locked, remove


def test_abandoned_instance_is_removed_by_the_next(tmp_path: Path) -> None:
    """The next claim removes folders whose process died, and no others."""
    living = claim(tmp_path)
    abandoned = claim(tmp_path)
    abandoned.lock.close()  # what the kernel does when a holder is killed
    newest = claim(tmp_path)

    found = [path.name for path in (tmp_path / "instances").iterdir() if path.is_dir()]
    assert sorted([living.folder.name, newest.folder.name]) == sorted(found)
    for instance in (living, newest):
        instance.release(keep_logs=False)


def test_folders_are_closed_to_other_users(tmp_path: Path) -> None:
    """Only the owner may open the stack's folders, even if they were open before."""
    tmp_path.chmod(0o755)
    instance = claim(tmp_path)
    folders = [tmp_path, instance.folder, instance.folder.parent, instance.logs.parent]
    mode = 0o700 if unprivileged()[1] is None else 0o711

    assert {mode} == {folder.stat().st_mode & 0o777 for folder in folders}
    instance.release(keep_logs=False)


def test_old_logs_are_removed(tmp_path: Path) -> None:
    """The ten newest logs stay, and those of running stacks."""
    running = claim(tmp_path)
    for _ in range(12):
        claim(tmp_path).release(keep_logs=True)
    newest = claim(tmp_path)

    assert running.logs.is_dir()
    assert 10 + 2 == len(list((tmp_path / "logs").iterdir()))
    for instance in (running, newest):
        instance.release(keep_logs=False)
    assert [".lock"] == [path.name for path in (tmp_path / "instances").iterdir()]


def test_a_held_lock_is_waited_for(tmp_path: Path) -> None:
    """Shared locks exclude only an exclusive lock, which is announced before it waits."""

    def give_up() -> None:
        raise TimeoutError

    path = tmp_path / "folder" / "lock"
    with locked(path, shared=True), locked(path, shared=True, on_wait=give_up):
        exclusive = locked(path, on_wait=give_up)
        with pytest.raises(TimeoutError):
            exclusive.__enter__()
    with locked(path, on_wait=give_up):
        pass


def test_sockets_in_use_stay(tmp_path: Path) -> None:
    """Removing a folder removes the sockets that it lists and that no process listens on."""
    folder = tmp_path / "folder"
    folder.mkdir()
    used, unused, missing = (tmp_path / name for name in ("used", "unused", "missing"))
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as dead:
        server.bind(str(used))
        server.listen()
        dead.bind(str(unused))
        (folder / SOCKETS).write_text(f"{used}\n{unused}\n{missing}\n")
        remove(folder)

    assert [True, False, False] == [path.exists() for path in (used, unused, folder)]
