"""What every suite stands on: a stack's data, an event loop, a fair share of the time."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from service.bucket import Bucket, open_bucket
from service.database import CallerDatabase, open_database
from service.settings import Settings, read_settings
from service.stack import OWNER_ID, mint_token

TEST_S_PER_BENCHMARK = 0.05
"""Without VERSUS_SUITE_S the suites only prove that they run and that their answers are right."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Share the time that VERSUS_SUITE_S gives evenly between the benchmarks."""
    ours = [item for item in items if "benchmark" in getattr(item, "fixturenames", ())]
    suite_s = os.environ.get("VERSUS_SUITE_S")
    share_s = float(suite_s) / len(ours) if suite_s and ours else TEST_S_PER_BENCHMARK
    for item in ours:
        item.add_marker(pytest.mark.benchmark(max_time=share_s, min_rounds=3))


@pytest.fixture(scope="session")
def suite_settings(request: pytest.FixtureRequest) -> Settings:
    """The stack that the environment points to, as under `make bench`; else one of our own."""
    if "SUPABASE_URL" in os.environ:
        return read_settings()
    settings: Settings = request.getfixturevalue("settings")
    return settings


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """An event loop for strategies that are coroutines."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="session")
def opened(
    suite_settings: Settings, runner: asyncio.Runner
) -> Iterator[tuple[CallerDatabase, Bucket]]:
    """The database as the main owner sees it, and the bucket."""
    token = mint_token(suite_settings.supabase_jwt_secret.get_secret_value(), OWNER_ID)
    stack = AsyncExitStack()
    database = runner.run(stack.enter_async_context(open_database(suite_settings)))
    bucket = runner.run(stack.enter_async_context(open_bucket(suite_settings)))
    yield database.as_caller(token), bucket
    runner.run(stack.aclose())


@pytest.fixture(scope="session")
def database(opened: tuple[CallerDatabase, Bucket]) -> CallerDatabase:
    """The database as the main owner sees it."""
    return opened[0]


@pytest.fixture(scope="session")
def bucket(opened: tuple[CallerDatabase, Bucket]) -> Bucket:
    """The bucket."""
    return opened[1]
