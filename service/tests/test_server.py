import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from service import server
from service.app import create_app
from service.settings import Settings
from service.stack import Endpoints
from service.stack.app_server import app_command, listen, past_proxy
from service.tests.support import assert_problem, fetch, serving
from service.tests.test_protocol import ALIVE, answer, connected, received

PROJECT = Path(__file__).parents[2]
CONTENT = b"content " * 20_000


def upload(token: str) -> tuple[bytes, bytes]:
    """A request that stores one file, and where to cut it: the head with a part, and the rest."""
    before = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    body = before + b"Content-Type: text/plain\r\n\r\n" + CONTENT + b"\r\n--x--\r\n"
    lines = [
        "POST /v1/files HTTP/1.1",
        "Host: a",
        f"Authorization: Bearer {token}",
        "Content-Type: multipart/form-data; boundary=x",
        f"Content-Length: {len(body)}",
        "\r\n",
    ]
    return "\r\n".join(lines).encode() + body[:1000], body[1000:]


def token_of(client: httpx.Client) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")


def listed(client: httpx.Client) -> list[str]:
    """The content of each file that the caller sees."""
    items = client.get("/v1/files?include_urls=true").json()["items"]
    return [fetch(item["download_url"]).text for item in items]


def await_refusal(url: str) -> httpx.Response:
    """The first answer of a service that stops."""
    deadline_s = time.monotonic() + 10
    while (response := fetch(f"{url}/readyz")).status_code == 200:
        assert time.monotonic() < deadline_s, "the service does not stop"
        time.sleep(0.01)
    return response


def test_a_stop_loses_no_request(settings: Settings, newcomer: httpx.Client) -> None:
    """An upload in progress is stored and listed; new requests get a 503 until it ends."""
    begun, rest = upload(token_of(newcomer))
    with (
        serving(create_app(settings)) as (url, stop),
        connected(url) as client,
        connected(url) as idle,
    ):
        for one, sent in ((idle, ALIVE), (client, begun)):
            one.sendall(sent)
        assert idle.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        stop()
        refused = await_refusal(url)
        idle.sendall(ALIVE.replace(b"/healthz", b"/v1/me"))
        late = answer(idle)
        alive = fetch(f"{url}/healthz")
        client.sendall(rest)
        stored = received(client)

    assert "The service is stopping." == assert_problem(refused, 503)["detail"]
    assert ("1", "close") == (refused.headers["Retry-After"], refused.headers["Connection"])
    assert (503, "close") == (late[0], late[1]["connection"])
    assert 200 == alive.status_code
    assert stored.startswith(b"HTTP/1.1 201 Created")
    assert b"connection: close" in stored
    assert [CONTENT.decode()] == listed(newcomer)


def test_a_stop_does_not_wait_for_ever(
    settings: Settings, newcomer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload that does not end in time is cut off, and nothing of it is stored."""
    monkeypatch.setattr(server, "DRAIN_WITHIN_S", 0.3)
    with serving(create_app(settings)) as (url, stop), connected(url) as client:
        client.sendall(upload(token_of(newcomer))[0])
        time.sleep(0.1)
        started_s = time.monotonic()
        stop()
        assert b"201" not in received(client)
        assert 0.3 <= time.monotonic() - started_s < 3

    assert [] == listed(newcomer)


def test_nothing_in_progress_stops_at_once(settings: Settings) -> None:
    """A pause of a client does not delay a stop; its connection is closed."""
    with serving(create_app(settings)) as (url, stop), connected(url) as idle:
        idle.sendall(ALIVE)
        assert idle.recv(65_536)
        started_s = time.monotonic()
        stop()
        assert b"" == idle.recv(1)
        assert time.monotonic() - started_s < 2


def test_what_exists_at_the_start_is_left_out_of_garbage_collections(settings: Settings) -> None:
    """While the service runs, the objects of its modules are frozen."""
    gc.unfreeze()
    with serving(create_app(settings)):
        deadline_s = time.monotonic() + 10
        while gc.get_freeze_count() < 10_000:
            assert time.monotonic() < deadline_s, "nothing is frozen"
            time.sleep(0.01)


@contextmanager
def program(
    stack: Endpoints, folder: Path, *, by_descriptor: bool, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The service as a program of its own, started in another folder than its code's."""
    with listen(0) as listener:
        port = listener.getsockname()[1]
        where = ["--fd", str(listener.fileno())] if by_descriptor else ["--port", str(port)]
        if not by_descriptor:
            listener.close()
        process = subprocess.Popen(
            app_command(sys.executable, str(PROJECT), *where),
            cwd=folder,
            pass_fds=[listener.fileno()] if by_descriptor else [],
            env={**os.environ, **past_proxy(os.environ), **stack.environment(), **environment},
        )
    try:
        url = f"http://127.0.0.1:{port}"
        await_ready(url)
        yield url, process
    finally:
        process.kill()
        process.wait()


def await_ready(url: str) -> None:
    deadline_s = time.monotonic() + 30
    while True:
        with suppress(httpx.TransportError):
            if fetch(f"{url}/readyz").status_code == 200:
                return
        assert time.monotonic() < deadline_s, "the service is not ready"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("by_descriptor", [True, False])
def test_a_signal_stops_the_program_without_loss(
    stack: Endpoints, newcomer: httpx.Client, by_descriptor: bool, tmp_path: Path
) -> None:
    """SIGTERM in the middle of an upload: it is answered with 201, then the program ends."""
    begun, rest = upload(token_of(newcomer))
    with program(stack, tmp_path, by_descriptor=by_descriptor) as (url, process):
        with connected(url) as client:
            client.sendall(begun)
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            await_refusal(url)
            client.sendall(rest)
            assert received(client).startswith(b"HTTP/1.1 201 Created")
        assert -signal.SIGTERM == process.wait(10)
        with pytest.raises(httpx.ConnectError):
            fetch(f"{url}/healthz")

    assert [CONTENT.decode()] == listed(newcomer)
