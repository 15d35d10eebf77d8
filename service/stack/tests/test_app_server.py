import socket
from pathlib import Path

import pytest

from service.stack import StackError
from service.stack.app_server import AppServer, PortTakenError, app_command, listen, past_proxy


def test_answers_are_not_delayed() -> None:
    """Accepted connections send small answers at once instead of waiting for acknowledgement."""
    with listen(0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("spelling", ["no_proxy", "NO_PROXY"])
def test_hosts_past_the_proxy_are_kept(spelling: str) -> None:
    """Hosts in one spelling of the variable are in both spellings afterwards, with loopback."""
    hosts = "inside.test,127.0.0.1,localhost"

    assert {"no_proxy": hosts, "NO_PROXY": hosts} == past_proxy({spelling: "inside.test"})


def test_a_port_in_use_is_refused() -> None:
    """The error names the port and the remedy."""
    with listen(0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 cannot be used"):
            listen(port)


def test_the_command_serves_the_code_of_a_folder() -> None:
    """The server's own program is started by its path, so it finds its code from anywhere."""
    command = app_command("python3", "/code", "--port", "8000")

    assert ["python3", "/code/service/server.py", "--port", "8000"] == command


@pytest.mark.slow
def test_a_service_without_settings_is_not_ready_and_explains_its_exit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process listens at the socket's port; its last log line is the error in the settings."""
    monkeypatch.delenv("SUPABASE_URL", raising=False)
    with listen(0) as listener:
        server = AppServer(listener, {"S3_BUCKET": ""}, tmp_path / "log")
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with pytest.raises(StackError, match=r"service \(pid \d+\) died: exit code 1\..*SUPAB"):
                server.process.await_ready(server.is_ready, 20)
        finally:
            server.process.stop(4)

    assert url == server.url
