"""Signing with a request to the store for each signature, by the number of threads.

A signature alone is local work, which threads only slow down. Threads help a client that waits:
here it asks over a link of 20 ms whether the object exists, before it signs. For comparison, the
same is measured without the request.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from enum import StrEnum

import pytest
from pydantic import HttpUrl
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.conftest import LINK
from service.bucket import Bucket, open_bucket
from service.database import CallerDatabase
from service.flags import Flags, UrlSigning, WorkflowQuery
from service.settings import Settings
from service.signing import sign_urls
from service.stack import OWNER_ID
from service.tests.support import OneByOne

FILES = 50
WORKERS = (1, 2, 5, 10, 20, 50)


class Asks(StrEnum):
    """The request to the store before each signature."""

    NOTHING = "nothing"
    HEAD = "head"


@pytest.fixture(scope="module")
def keys(database: CallerDatabase, runner: asyncio.Runner) -> list[str]:
    """The keys of the main owner's newest files, whose objects exist."""
    query = (
        database.table("files")
        .select("object_key")
        .eq("owner_id", OWNER_ID)
        .order("created_at", desc=True)
        .limit(FILES)
    )
    return [row["object_key"] for row in runner.run(database.rows(query))]


@pytest.fixture(scope="module")
def far_bucket(far_settings: Settings, runner: asyncio.Runner) -> Iterator[Bucket]:
    """The bucket behind a link."""
    stack = AsyncExitStack()
    yield runner.run(stack.enter_async_context(open_bucket(far_settings)))
    runner.run(stack.aclose())


@pytest.mark.parametrize("asks", Asks)
@pytest.mark.parametrize("workers", WORKERS)
def test_signing_far_away(
    benchmark: BenchmarkFixture,
    runner: asyncio.Runner,
    keys: list[str],
    far_bucket: Bucket,
    workers: int,
    asks: Asks,
) -> None:
    """A pool of any size signs each key once, in order."""
    flags = Flags(WorkflowQuery.SUMMARY_COLUMNS, UrlSigning.THREAD_POOL, workers)
    requested: list[str] = []

    def request_and_sign(key: str) -> str:
        if asks is Asks.HEAD:
            head = far_bucket.client.head_object(Bucket=far_bucket.name, Key=key)
            assert head["ContentLength"] > 0
            requested.append(key)
        return far_bucket.sign(key)

    def sign() -> list[str]:
        requested.clear()
        return runner.run(sign_urls(OneByOne(request_and_sign), keys, flags))

    benchmark.group = f"signing {FILES} files over a link of {LINK.rtt_s * 1000:g} ms, {asks}"
    benchmark.extra_info |= {
        "scenario": "signing_far_away",
        "variant": asks.value,
        "strategy": asks.value,
        "files": FILES,
        "workers": workers,
    }
    urls = benchmark(sign)

    assert [f"/{far_bucket.name}/{key}" for key in keys] == [HttpUrl(url).path for url in urls]
    assert (sorted(keys) if asks is Asks.HEAD else []) == sorted(requested)
