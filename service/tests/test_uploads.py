import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.bucket import Bucket, open_bucket
from service.connections import PooledClient
from service.contents import NAME_LENGTH_MAX
from service.database import _BarePostgrest
from service.flags import Upload
from service.limits import FILES_MAX
from service.settings import Settings
from service.stack import Endpoints
from service.stack.relay import Link, Relay
from service.tests.support import assert_problem, cost_of, fetch, fetch_files, serve, stages_of

BULK = "/v1/files/bulk"
PNG = b"\x89PNG\r\n\x1a\n"
STRATEGIES = pytest.mark.parametrize("strategy", Upload)
Part = tuple[str, tuple[str, bytes, str]]


def png(number: int) -> Part:
    """A part of a form, different for each number."""
    return "files", (f"{number}.png", PNG + b"%d" % number, "image/png")


TWENTY = [png(number) for number in range(20)]
HTML: Part = ("files", ("x.html", b"<script>", "text/html"))
NO_PNG: Part = ("files", ("x.png", b"<script>", "image/png"))


def send(
    client: httpx.Client, parts: list[Part], strategy: str = Upload.PARALLEL
) -> httpx.Response:
    """Upload in bulk, by a strategy, as a trusted caller."""
    return client.post(BULK, files=parts, headers={"Versus-Flags": f"upload={strategy}"})


def results_of(response: httpx.Response) -> list[dict[str, Any]]:
    """The results of an answer that is no problem."""
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def listed(client: httpx.Client) -> list[dict[str, Any]]:
    """All files of a caller."""
    items: list[dict[str, Any]] = client.get("/v1/files?include_urls=true&limit=100").json()[
        "items"
    ]
    return items


@pytest.fixture(scope="module")
def bucket(settings: Settings) -> Bucket:
    """The bucket, without the service."""

    async def get() -> Bucket:
        async with open_bucket(settings) as opened:
            return opened

    return asyncio.run(get())


def objects_of(bucket: Bucket, client: httpx.Client) -> set[str]:
    """The keys of a caller's objects."""
    owner = client.get("/v1/me").json()["id"]
    found = bucket.client.list_objects_v2(Bucket=bucket.name, Prefix=f"{owner}/")
    return {one["Key"] for one in found.get("Contents", ())}


def await_removal(bucket: Bucket, client: httpx.Client) -> None:
    """Wait until a caller has no objects; they are removed after the answer."""
    deadline_s = time.monotonic() + 10
    while objects_of(bucket, client):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@STRATEGIES
def test_many_files_are_stored_at_once(newcomer: httpx.Client, strategy: Upload) -> None:
    """All files are stored, listed in order, with one request to the database."""
    response = send(newcomer, TWENTY, strategy)

    assert response.status_code == 201, response.text
    results = results_of(response)
    assert [part[1][0] for part in TWENTY] == [one["name"] for one in results]
    assert {201} == {one["status"] for one in results}
    items = {item["id"]: item for item in listed(newcomer)}
    assert len(items) == 20
    for result, (_, (_, content, _)) in zip(results, TWENTY, strict=True):
        item = items[result["file"]["id"]]
        assert result["file"].items() <= item.items()
        assert content == fetch(item["download_url"]).content
    told = newcomer.get("/metrics").text
    assert f'versus_store_seconds_count{{strategy="{strategy}"}}' in told
    cost = cost_of(response)
    assert (1, 20, 20) == (cost["db_requests"], cost["db_rows"], cost["store_requests"])
    assert 0 < stages_of(response)["store"] < stages_of(response)["total"]


def test_parallel_answers_as_sequential(newcomer: httpx.Client) -> None:
    """Up to ids and times the strategies answer the same, mistakes included."""
    parts = [*TWENTY[:3], HTML, *TWENTY[3:7], NO_PNG, *TWENTY[7:]]

    def told(strategy: Upload) -> tuple[int, list[dict[str, Any]]]:
        response = send(newcomer, parts, strategy)
        results = results_of(response)
        for result in results:
            for key in ("id", "created_at"):
                (result["file"] or {}).pop(key, None)
        return response.status_code, results

    assert told(Upload.SEQUENTIAL) == told(Upload.PARALLEL)


def test_invalid_files_do_not_affect_valid_ones(newcomer: httpx.Client, bucket: Bucket) -> None:
    """Each file has its own status, and refused files leave nothing."""
    response = send(newcomer, [png(0), HTML, NO_PNG, png(1)])

    assert response.status_code == 207
    results = results_of(response)
    assert [201, 415, 415, 201] == [one["status"] for one in results]
    assert [None] * 2 == [one["file"] for one in results[1:3]]
    assert "image/png" in results[1]["detail"]
    assert len(listed(newcomer)) == 2
    assert len(objects_of(bucket, newcomer)) == 2


def test_a_name_with_nul_concerns_one_file(newcomer: httpx.Client) -> None:
    """The database would refuse all rows, so the one file is refused before."""
    request = newcomer.build_request("POST", BULK, files=[png(0), png(1)])
    response = newcomer.post(
        BULK, content=request.read().replace(b"0.png", b"\0.png"), headers=request.headers
    )

    assert response.status_code == 207
    assert [422, 201] == [one["status"] for one in results_of(response)]


def test_only_invalid_files_are_no_failure_of_the_service(newcomer: httpx.Client) -> None:
    """If all files were refused, the answer still has a result for each."""
    response = send(newcomer, [HTML, NO_PNG])

    assert response.status_code == 207
    assert [415, 415] == [one["status"] for one in results_of(response)]
    assert "" == response.headers.get("Retry-After", "")


def test_too_many_files_are_refused(newcomer: httpx.Client) -> None:
    """One file more than the limit is a 422, thousands a 400, and nothing is stored."""
    at_limit = [png(number) for number in range(FILES_MAX)]

    assert_problem(send(newcomer, [*at_limit, png(FILES_MAX)]), 422)
    assert_problem(send(newcomer, [png(0)] * 1001), 400)
    assert listed(newcomer) == []
    assert send(newcomer, at_limit).status_code == 201


def test_too_many_bytes_are_refused(newcomer: httpx.Client) -> None:
    """More than 20 MiB together is a 413, with or without a declared length."""
    part: Part = ("files", ("x.txt", b" " * (11 * 1024 * 1024), "text/plain"))
    request = newcomer.build_request("POST", BULK, files=[part, part])
    headers = {"Content-Type": request.headers["Content-Type"]}

    def chunks() -> Iterator[bytes]:
        yield request.read()

    assert_problem(send(newcomer, [part, part]), 413)
    assert_problem(newcomer.post(BULK, content=chunks(), headers=headers), 413)
    assert listed(newcomer) == []


def test_a_form_has_files_only(newcomer: httpx.Client, stranger: httpx.Client) -> None:
    """No file, text instead of a file, other fields and missing tokens are refused."""
    assert_problem(newcomer.post(BULK), 422)
    assert_problem(newcomer.post(BULK, data={"files": "text"}), 422)
    assert_problem(newcomer.post(BULK, files=TWENTY, data={"owner_id": "x"}), 422)
    assert_problem(newcomer.post(BULK, files=[*TWENTY, ("file", TWENTY[0][1])]), 422)
    assert_problem(newcomer.post(BULK, content=b"files", headers={"Content-Type": "text/x"}), 422)
    assert_problem(stranger.post(BULK, files=TWENTY), 401)
    assert listed(newcomer) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b?&#.png", "\u00fc\u4e16.png", "n" * 400])
def test_a_name_never_becomes_a_key(newcomer: httpx.Client, bucket: Bucket, name: str) -> None:
    """For any names, even equal ones, the keys are new and below the owner's id."""
    response = send(newcomer, [("files", (name, PNG, "image/png"))] * 3)

    assert [name[:NAME_LENGTH_MAX]] * 3 == [one["file"]["name"] for one in results_of(response)]
    owner = newcomer.get("/v1/me").json()["id"]
    assert {f"{owner}/files/{item['id']}.png" for item in listed(newcomer)} == objects_of(
        bucket, newcomer
    )


@STRATEGIES
def test_files_without_rows_leave_no_objects(
    newcomer: httpx.Client, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, strategy: Upload
) -> None:
    """When the rows cannot be inserted, all objects are removed, and the request has failed."""

    async def cut_off(*_: Any) -> httpx.Response:
        raise httpx.ConnectError("cut off")

    monkeypatch.setattr(_BarePostgrest, "handle_async_request", cut_off)
    response = send(newcomer, [*TWENTY, HTML], strategy)
    monkeypatch.undo()

    assert_problem(response, 503)
    await_removal(bucket, newcomer)
    assert listed(newcomer) == []


def test_objects_stay_while_their_rows_may_exist(
    newcomer: httpx.Client, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If neither the insert nor the deletion is answered, no row can be without its object."""

    async def lose(*_: Any) -> httpx.Response:
        raise httpx.ReadError("cut off")

    monkeypatch.setattr(_BarePostgrest, "handle_async_request", lose)
    response = send(newcomer, TWENTY[:3])
    time.sleep(0.3)
    monkeypatch.undo()

    assert_problem(response, 503)
    assert 3 == len(objects_of(bucket, newcomer))


def test_rows_without_an_answer_are_deleted(
    newcomer: httpx.Client, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If only the answer to the insert is lost, neither rows nor objects stay."""
    reach = _BarePostgrest.handle_async_request
    lost = []

    async def lose_the_first_answer(self: _BarePostgrest, request: httpx.Request) -> httpx.Response:
        answer = await reach(self, request)
        if request.method == "POST":
            lost.append(answer.status_code)
            await answer.aclose()
            raise httpx.ReadError("cut off")
        return answer

    monkeypatch.setattr(_BarePostgrest, "handle_async_request", lose_the_first_answer)
    response = send(newcomer, TWENTY)
    monkeypatch.undo()

    assert [201] == lost
    assert_problem(response, 503)
    await_removal(bucket, newcomer)
    assert listed(newcomer) == []


class Metered:
    """Sends requests of a real client, and knows how many were in progress at the same moment."""

    def __init__(self, http: PooledClient, meeting: int) -> None:
        self._stream = http.stream
        self._meeting = asyncio.Barrier(meeting)
        self._running = 0
        self.peak = 0

    @asynccontextmanager
    async def __call__(self, *args: Any, **options: Any) -> AsyncIterator[httpx.Response]:
        """Wait until as many as shall meet are here, then send."""
        self._running += 1
        self.peak = max(self.peak, self._running)
        try:
            await self._meeting.wait()
            async with self._stream(*args, **options) as answer:
                yield answer
        finally:
            self._running -= 1


@pytest.mark.parametrize(("strategy", "together"), [("sequential", 1), ("parallel", 5)])
def test_the_setting_limits_simultaneous_uploads(
    settings: Settings, newcomer: httpx.Client, strategy: str, together: int
) -> None:
    """In parallel, exactly the configured number of uploads run at once; else one."""
    app = create_app(settings.model_copy(update={"upload_workers": 5}))
    with serve(app) as url:
        http = app.state.services.bucket.http
        metered = http.stream = Metered(http, together)
        newcomer.base_url = url
        response = send(newcomer, TWENTY, strategy)

    assert response.status_code == 201
    assert together == metered.peak
    assert together == cost_of(response)["store_requests_peak"]


def test_simultaneous_requests_share_the_connections(
    settings: Settings, newcomer: httpx.Client
) -> None:
    """Simultaneous bulk uploads have at most as many requests in progress as connections."""
    app = create_app(settings.model_copy(update={"upload_workers": 8}))
    with serve(app) as url, ThreadPoolExecutor(5) as pool:
        http = app.state.services.bucket.http
        metered = http.stream = Metered(http, 20)
        newcomer.base_url = url
        answers = list(pool.map(lambda _: send(newcomer, TWENTY), range(5)))

    assert {201: 5} == Counter(answer.status_code for answer in answers)
    assert metered.peak == 20


@pytest.fixture
def line(stack: Endpoints, tmp_path: Path) -> Iterator[Relay]:
    """A line to the store that can be cut."""
    port = urlsplit(stack.s3_endpoint).port
    assert port is not None
    relay = Relay(Link("line", 0.02, 100e6), [port], tmp_path / "relay.log")
    try:
        yield relay
    finally:
        relay.process.stop(5)


@pytest.fixture
def far_app(settings: Settings, line: Relay) -> FastAPI:
    """A service that reaches its store by that line."""
    return create_app(settings.model_copy(update={"s3_endpoint": line.urls[0]}))


@STRATEGIES
def test_a_store_that_fails_during_an_upload(
    far_app: FastAPI, line: Relay, newcomer: httpx.Client, bucket: Bucket, strategy: Upload
) -> None:
    """Files stored before are listed, the others are reported as not stored."""
    with serve(far_app) as url:
        http = far_app.state.services.bucket.http
        stream, stored = http.stream, []

        @asynccontextmanager
        async def stream_until_it_breaks(
            method: str, url: str, **options: Any
        ) -> AsyncIterator[httpx.Response]:
            async with stream(method, url, **options) as answer:
                yield answer
            stored.append(urlsplit(url).path.removeprefix(f"/{bucket.name}/"))
            if len(stored) == 3:
                line.process.stop(5)

        http.stream = stream_until_it_breaks
        newcomer.base_url = url
        response = send(newcomer, TWENTY, strategy)

        assert response.status_code == 207
        results = results_of(response)
        assert {201, 503} == {one["status"] for one in results}
        kept = [one["file"]["id"] for one in results if one["status"] == 201]
        assert set(kept) == {item["id"] for item in listed(newcomer)}
        assert len(stored) == len(kept)
        assert set(stored) <= objects_of(bucket, newcomer)
        # Nothing can be stored any more: that is no answer about files, but a failure.
        again = send(newcomer, TWENTY, strategy)
        assert_problem(again, 503)
        assert again.headers["Retry-After"] == "1"


def test_an_uploaded_file_can_be_downloaded(newcomer: httpx.Client) -> None:
    """An upload is listed, and its signed URL returns the same bytes."""
    response = newcomer.post("/v1/files", files={"file": ("p.png", PNG, "image/png")})

    assert response.status_code == 201
    [item] = fetch_files(newcomer)
    urls = {field: item.pop(field) for field in ("download_url", "thumbnail_url")}
    assert response.json() == item
    assert ("p.png", "image/png", len(PNG)) == (
        item["name"],
        item["content_type"],
        item["size_bytes"],
    )
    assert urls["thumbnail_url"] is None
    download = fetch(urls["download_url"])
    assert (PNG, "image/png") == (download.content, download.headers["Content-Type"])


def test_a_form_has_one_file_only(newcomer: httpx.Client) -> None:
    """A second file or any other field is refused, and nothing is stored."""
    part = ("x.txt", b"words", "text/plain")

    assert_problem(newcomer.post("/v1/files", files=[("file", part), ("file", part)]), 422)
    assert_problem(newcomer.post("/v1/files", files={"file": part, "other": part}), 422)
    assert_problem(newcomer.post("/v1/files", files={"file": part}, data={"name": "y"}), 422)
    assert fetch_files(newcomer) == []
