import os
import shutil
import signal
import uuid
from pathlib import Path

import psutil
import pytest

from service.stack import OWNER_ID, Endpoints, Stack, StackError, mint_token
from service.tests.support import fetch


def names(endpoints: Endpoints) -> list[str]:
    token = mint_token(endpoints.jwt_secret, OWNER_ID)
    response = fetch(
        f"{endpoints.supabase_url}/workflows?select=name&owner_id=eq.{OWNER_ID}",
        headers={"Authorization": f"Bearer {token}"},
    )
    return [row["name"] for row in response.raise_for_status().json()]


@pytest.mark.slow
def test_second_stack_is_apart_and_leaves_nothing(stack: Endpoints, root: Path) -> None:
    """A second stack has its own secrets and data, and is removed when it stops."""
    name = str(uuid.uuid4())
    before = set((root / "instances").iterdir())
    with Stack("small", root=root, max_rows=7) as second:
        ours = second.endpoints
        fetch(
            f"{ours.supabase_url}/workflows",
            "POST",
            json={"owner_id": OWNER_ID, "name": name},
            headers={"Authorization": f"Bearer {ours.service_key}"},
        ).raise_for_status()
        truncated = names(ours)
        alive = second.dead()

    assert name not in names(stack)
    assert 7 == len(truncated)
    assert alive is None
    assert not {ours.jwt_secret, ours.s3_secret_access_key} & set(stack.environment().values())
    assert [] == [pid for pid in ours.pids.values() if psutil.pid_exists(pid)]
    assert before == set((root / "instances").iterdir())


@pytest.mark.slow
def test_death_is_explained_and_its_log_kept(root: Path) -> None:
    """The message names the killed component, the signal and its log, which is kept."""
    with Stack("small", root=root) as stack:
        victim = stack.endpoints.pids["object_store"]
        os.kill(victim, signal.SIGKILL)
        os.waitid(os.P_PID, victim, os.WEXITED | os.WNOWAIT)
        explanation = str(stack.dead())

    log = Path(explanation.rpartition("Log: ")[2])
    assert f"object_store (pid {victim}) died: killed by SIGKILL." in explanation
    assert log.is_file()
    shutil.rmtree(log.parent)


def test_environment_names_every_setting(stack: Endpoints) -> None:
    """The variables of a running stack are all that the service needs; secrets are not printed."""
    environment = stack.environment()

    assert stack.jwt_secret == environment["SUPABASE_JWT_SECRET"]
    assert stack.s3_endpoint == environment["S3_ENDPOINT"]
    assert stack.jwt_secret not in repr(stack)
    assert {"postgres", "postgrest", "object_store"} == set(stack.pids) == set(stack.versions)


def test_unwritable_folder_is_one_line(tmp_path: Path) -> None:
    """The error names the folder, the reason and what to do."""
    (tmp_path / "file").touch()

    with pytest.raises(StackError) as caught:
        Stack("small", root=tmp_path / "file").start()

    assert "Not a directory. Make " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_full_disk_is_one_line(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names a disk that fills during the copy, and nothing is left behind."""

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
