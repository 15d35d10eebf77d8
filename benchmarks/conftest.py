"""What every suite stands on: a stack's data, the service, an event loop, a share of the time.

Whatever selects benchmarks can do so by the names of their parameters: `workflow_query`,
`url_signing`, `preset`, `files`, `workers` and `payload`. Each benchmark tells in `extra_info`
which scenario it measures, which variant of it, and, as `strategy`, how its row is to be called.
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
"""Without VERSUS_SUITE_S the suites only prove that they run and that their answers are right."""

ROUND_S = 0.0001
"""The shortest round: what takes less is repeated within it, or a suite's JSON would be huge."""

LINK = LINKS["wan"]
"""What lies between the service and a store far away."""
_STOP_WITHIN_S = 5.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Share the time that VERSUS_SUITE_S gives evenly between the benchmarks."""
    ours = [item for item in items if "benchmark" in getattr(item, "fixturenames", ())]
    suite_s = os.environ.get("VERSUS_SUITE_S")
    share_s = float(suite_s) / len(ours) if suite_s and ours else TEST_S_PER_BENCHMARK
    for item in ours:
        item.add_marker(pytest.mark.benchmark(max_time=share_s, min_time=ROUND_S, min_rounds=3))


@pytest.fixture(scope="session")
def suite_settings(request: pytest.FixtureRequest) -> Settings:
    """The stack that the environment points to, as under `make bench`; else one of our own.

    Either way callers who know the tests' override secret may choose flags.
    """
    if "SUPABASE_URL" in os.environ:
        return read_settings(versus_override_secret=OVERRIDE_SECRET)
    settings: Settings = request.getfixturevalue("settings")
    return settings


@pytest.fixture(scope="session")
def far_settings(
    suite_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """The same, with the store behind a link."""
    port = suite_settings.s3_endpoint.port
    assert port is not None
    relay = Relay(LINK, [port], tmp_path_factory.mktemp("relay") / "relay.log")
    yield suite_settings.model_copy(update={"s3_endpoint": HttpUrl(relay.urls[0])})
    relay.process.stop(_STOP_WITHIN_S)


@pytest.fixture(scope="session")
def owner_token(suite_settings: Settings) -> str:
    """A bearer token of the main owner."""
    return mint_token(suite_settings.supabase_jwt_secret.get_secret_value(), OWNER_ID)


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """An event loop for strategies that are coroutines."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="session")
def opened(suite_settings: Settings, runner: asyncio.Runner) -> Iterator[tuple[Database, Bucket]]:
    """The database, and the bucket."""
    stack = AsyncExitStack()
    database = runner.run(stack.enter_async_context(open_database(suite_settings)))
    bucket = runner.run(stack.enter_async_context(open_bucket(suite_settings)))
    yield database, bucket
    runner.run(stack.aclose())


@pytest.fixture(scope="session")
def whole_database(opened: tuple[Database, Bucket]) -> Database:
    """The database, for whoever brings a token."""
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
    """The service in this process, asked as whoever the token names, who may choose flags."""
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
    """The service, asked as the main owner."""
    stack = AsyncExitStack()
    yield runner.run(stack.enter_async_context(service_client(suite_settings, owner_token)))
    runner.run(stack.aclose())


@pytest.fixture(scope="session")
def ask(
    client: httpx.AsyncClient, runner: asyncio.Runner
) -> Callable[[str, Preset], httpx.Response]:
    """Ask for a path's answer under a preset."""

    def asked(path: str, preset: Preset) -> httpx.Response:
        return runner.run(client.get(path, headers={FLAGS_HEADER: f"preset={preset}"}))

    return asked
