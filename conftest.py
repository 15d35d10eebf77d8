"""Fixtures for every room: the stack once, the service in front of it, a client per variant.

The service runs behind a real server on a loopback port, so that what is tested is what a client
on a network sees, and plain functions can call it.
"""

import os
import shutil
import signal
import subprocess
import sys
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

# Where a proxy is set, clients in tests, and those of programs that tests start, go past it too.
os.environ.update(past_proxy(os.environ))

# On GitHub, a gate that a test runs must not write to the summary of the step that runs the tests.
for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)

# Where tests share the machine, a pytest that one of them starts is no worker of theirs.
os.environ.pop("PYTEST_XDIST_WORKER", None)

# A shell starts what runs in its background with interrupts ignored, and so would everything be
# that tests start and then interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def stack() -> Iterator[Endpoints]:
    """A running stack with the small seed data; tests write only as owners of their own."""
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
    """Where the application answers."""
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
    with connect(base_url) as connected:
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


@pytest.fixture(scope="session")
def tuned(base_url: str, token: str) -> Iterator[httpx.Client]:
    """The main owner as a trusted caller who asks for the tuned variant."""
    with connect(base_url, token, "preset=tuned") as connected:
        yield connected


@pytest.fixture
def newcomer(base_url: str, stack: Endpoints) -> Iterator[httpx.Client]:
    """A trusted caller who owns nothing yet: the one to write as."""
    with connect(base_url, mint_token(stack.jwt_secret, str(uuid.uuid4())), "") as connected:
        yield connected


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium; a test without one is skipped, or fails where one is required.

    Of one module: while it runs, no other test could start an event loop.
    """
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        assert "VERSUS_REQUIRE_CHROMIUM" not in os.environ, "chromium is missing, and required here"
        pytest.skip("no chromium on this machine; the other tests read the page as text")
    # Here, because benchmarks, which start in fresh processes, read this file too.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def plain_url() -> Iterator[str]:
    """Address of a plain server that is not ours, alive for one test."""
    script = Path(__file__).parent / "loadtests" / "tests" / "plain_server.py"
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()
