import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.flags import Upload
from service.limits import FILES_MAX
from service.settings import Settings
from service.tests.support import assert_problem, cost_of, fetch, serve

UPLOADS = "/v1/files/uploads"
COMPLETE = "/v1/files/uploads/complete"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
FILE = {"name": "p.png", "content_type": "image/png", "size_bytes": len(PNG)}


def open_slots(client: httpx.Client, *files: dict[str, Any]) -> list[dict[str, Any]]:
    """Where to put files."""
    response = client.post(UPLOADS, json={"files": files})
    assert response.status_code == 200, response.text
    slots: list[dict[str, Any]] = response.json()["uploads"]
    return slots


def put(
    slot: dict[str, Any], content: bytes = PNG, other_headers: dict[str, str] | None = None
) -> int:
    """Send a file to the store with a slot's headers, or others; returns the status."""
    return fetch(
        slot["upload_url"], "PUT", content=content, headers=slot["headers"] | (other_headers or {})
    ).status_code


def complete(client: httpx.Client, *files: dict[str, Any]) -> list[dict[str, Any]]:
    """Complete uploads; returns the results, after checking the answer's status."""
    response = client.post(COMPLETE, json={"files": files})
    assert "results" in response.json(), response.text
    results: list[dict[str, Any]] = response.json()["results"]
    statuses = {one["status"] for one in results}
    [status] = statuses if len(statuses) == 1 and max(statuses) < 400 else {207}
    assert status == response.status_code
    return results


def listed(client: httpx.Client) -> list[dict[str, Any]]:
    """All files of a caller."""
    items: list[dict[str, Any]] = client.get("/v1/files?include_urls=true").json()["items"]
    return items


@pytest.mark.parametrize("strategy", Upload)
def test_files_sent_to_the_store_are_listed_once_completed(
    newcomer: httpx.Client, strategy: Upload
) -> None:
    """Files are sent to the store in any order, and listed after completion."""
    newcomer.headers["Versus-Flags"] = f"upload={strategy}"
    contents = [b"%PDF-" + b"%d" % number for number in range(12)]
    files = [
        {"name": f"{number}.pdf", "content_type": "application/pdf", "size_bytes": len(content)}
        for number, content in enumerate(contents)
    ]
    slots = open_slots(newcomer, *files)
    with ThreadPoolExecutor(1 if strategy is Upload.SEQUENTIAL else 6) as pool:
        assert [200] * 12 == list(pool.map(put, slots, contents))
    assert listed(newcomer) == []

    sent = [file | {"id": slot["id"]} for file, slot in zip(files, slots, strict=True)]
    response = newcomer.post(COMPLETE, json={"files": sent})

    assert response.status_code == 201, response.text
    results = response.json()["results"]
    assert [file["name"] for file in files] == [one["name"] for one in results]
    by_id = {item["id"]: item for item in listed(newcomer)}
    assert len(by_id) == 12
    for slot, content in zip(slots, contents, strict=True):
        assert content == fetch(by_id[slot["id"]]["download_url"]).content
    # Each was asked for its size, and for its first bytes.
    assert 24 == cost_of(response)["store_requests"]
    assert 1 == cost_of(response)["db_requests"]


def test_the_store_accepts_only_what_was_announced(newcomer: httpx.Client) -> None:
    """Another size, type or key is refused by the store, and so is a second upload."""
    one, other = open_slots(newcomer, FILE, FILE)
    swapped = one | {
        "upload_url": other["upload_url"].partition("?")[0]
        + "?"
        + one["upload_url"].partition("?")[2]
    }

    assert 403 == put(one, PNG + b"1", {"Content-Length": str(len(PNG) + 1)})
    assert 403 == put(one, PNG[:-1], {"Content-Length": str(len(PNG) - 1)})
    assert 403 == put(one, PNG, {"Content-Type": "text/html"})
    assert 403 == put(one, PNG, {"If-None-Match": "x"})
    assert 403 == put(swapped)
    assert [404, 404] == [
        result["status"]
        for result in complete(newcomer, *(FILE | {"id": slot["id"]} for slot in (one, other)))
    ]
    assert [200, 412] == [put(one), put(one)]


def test_slots_expire(settings: Settings, newcomer: httpx.Client) -> None:
    """A slot that was not used in time cannot be."""
    with serve(create_app(settings.model_copy(update={"upload_url_lifetime_s": 1}))) as url:
        newcomer.base_url = url
        [used, late] = open_slots(newcomer, FILE, FILE)
    assert 1 == used["expires_in_s"]
    deadline_s = time.monotonic() + 10
    while put(used) != 403:
        assert time.monotonic() < deadline_s, "the slot still works"
        time.sleep(0.1)

    assert 403 == put(late)


def test_a_missing_object_is_not_listed(newcomer: httpx.Client) -> None:
    """A file without an object is a 404; the others are listed."""
    sent, unsent = open_slots(newcomer, FILE, FILE)
    put(sent)

    results = complete(newcomer, FILE | {"id": unsent["id"]}, FILE | {"id": sent["id"]})

    assert [404, 201] == [one["status"] for one in results]
    assert [sent["id"]] == [item["id"] for item in listed(newcomer)]


def test_completing_twice_changes_nothing(newcomer: httpx.Client) -> None:
    """The second time each file is returned unchanged, with 200, even under another name."""
    [slot] = open_slots(newcomer, FILE)
    put(slot)
    [first] = complete(newcomer, FILE | {"id": slot["id"]})
    [second] = complete(newcomer, FILE | {"id": slot["id"], "name": "other.png"})

    assert [201, 200] == [first["status"], second["status"]]
    assert first["file"] == second["file"]
    assert "p.png" == second["name"]
    assert len(listed(newcomer)) == 1


def test_completing_at_the_same_time_makes_one_file(newcomer: httpx.Client) -> None:
    """Of simultaneous completions of one upload one is the first, and all are answered."""
    [slot] = open_slots(newcomer, FILE)
    put(slot)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: complete(newcomer, FILE | {"id": slot["id"]})[0], range(8))
        )

    assert [200] * 7 + [201] == sorted(answer["status"] for answer in answers)
    assert 1 == len({answer["file"]["id"] for answer in answers})
    assert 1 == len(listed(newcomer))


def test_a_wrong_size_is_refused(newcomer: httpx.Client) -> None:
    """A different size or type is refused with the actual one; the right one still works."""
    [slot] = open_slots(newcomer, FILE)
    put(slot)
    told = FILE | {"id": slot["id"]}

    [size] = complete(newcomer, told | {"size_bytes": 1})
    [kind] = complete(newcomer, told | {"content_type": "image/gif"})

    assert (409, f"The object uploaded has {len(PNG)} bytes of image/png.") == (
        size["status"],
        size["detail"],
    )
    assert 404 == kind["status"]
    assert listed(newcomer) == []
    assert 201 == complete(newcomer, told)[0]["status"]


def test_content_that_is_not_its_type_is_removed(newcomer: httpx.Client) -> None:
    """Content that does not fit its type is a 415 and is deleted."""
    html = {"name": "p.png", "content_type": "image/png", "size_bytes": 8}
    empty = {"name": "p.png", "content_type": "image/png", "size_bytes": 0}
    slots = open_slots(newcomer, html, empty)
    assert [200, 200] == [put(slots[0], b"<script>"), put(slots[1], b"")]
    sent = [file | {"id": slot["id"]} for file, slot in zip((html, empty), slots, strict=True)]

    assert [415, 415] == [one["status"] for one in complete(newcomer, *sent)]
    assert [404, 404] == [one["status"] for one in complete(newcomer, *sent)]
    assert listed(newcomer) == []


def test_an_empty_text_is_a_file(newcomer: httpx.Client) -> None:
    """A type without a beginning of its own may be empty."""
    text = {"name": "t.txt", "content_type": "text/plain", "size_bytes": 0}
    [slot] = open_slots(newcomer, text)
    assert 200 == put(slot, b"")

    assert 201 == complete(newcomer, text | {"id": slot["id"]})[0]["status"]


def test_another_user_s_upload_cannot_be_completed(
    newcomer: httpx.Client, other_client: httpx.Client
) -> None:
    """Another caller's id is not found, before and after completion."""
    [slot] = open_slots(newcomer, FILE)
    put(slot)
    told = FILE | {"id": slot["id"]}
    before = other_client.get("/v1/files?limit=100").json()

    assert 404 == complete(other_client, told)[0]["status"]
    assert 201 == complete(newcomer, told)[0]["status"]
    assert 404 == complete(other_client, told)[0]["status"]
    assert before == other_client.get("/v1/files?limit=100").json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"content_type": "text/html"},
        {"size_bytes": -1},
        {"size_bytes": 20 * 1024 * 1024 + 1},
        {"name": ""},
        {"name": "n" * 256},
        {"name": "a\0b"},
        {"object_key": "x"},
    ],
)
def test_invalid_uploads_are_refused(newcomer: httpx.Client, wrong: dict[str, Any]) -> None:
    """Invalid types, sizes, names and contents are refused."""
    assert_problem(newcomer.post(UPLOADS, json={"files": [FILE | wrong]}), 422)
    told = FILE | {"id": str(uuid.uuid4())} | wrong
    assert_problem(newcomer.post(COMPLETE, json={"files": [told]}), 422)


def test_the_number_of_uploads_is_limited(newcomer: httpx.Client, stranger: httpx.Client) -> None:
    """No upload, and more than the limit, are a 422; a token is needed."""
    assert_problem(newcomer.post(UPLOADS, json={"files": []}), 422)
    assert_problem(newcomer.post(UPLOADS, json={"files": [FILE] * (FILES_MAX + 1)}), 422)
    assert len(open_slots(newcomer, *[FILE] * FILES_MAX)) == FILES_MAX
    told = FILE | {"id": "../../x"}
    assert_problem(newcomer.post(COMPLETE, json={"files": [told]}), 422)
    assert_problem(stranger.post(UPLOADS, json={"files": [FILE]}), 401)
    assert_problem(stranger.post(COMPLETE, json={"files": [FILE]}), 401)


def test_an_unreachable_store_is_a_503(settings: Settings, newcomer: httpx.Client) -> None:
    """Completing fails as a whole and can be repeated."""
    [slot] = open_slots(newcomer, FILE)
    put(slot)
    here, told = newcomer.base_url, FILE | {"id": slot["id"]}
    with serve(
        create_app(settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"}))
    ) as url:
        newcomer.base_url = url
        response = newcomer.post(COMPLETE, json={"files": [told]})
        newcomer.base_url = here

    assert_problem(response, 503)
    assert 201 == complete(newcomer, told)[0]["status"]
