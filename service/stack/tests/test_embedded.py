import os
import shutil
import signal
import tempfile
import uuid
from pathlib import Path

import httpx
import psutil
import pytest

from service.stack import (
    OWNER_ID,
    Endpoints,
    Stack,
    StackError,
    account,
    mint_token,
    postgres,
    template,
)
from service.stack.folders import claim


def names(endpoints: Endpoints) -> list[str]:
    token = mint_token(endpoints.jwt_secret, OWNER_ID)
    response = httpx.get(
        f"{endpoints.supabase_url}/workflows?select=name&owner_id=eq.{OWNER_ID}",
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    return [row["name"] for row in response.raise_for_status().json()]


def test_second_stack_is_apart_and_leaves_nothing(stack: Endpoints, root: Path) -> None:
    """Beside a running stack, another has its own secrets and data, and vanishes when it stops."""
    name = str(uuid.uuid4())
    before = set((root / "instances").iterdir())
    with Stack("small", root=root, max_rows=7) as second:
        ours = second.endpoints
        httpx.post(
            f"{ours.supabase_url}/workflows",
            json={"owner_id": OWNER_ID, "name": name},
            headers={"Authorization": f"Bearer {ours.service_key}"},
            trust_env=False,
        ).raise_for_status()
        truncated = names(ours)
        alive = second.dead()

    assert name not in names(stack)
    assert 7 == len(truncated)
    assert alive is None
    assert not {ours.jwt_secret, ours.s3_secret_access_key} & set(stack.environment().values())
    assert [] == [pid for pid in ours.pids.values() if psutil.pid_exists(pid)]
    assert before == set((root / "instances").iterdir())


def test_death_is_explained_and_its_log_kept(root: Path) -> None:
    """A component that is killed is named with its signal, and the log it points to stays."""
    with Stack("small", root=root) as stack:
        victim = stack.endpoints.pids["object_store"]
        os.kill(victim, signal.SIGKILL)
        os.waitid(os.P_PID, victim, os.WEXITED | os.WNOWAIT)
        explanation = str(stack.dead())

    log = Path(explanation.rpartition("Log: ")[2])
    assert f"object_store (pid {victim}) died: killed by SIGKILL." in explanation
    assert log.is_file()
    shutil.rmtree(log.parent)


def test_without_user_namespaces_another_user_runs_postgres(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where root may not make a user namespace, the data directory is handed to nobody."""
    if os.geteuid() != 0:
        pytest.skip("only root cannot run Postgres as itself")
    monkeypatch.setattr(account, "_namespace_prefix", lambda: ())
    data = tmp_path / "closed" / "data"
    tmp_path.chmod(0o700)

    with pytest.raises(StackError, match="is closed to other users, and Postgres cannot run as ro"):
        postgres.create(data)

    temporary = Path(tempfile.gettempdir())
    for folder in data.parents:
        if folder.stat().st_uid == os.geteuid() and temporary in folder.parents:
            folder.chmod(0o711)
    shutil.rmtree(data.parent)
    postgres.create(data)
    assert 65_534 == (data / "PG_VERSION").stat().st_uid


def test_unwritable_folder_is_one_line(tmp_path: Path) -> None:
    """A folder that cannot be made is named with the reason and what to do."""
    (tmp_path / "file").touch()

    with pytest.raises(StackError) as caught:
        Stack("small", root=tmp_path / "file").start()

    assert "Not a directory. Make " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_full_disk_is_one_line(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills while data are copied is named, and nothing is left behind."""

    def full(*_: object, **__: object) -> None:
        source, copy = root / "a", tmp_path / "b"
        raise shutil.Error([(str(source), str(copy), "[Errno 28] No space left on device")])

    monkeypatch.setattr(shutil, "copytree", full)
    before = set((root / "instances").iterdir())

    with pytest.raises(StackError, match=r"No space left on device\. Free some"):
        Stack("small", root=root).start()

    assert before == set((root / "instances").iterdir())


def test_unknown_size_names_the_known() -> None:
    """An unknown size is refused with the list of sizes."""
    with pytest.raises(StackError, match="'tiny' is unknown; choose one of small, medium, large"):
        Stack("tiny")


def test_abandoned_instance_is_removed_by_the_next(tmp_path: Path) -> None:
    """Folders whose holder died are removed by the next claim; those of the living stay."""
    living = claim(tmp_path)
    abandoned = claim(tmp_path)
    os.close(abandoned.lock)  # what the kernel does when a holder is killed
    newest = claim(tmp_path)

    found = [path.name for path in (tmp_path / "instances").iterdir() if path.is_dir()]
    assert sorted([living.folder.name, newest.folder.name]) == sorted(found)
    for instance in (living, newest):
        instance.release(keep_logs=False)


def test_template_key_follows_what_makes_the_data() -> None:
    """Size and seed name a template; the same pair has the same key."""
    keys = [template.template_key(size, seed) for size in ("small", "medium") for seed in (1, 2)]

    assert 4 == len(set(keys))
    assert keys[0] == template.template_key("small", 1)
