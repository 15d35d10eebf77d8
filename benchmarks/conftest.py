"""Fixtures of all suites: a stack's data, the service, an event loop, and the time per benchmark.

Benchmarks can be selected by the names of their parameters: `workflow_query`, `url_signing`,
`preset`, `files`, `workers` and `payload`. Each benchmark has in `extra_info` its scenario, its
variant, and, as `strategy`, the title of its row.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from pydantic import HttpUrl

from service.app import create_app
from service.bucket import Bucket, open_bucket
from service.database import CallerDatabase, Database, open_database
from service.flags import FLAGS_HEADER, SECRET_HEADER, Preset
from service.settings import Settings, read_settings
from service.stack import OWNER_ID, mint_token
from service.stack.relay import LINKS, Relay
from service.tests.support import OVERRIDE_SECRET

TEST_S_PER_BENCHMARK = 0.05
"""Without VERSUS_SUITE_S the suites only check that they run and that their answers are correct."""

ROUND_S = 0.0001
"""The shortest round: shorter calls are repeated in one round, or a suite's JSON would be huge."""

LINK = LINKS["wan"]
"""The link to a far store."""
_STOP_WITHIN_S = 5.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Divide the time of VERSUS_SUITE_S evenly among the benchmarks."""
    benchmarks = [item for item in items if "benchmark" in getattr(item, "fixturenames", ())]
    suite_s = os.environ.get("VERSUS_SUITE_S")
    share_s = float(suite_s) / len(benchmarks) if suite_s and benchmarks else TEST_S_PER_BENCHMARK
    for item in benchmarks:
        item.add_marker(pytest.mark.benchmark(max_time=share_s, min_time=ROUND_S, min_rounds=3))


@pytest.fixture(scope="session")
def suite_settings(request: pytest.FixtureRequest) -> Settings:
    """The stack that the environment names, as under `make bench`; else a new stack.

    Either way, callers who send the tests' override secret may choose flags.
    """
    if "SUPABASE_URL" in os.environ:
        return read_settings(versus_override_secret=OVERRIDE_SECRET)
    settings: Settings = request.getfixturevalue("settings")
    return settings


@pytest.fixture(scope="session")
def far_settings(
    suite_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """The same settings, with the store behind a link."""
    port = suite_settings.s3_endpoint.port
    assert port is not None
    relay = Relay(LINK, [port], tmp_path_factory.mktemp("relay") / "relay.log")
    yield suite_settings.model_copy(update={"s3_endpoint": HttpUrl(relay.urls[0])})
    relay.process.stop(_STOP_WITHIN_S)


@pytest.fixture(scope="session")
def owner_token(suite_settings: Settings) -> str:
    """A bearer token of the main owner."""
    secret = suite_settings.supabase_jwt_secret
    assert secret is not None
    return mint_token(secret.get_secret_value(), OWNER_ID)


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """An event loop for coroutines."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="session")
def opened(suite_settings: Settings, runner: asyncio.Runner) -> Iterator[tuple[Database, Bucket]]:
    """The database and the bucket."""
    stack = AsyncExitStack()
    database = runner.run(stack.enter_async_context(open_database(suite_settings)))
    bucket = runner.run(stack.enter_async_context(open_bucket(suite_settings)))
    yield database, bucket
    runner.run(stack.aclose())


@pytest.fixture(scope="session")
def whole_database(opened: tuple[Database, Bucket]) -> Database:
    """The database, for callers with any token."""
    return opened[0]


@pytest.fixture(scope="session")
def database(whole_database: Database, owner_token: str) -> CallerDatabase:
    """The database as the main owner sees it."""
    return whole_database.as_caller(owner_token)


@pytest.fixture(scope="session")
def bucket(opened: tuple[Database, Bucket]) -> Bucket:
    """The bucket."""
    return opened[1]


@asynccontextmanager
async def service_client(settings: Settings, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service in this process, with a token and the override secret."""
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://service",
            headers={"Authorization": f"Bearer {token}", SECRET_HEADER: OVERRIDE_SECRET},
            trust_env=False,
        ) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def client(
    suite_settings: Settings, owner_token: str, runner: asyncio.Runner
) -> Iterator[httpx.AsyncClient]:
    """A client of the service with the main owner's token."""
    stack = AsyncExitStack()
    yield runner.run(stack.enter_async_context(service_client(suite_settings, owner_token)))
    runner.run(stack.aclose())


@pytest.fixture(scope="session")
def get(
    client: httpx.AsyncClient, runner: asyncio.Runner
) -> Callable[[str, Preset], httpx.Response]:
    """Requests a path with a preset."""

    def request(path: str, preset: Preset) -> httpx.Response:
        return runner.run(client.get(path, headers={FLAGS_HEADER: f"preset={preset}"}))

    return request
