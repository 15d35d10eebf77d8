"""Fixtures for every room: the stack once, the service in front of it, a client per variant.

The service runs behind a real server on a loopback port, so that what is tested is what a client
on a network sees, and plain functions can call it.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.settings import Settings, read_settings
from service.stack import OTHER_OWNER_ID, OWNER_ID, Endpoints, Stack, mint_token

OVERRIDE_SECRET = "the override secret of the tests"  # noqa: S105 -- opens nothing
_STARTED_WITHIN_S = 10


@pytest.fixture(scope="session")
def stack() -> Iterator[Endpoints]:
    """A running stack with the small seed data, shared by the whole session."""
    running = Stack(size="small", root=Path(__file__).parent / ".versus")
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def settings(stack: Endpoints) -> Settings:
    """The service's settings for that stack, with overrides allowed."""
    return stack_settings(stack, versus_override_secret=OVERRIDE_SECRET)


def stack_settings(stack: Endpoints, **overrides: object) -> Settings:
    """Settings for a stack; `overrides` are by field name."""
    environment = {key.lower(): value for key, value in stack.environment().items()}
    known = {key: value for key, value in environment.items() if key in Settings.model_fields}
    return read_settings(**(known | overrides))


@pytest.fixture(scope="session")
def app(settings: Settings) -> FastAPI:
    """The application that `client` and `variants` call."""
    return create_app(settings)


@pytest.fixture(scope="session")
def base_url(app: FastAPI) -> Iterator[str]:
    """Where the application answers."""
    with serve(app) as url:
        yield url


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """Run an application behind a real server in a thread; gives its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_config=None, access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            _await_start(server, thread)
            yield "http://{}:{}".format(*listening.getsockname())
        finally:
            server.should_exit = True
            thread.join()


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _STARTED_WITHIN_S
    while not server.started:
        assert thread.is_alive(), "the server ended while starting"
        assert time.monotonic() < deadline, "the server did not start in time"
        time.sleep(0.005)


@pytest.fixture(scope="session")
def token(stack: Endpoints) -> str:
    """A bearer token of the owner of most of the seed data."""
    return mint_token(stack.jwt_secret, OWNER_ID)


@pytest.fixture(scope="session")
def other_token(stack: Endpoints) -> str:
    """A bearer token of the second owner."""
    return mint_token(stack.jwt_secret, OTHER_OWNER_ID)


@pytest.fixture(scope="session")
def client(base_url: str, token: str) -> Iterator[httpx.Client]:
    """The main owner, with whatever flags serve by default."""
    with connect(base_url, token) as connected:
        yield connected


@pytest.fixture(scope="session")
def other_client(base_url: str, other_token: str) -> Iterator[httpx.Client]:
    """The second owner."""
    with connect(base_url, other_token) as connected:
        yield connected


@pytest.fixture(scope="session")
def stranger(base_url: str) -> Iterator[httpx.Client]:
    """Somebody without a token."""
    with connect(base_url, None) as connected:
        yield connected


@pytest.fixture(scope="session")
def baseline(base_url: str, token: str) -> Iterator[httpx.Client]:
    """The main owner as a trusted caller who asks for the baseline."""
    with connect(base_url, token, "preset=baseline") as connected:
        yield connected


@pytest.fixture(scope="session")
def optimized(base_url: str, token: str) -> Iterator[httpx.Client]:
    """The main owner as a trusted caller who asks for the optimized variant."""
    with connect(base_url, token, "preset=optimized") as connected:
        yield connected


def connect(
    base_url: str, token: str | None, flags: str | None = None
) -> AbstractContextManager[httpx.Client]:
    """A client of the service; naming flags makes it a trusted one."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if flags is not None:
        headers |= {"Versus-Flags": flags, "Versus-Override-Secret": OVERRIDE_SECRET}
    return httpx.Client(base_url=base_url, headers=headers, timeout=30, trust_env=False)
