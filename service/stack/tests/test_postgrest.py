from pathlib import Path

import pytest

from service.stack import OWNER_ID, Endpoints, mint_token
from service.stack.ports import free_ports
from service.stack.postgrest import STOP_WITHIN_S, Postgrest
from service.stack.process import Process
from service.tests.support import fetch


def test_the_configuration_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file with the password and the secret can be read by its owner only."""
    monkeypatch.setattr(Process, "__init__", lambda *_: None)
    server = Postgrest(
        tmp_path,
        [20_001, 20_002],
        postgres_port=20_003,
        password="a password",
        jwt_secret="a secret",
        max_rows=7,
        log=tmp_path / "log",
    )
    config = tmp_path / "postgrest.conf"

    assert "http://127.0.0.1:20001" == server.url
    assert 0o600 == config.stat().st_mode & 0o777
    lines = config.read_text().splitlines()
    assert 'db-uri = "postgresql://authenticator:a password@127.0.0.1:20003/postgres"' in lines
    assert {"db-max-rows = 7", "admin-server-port = 20002"} <= set(lines)


def test_the_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads its configuration from a folder that the locale cannot name."""
    monkeypatch.setenv("LC_ALL", "C")
    folder, log = tmp_path / "größe", tmp_path / "log"
    folder.mkdir()
    nowhere, *ports = free_ports(3)
    server = Postgrest(
        folder,
        ports,
        postgres_port=nowhere,
        password="a password",
        jwt_secret="a secret of at least thirty-two bytes",
        max_rows=7,
        log=log,
    )
    try:
        server.process.await_ready(lambda: "connect to the database" in log.read_text(), 10)
    finally:
        server.process.stop(STOP_WITHIN_S)


@pytest.mark.parametrize(
    ("secret", "status"), [("", 200), ("another secret of thirty-two bytes!", 401)]
)
def test_tokens_are_checked(stack: Endpoints, secret: str, status: int) -> None:
    """A token that another secret has signed is refused."""
    token = mint_token(secret or stack.jwt_secret, OWNER_ID)
    answer = fetch(
        f"{stack.supabase_url}/files?select=id&limit=1",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert status == answer.status_code
