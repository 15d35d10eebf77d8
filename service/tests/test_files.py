import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from service.app import create_app
from service.bucket import open_bucket
from service.flags import Flags, UrlSigning, WorkflowQuery
from service.settings import Settings
from service.signing import sign_urls
from service.stack import OWNER_ID
from service.tests.support import (
    FIFTY,
    OneByOne,
    connect,
    cost_of,
    fetch,
    fetch_files,
    serve,
    stages_of,
)

TARGET_S = 1.5
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
URL_FIELDS = ("download_url", "thumbnail_url")
CACHED = "url_cache=on,url_signing={}"


def without_signatures(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items with each URL cut before its query."""
    return [
        item | {field: item[field] and item[field].partition("?")[0] for field in URL_FIELDS}
        for item in items
    ]


@pytest.mark.parametrize("strategy", UrlSigning)
def test_list_files_with_urls_parallelization(
    base_url: str, token: str, baseline: httpx.Client, strategy: UrlSigning
) -> None:
    """Every strategy signs the same hundred URLs once each and answers the same."""
    with connect(base_url, token, f"url_signing={strategy}") as caller:
        response = caller.get(FIFTY)

    cost = cost_of(response)
    assert cost["urls_signed"] == 100
    assert 1 <= cost["signing_threads_peak"] <= 20
    assert stages_of(response)["sign"] > 0
    assert without_signatures(fetch_files(baseline)) == without_signatures(response.json()["items"])


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["baseline", "optimized", "tuned"])
def test_file_list_performance_50_files(request: pytest.FixtureRequest, variant: str) -> None:
    """Fifty files with URLs take one database request, within the target time."""
    client: httpx.Client = request.getfixturevalue(variant)
    started_s = time.perf_counter()
    response = client.get(FIFTY)
    latency_s = time.perf_counter() - started_s

    assert len(response.json()["items"]) == 50
    assert cost_of(response)["db_requests"] == 1
    assert cost_of(response)["db_rows"] == 51
    assert latency_s < TARGET_S


def test_url_generation_thread_pool_usage(settings: Settings) -> None:
    """The strategy signs in twenty threads at once, and all of them end."""
    meeting = threading.Barrier(20, timeout=10)
    names: set[str] = set()
    before = threading.active_count()

    async def run() -> list[str]:
        async with open_bucket(settings) as bucket:

            def meet_and_sign(key: str) -> str:
                names.add(threading.current_thread().name)
                meeting.wait()
                return bucket.sign(key)

            flags = Flags(WorkflowQuery.SUMMARY_COLUMNS, UrlSigning.THREAD_POOL, 20)
            keys = [f"{OWNER_ID}/files/{n}.png" for n in range(100)]
            return await sign_urls(OneByOne(meet_and_sign), keys, flags)

    assert len(set(asyncio.run(run()))) == 100
    assert len(names) == 20
    assert threading.main_thread().name not in names
    assert threading.active_count() <= before


def test_urls_are_signed_only_on_request(optimized: httpx.Client) -> None:
    """Without include_urls nothing is signed and items have no URL."""
    response = optimized.get("/v1/files")

    assert cost_of(response)["urls_signed"] == 0
    expected = {"id", "name", "content_type", "size_bytes", "created_at"}
    assert [expected] * 50 == [set(item) for item in response.json()["items"]]


@pytest.mark.parametrize("flags", [f"url_signing={strategy}" for strategy in UrlSigning])
def test_signed_urls_open_the_objects(base_url: str, token: str, flags: str) -> None:
    """The store returns the file in its full size, and its thumbnail."""
    with connect(base_url, token, flags) as caller:
        [item] = fetch_files(caller, "/v1/files?include_urls=true&limit=1")

    download = fetch(item["download_url"])
    assert download.status_code == 200
    assert item["size_bytes"] == len(download.content)
    thumbnail = fetch(item["thumbnail_url"])
    assert thumbnail.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("strategy", UrlSigning)
def test_cached_urls_are_returned_again(
    settings: Settings, token: str, baseline: httpx.Client, strategy: UrlSigning
) -> None:
    """A repeated list signs nothing, reports the cache hits, and is equal."""
    with (
        serve(create_app(settings)) as url,
        connect(url, token, CACHED.format(strategy)) as caller,
    ):
        first, second = caller.get(FIFTY), caller.get(FIFTY)
        elsewhere = caller.get("/v1/files?include_urls=true&limit=20&offset=40")
        metrics = caller.get("/metrics").text

    counts = [(cost_of(r)["urls_signed"], cost_of(r)["urls_cached"]) for r in (first, second)]
    assert [(100, 0), (0, 100)] == counts
    assert first.content == second.content
    assert first.json()["items"][40:] == elsewhere.json()["items"][:10]
    assert without_signatures(fetch_files(baseline)) == without_signatures(second.json()["items"])
    assert 200 == fetch(second.json()["items"][0]["download_url"]).status_code
    cost = cost_of(elsewhere)
    hits, misses = 100 + cost["urls_cached"], 100 + cost["urls_signed"]
    assert f'versus_url_cache_lookups_total{{outcome="hit"}} {hits:.1f}\n' in metrics
    assert f'versus_url_cache_lookups_total{{outcome="miss"}} {misses:.1f}\n' in metrics


def test_urls_are_cached_only_with_the_flag(settings: Settings, token: str) -> None:
    """Without the flag every request signs its own URLs, even after cached ones."""
    with (
        serve(create_app(settings)) as url,
        connect(url, token, CACHED.format("batch_native")) as cached,
        connect(url, token, "preset=tuned") as tuned,
    ):
        costs = [cost_of(one.get(FIFTY)) for one in (cached, tuned, tuned, cached)]

    assert [(100, 0), (100, 0), (100, 0), (0, 100)] == [
        (cost["urls_signed"], cost["urls_cached"]) for cost in costs
    ]


def test_urls_shorter_than_the_margin_are_signed_again(settings: Settings, token: str) -> None:
    """If a URL is valid no longer than the margin, a repeated list signs again."""
    brief = create_app(settings.model_copy(update={"url_lifetime_s": 300}))
    with serve(brief) as url, connect(url, token, CACHED.format("batch_native")) as caller:
        assert [100, 100] == [cost_of(caller.get(FIFTY))["urls_signed"] for _ in range(2)]


def test_simultaneous_lists_sign_each_url_once(settings: Settings, token: str) -> None:
    """Simultaneous requests for one page sign its URLs once."""
    with (
        serve(create_app(settings)) as url,
        connect(url, token, CACHED.format("thread_pool")) as caller,
        ThreadPoolExecutor(8) as pool,
    ):
        answers = list(pool.map(lambda _: caller.get(FIFTY), range(16)))

    assert 100 == sum(cost_of(answer)["urls_signed"] for answer in answers)
    assert 1 == len({answer.content for answer in answers})


@pytest.mark.parametrize("flags", ["url_signing=sequential", "url_signing=batch_native"])
def test_changed_urls_are_refused(base_url: str, token: str, flags: str) -> None:
    """The store refuses a signed URL for another key, another time, or with another signature."""
    with connect(base_url, token, flags) as caller:
        first, second = fetch_files(caller, "/v1/files?include_urls=true&limit=2")
    url = first["download_url"]
    query = parse_qs(urlsplit(url).query)

    changed = [
        second["download_url"].partition("?")[0] + "?" + urlsplit(url).query,
        url.replace("X-Amz-Expires=900", "X-Amz-Expires=90000"),
        url.replace(query["X-Amz-Signature"][0], "0" * 64),
        url.partition("?")[0],
    ]
    assert [403] * 4 == [fetch(one).status_code for one in changed]


@pytest.mark.parametrize("flags", ["url_signing=sequential", "url_signing=batch_native"])
def test_urls_expire(settings: Settings, token: str, flags: str) -> None:
    """A URL stops working once its lifetime is over."""
    brief = create_app(settings.model_copy(update={"url_lifetime_s": 1}))
    with serve(brief) as url, connect(url, token, flags) as caller:
        [item] = fetch_files(caller, "/v1/files?include_urls=true&limit=1")

    deadline_s = time.monotonic() + 10
    while (status := fetch(item["download_url"]).status_code) == 200:
        assert time.monotonic() < deadline_s, "the URL still works"
        time.sleep(0.1)

    assert status == 403


def test_pages_join_without_gap(client: httpx.Client) -> None:
    """Consecutive small pages are the whole list, newest first, each item once."""
    whole = fetch_files(client, "/v1/files?limit=100")
    pieces = [
        item
        for offset in range(0, 100, 30)
        for item in fetch_files(client, f"/v1/files?limit=30&offset={offset}")
    ]

    assert whole == pieces[: len(whole)]
    assert whole == sorted(whole, key=lambda item: (item["created_at"], item["id"]), reverse=True)


def test_owners_see_only_their_own_files(client: httpx.Client, other_client: httpx.Client) -> None:
    """No file is in two owners' lists."""
    mine, theirs = (
        {item["id"] for item in fetch_files(one, "/v1/files?limit=100")}
        for one in (client, other_client)
    )

    assert mine
    assert theirs
    assert not mine & theirs


def test_simultaneous_lists_are_right(base_url: str, token: str, baseline: httpx.Client) -> None:
    """Pools of several requests at once do not mix their URLs."""
    expected = without_signatures(fetch_files(baseline))
    with (
        connect(base_url, token, "url_signing=thread_pool") as caller,
        ThreadPoolExecutor(4) as pool,
    ):
        for items in pool.map(lambda _: fetch_files(caller), range(8)):
            assert expected == without_signatures(items)


def test_items_keep_their_json_shape(client: httpx.Client) -> None:
    """An item is exactly its documented fields, in order."""
    text = client.get("/v1/files?include_urls=true&limit=1").text

    assert list(json.loads(text)["items"][0]) == [
        "id",
        "name",
        "content_type",
        "size_bytes",
        "created_at",
        "download_url",
        "thumbnail_url",
    ]
