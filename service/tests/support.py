"""What tests of several rooms need: the service behind a real server, and clients of it."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from service.server import Server, config
from service.settings import Settings, read_settings
from service.stack import Endpoints

OVERRIDE_SECRET = "the override secret of the tests"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: reading the certificates would take 30 ms for each client."""
EXTERNAL = {
    "SUPABASE_URL": "http://127.0.0.1:1",
    "SUPABASE_KEY": "key",
    "SUPABASE_JWT_SECRET": "a secret of at least thirty-two bytes",
    "S3_ENDPOINT": "http://127.0.0.1:2",
    "S3_ACCESS_KEY_ID": "id",
    "S3_SECRET_ACCESS_KEY": "secret",
    "S3_BUCKET": "bucket",
}
"""The variables of a project of the user's own."""
_STARTED_WITHIN_S = 10


@dataclass(frozen=True)
class OneByOne:
    """A signer made of a function that returns the URL of one key."""

    sign: Callable[[str], str]

    def sign_all(self, keys: Sequence[str]) -> list[str]:
        """The same, key by key."""
        return [self.sign(key) for key in keys]


def stack_settings(stack: Endpoints, **overrides: Any) -> Settings:
    """Settings for a stack, with overrides of flags allowed; `overrides` are by field name."""
    environment = {key.lower(): value for key, value in stack.environment().items()}
    known = {
        key: value for key, value in environment.items() if value and key in Settings.model_fields
    }
    return read_settings(
        **({"versus_override_secret": OVERRIDE_SECRET, "rate_per_s": 0} | known | overrides)
    )


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """Run an application behind the real server in a thread; yields its base URL."""
    with serving(app) as (url, _):
        yield url


@contextmanager
def serving(app: FastAPI) -> Iterator[tuple[str, Callable[[], None]]]:
    """The same; yields its base URL, and what a signal to stop does."""

    def stop() -> None:
        server.should_exit = True

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(config(app, log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            _await_start(server, thread)
            host, port = listening.getsockname()
            yield f"http://{host}:{port}", stop
        finally:
            stop()
            thread.join()


def _await_start(server: Server, thread: threading.Thread) -> None:
    deadline_s = time.monotonic() + _STARTED_WITHIN_S
    while not server.started:
        assert thread.is_alive(), "the server ended while starting"
        assert time.monotonic() < deadline_s, "the server did not start in time"
        time.sleep(0.005)


def connect(
    base_url: str, token: str | None = None, flags: str | None = None
) -> AbstractContextManager[httpx.Client]:
    """A client of the service; with flags it sends the override secret too."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if flags is not None:
        headers |= {"Versus-Flags": flags, "Versus-Override-Secret": OVERRIDE_SECRET}
    return httpx.Client(
        base_url=base_url, headers=headers, timeout=30, trust_env=False, verify=NO_TLS
    )


def fetch(url: str, method: str = "GET", **options: Any) -> httpx.Response:
    """The answer to one request; `options` are httpx's."""
    return httpx.request(method, url, verify=NO_TLS, trust_env=False, timeout=30, **options)


def cost_of(response: httpx.Response) -> dict[str, float]:
    """The counters of a `Versus-Cost` header."""
    pairs = (pair.split("=") for pair in response.headers["Versus-Cost"].split(", "))
    return {name: float(value) for name, value in pairs}


def stages_of(response: httpx.Response) -> dict[str, float]:
    """The milliseconds of a `Server-Timing` header."""
    pairs = (pair.split(";dur=") for pair in response.headers["Server-Timing"].split(", "))
    return {name: float(value) for name, value in pairs}


def assert_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """Check that an answer is a well-formed problem document, and give it."""
    assert status == response.status_code, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert status == problem["status"]
    assert response.headers["X-Request-ID"] == problem["request_id"]
    return problem


GRAPH = {"nodes": [{"id": "a"}, {"id": "b"}], "edges": [{"from": "a", "to": "b"}]}


def fetch_json(client: httpx.Client, path: str) -> Any:
    """The body of a successful answer."""
    response = client.get(path)
    assert response.status_code == 200, response.text
    return response.json()


def listed_workflows(client: httpx.Client, path: str = "/v1/workflows") -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    items: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        page = fetch_json(client, f"{path}?limit=100&offset={offset}")
        items += page["items"]
        offset = page["next_offset"]
    return items


def create_workflow(client: httpx.Client) -> str:
    """The id of a new workflow."""
    response = client.post("/v1/workflows", json={"name": "w", "payload": GRAPH})
    assert response.status_code == 201, response.text
    workflow_id: str = response.json()["id"]
    return workflow_id


FIFTY = "/v1/files?include_urls=true&limit=50"


def fetch_files(client: httpx.Client, path: str = FIFTY) -> list[dict[str, Any]]:
    """The items of a file list."""
    response = client.get(path)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items
