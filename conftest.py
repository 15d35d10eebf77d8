"""Shared fixtures: one stack, the service on it, and a client per variant.

The service runs behind a real server on a loopback port, so tests see what a client on a network
sees.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.settings import Settings
from service.stack import OTHER_OWNER_ID, OWNER_ID, Endpoints, Stack, mint_token
from service.stack.app_server import past_proxy
from service.tests.support import connect, serve, stack_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# If a proxy is set, clients in tests and in the programs that tests start do not use it.
os.environ.update(past_proxy(os.environ))

# On GitHub, a gate that a test runs must not write to the summary of the step that runs the tests.
for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)

# Tests of several workers measure at the same time, and would warn of each other.
os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="versus-tests-")

# A pytest that a test starts is not a worker of pytest-xdist.
os.environ.pop("PYTEST_XDIST_WORKER", None)

# A shell starts background jobs with interrupts ignored, which the programs that tests start and
# interrupt would inherit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def stack() -> Iterator[Endpoints]:
    """A running stack with the small seed data; tests that write use new owners."""
    running = Stack(size="small", root=Path(__file__).parent / ".versus")
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def settings(stack: Endpoints) -> Settings:
    """The service's settings for that stack, with overrides of flags allowed."""
    return stack_settings(stack)


@pytest.fixture(scope="session")
def app(settings: Settings) -> FastAPI:
    """The application behind `base_url`."""
    return create_app(settings)


@pytest.fixture(scope="session")
def base_url(app: FastAPI) -> Iterator[str]:
    """The application's address."""
    with serve(app) as url:
        yield url


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
    """The main owner, with the default flags."""
    with connect(base_url, token) as connected:
        yield connected


@pytest.fixture(scope="session")
def other_client(base_url: str, other_token: str) -> Iterator[httpx.Client]:
    """The second owner."""
    with connect(base_url, other_token) as connected:
        yield connected


@pytest.fixture(scope="session")
def stranger(base_url: str) -> Iterator[httpx.Client]:
    """A client without a token."""
    with connect(base_url) as connected:
        yield connected


@pytest.fixture(scope="session")
def baseline(base_url: str, token: str) -> Iterator[httpx.Client]:
    """The main owner as a trusted caller with the baseline preset."""
    with connect(base_url, token, "preset=baseline") as connected:
        yield connected


@pytest.fixture(scope="session")
def optimized(base_url: str, token: str) -> Iterator[httpx.Client]:
    """The main owner as a trusted caller with the optimized preset."""
    with connect(base_url, token, "preset=optimized") as connected:
        yield connected


@pytest.fixture(scope="session")
def tuned(base_url: str, token: str) -> Iterator[httpx.Client]:
    """The main owner as a trusted caller with the tuned preset."""
    with connect(base_url, token, "preset=tuned") as connected:
        yield connected


@pytest.fixture
def newcomer(base_url: str, stack: Endpoints) -> Iterator[httpx.Client]:
    """A trusted caller with a new owner, for tests that write."""
    with connect(base_url, mint_token(stack.jwt_secret, str(uuid.uuid4())), "") as connected:
        yield connected


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium; without it tests are skipped, or fail if VERSUS_REQUIRE_CHROMIUM is set.

    Closed after each module, because no other test can start an event loop while it runs.
    """
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        assert "VERSUS_REQUIRE_CHROMIUM" not in os.environ, "chromium is missing, and required here"
        pytest.skip("no chromium on this machine; the other tests read the page as text")
    # Imported here, because the processes of benchmarks read this file too.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def plain_url() -> Iterator[str]:
    """The address of a plain server, for one test."""
    script = Path(__file__).parent / "loadtests" / "tests" / "plain_server.py"
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()
