"""Signing the addresses of 50 files and their thumbnails, by strategy."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from service.bucket import Bucket
from service.database import CallerDatabase
from service.flags import PRESETS, Flags, Preset, UrlSigning
from service.signing import sign_urls
from service.stack import OWNER_ID

FILES = 50
WORKERS = 20


@pytest.fixture(scope="module")
def keys(database: CallerDatabase, runner: asyncio.Runner) -> list[str]:
    """Keys of the first page of files: the object's and, for images, the thumbnail's."""
    query = (
        database.table("files")
        .select("object_key,thumbnail_key")
        .eq("owner_id", OWNER_ID)
        .order("created_at", desc=True)
        .limit(FILES)
    )
    rows = runner.run(database.rows(query))
    return [key for row in rows for key in row.values() if key]


@pytest.mark.parametrize("strategy", list(UrlSigning))
def test_signing(
    benchmark: BenchmarkFixture,
    bucket: Bucket,
    runner: asyncio.Runner,
    keys: list[str],
    strategy: UrlSigning,
) -> None:
    """Every strategy signs each key once, in order."""
    workflow_query, _ = PRESETS[Preset.OPTIMIZED]
    flags = Flags(workflow_query, strategy, WORKERS)

    def sign() -> list[str]:
        return runner.run(sign_urls(bucket.sign, keys, flags))

    benchmark.group = f"signing the addresses of {FILES} files"
    benchmark.extra_info |= {"strategy": strategy.value, "urls": len(keys)}
    urls = [urlsplit(url) for url in benchmark(sign)]

    assert FILES < len(keys)
    assert [f"/{bucket.name}/{key}" for key in keys] == [url.path for url in urls]
    assert all("X-Amz-Signature" in parse_qs(url.query) for url in urls)
