"""Signing presigned URLs, by strategy and number of files, and by number of threads.

This is the second optimization alone. Signing is local work: no request is sent, and the objects
need not exist. Every time includes starting a task of the event loop, about 30 µs, which matters
for the shortest lists only. A file here takes one signature, so the published page, 50 files with
thumbnails, corresponds to 100 files.
"""

import asyncio
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from service.bucket import Bucket
from service.flags import Flags, UrlSigning, WorkflowQuery
from service.signing import sign_urls
from service.stack import OWNER_ID

FILES = (1, 10, 50, 100, 500)
PAGE = 50
WORKERS = (1, 2, 5, 10, 20, 50)
WORKERS_PUBLISHED = 20


def make_keys(files: int, *folders: str) -> list[str]:
    """Keys as the service makes them: for each file one in each folder."""
    ids = [uuid.UUID(int=number, version=4) for number in range(files)]
    return [f"{OWNER_ID}/{folder}/{id_}.png" for id_ in ids for folder in folders]


def check_urls(urls: list[str], bucket: Bucket, keys: list[str]) -> None:
    """Each key was signed once, in order, with a different signature."""
    split = [urlsplit(url) for url in urls]
    signatures = {parse_qs(url.query)["X-Amz-Signature"][0] for url in split}

    assert [f"/{bucket.name}/{key}" for key in keys] == [url.path for url in split]
    assert len(keys) == len(signatures)


@pytest.mark.parametrize("url_signing", UrlSigning)
@pytest.mark.parametrize("files", FILES)
def test_signing(
    benchmark: BenchmarkFixture,
    bucket: Bucket,
    runner: asyncio.Runner,
    files: int,
    url_signing: UrlSigning,
) -> None:
    """Every strategy signs each key once, in order."""
    flags = Flags(WorkflowQuery.SUMMARY_COLUMNS, url_signing, WORKERS_PUBLISHED)
    keys = make_keys(files, "files")

    def sign() -> list[str]:
        return runner.run(sign_urls(bucket, keys, flags))

    benchmark.group = f"signing, files: {files}"
    benchmark.extra_info |= {
        "scenario": "signing",
        "variant": url_signing.value,
        "strategy": url_signing.value,
        "files": files,
        "urls": len(keys),
    }

    check_urls(benchmark(sign), bucket, keys)


@pytest.mark.parametrize("workers", WORKERS)
def test_signing_by_workers(
    benchmark: BenchmarkFixture, bucket: Bucket, runner: asyncio.Runner, workers: int
) -> None:
    """A pool of any size signs each key of the published page once, in order."""
    flags = Flags(WorkflowQuery.SUMMARY_COLUMNS, UrlSigning.THREAD_POOL, workers)
    keys = make_keys(PAGE, "files", "thumbnails")

    def sign() -> list[str]:
        return runner.run(sign_urls(bucket, keys, flags))

    benchmark.group = f"signing {PAGE} files and their thumbnails in a pool, by threads"
    benchmark.extra_info |= {
        "scenario": "signing_by_workers",
        "variant": UrlSigning.THREAD_POOL.value,
        "strategy": f"{workers} threads" if workers > 1 else "1 thread",
        "files": PAGE,
        "workers": workers,
        "urls": len(keys),
    }

    check_urls(benchmark(sign), bucket, keys)
