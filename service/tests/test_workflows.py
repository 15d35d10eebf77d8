import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.database import _BarePostgrest, open_database
from service.flags import Preset, WorkflowQuery
from service.paging import Page
from service.settings import Settings
from service.stack import LIBRARY_OWNER_ID, OWNER_ID, Endpoints, Stack, mint_token
from service.tests.support import assert_problem, connect, cost_of, serve, stack_settings
from service.versions import BATCHES, Latest, get_latest_versions_batch, latest_embed
from service.workflows import _newest_first

GRAPH = {"nodes": [{"id": "a"}, {"id": "b"}], "edges": [{"from": "a", "to": "b"}]}
LISTS = ["/v1/workflows", "/v1/templates"]
PRESETS = [f"preset={preset}" for preset in Preset]
TARGET_S = 1.0


def fetch_json(client: httpx.Client, path: str) -> Any:
    """The body of a good answer."""
    response = client.get(path)
    assert response.status_code == 200, response.text
    return response.json()


def check_list_is_cheap(baseline: httpx.Client, optimized: httpx.Client, path: str) -> None:
    """Same requests and rows, a small part of the bytes, and an answer within the target."""
    before = cost_of(baseline.get(path))
    started_s = time.perf_counter()
    response = optimized.get(path)
    latency_s = time.perf_counter() - started_s
    after = cost_of(response)

    assert len(response.json()["items"]) == 50
    assert before["db_requests"] == after["db_requests"] == 2
    assert before["db_rows"] == after["db_rows"]
    assert after["db_bytes"] < before["db_bytes"] / 20
    assert latency_s < TARGET_S


def check_list_is_cheapest(optimized: httpx.Client, tuned: httpx.Client, path: str) -> None:
    """One request for one row each, fewer bytes, and an answer within the target."""
    before = cost_of(optimized.get(path))
    started_s = time.perf_counter()
    response = tuned.get(path)
    latency_s = time.perf_counter() - started_s
    after = cost_of(response)

    assert len(response.json()["items"]) == 50
    assert after["db_requests"] == 1
    assert after["db_rows"] == 51
    assert after["db_bytes"] < before["db_bytes"]
    assert latency_s < TARGET_S


@pytest.mark.parametrize("path", LISTS)
def test_the_tuned_list_is_one_request(
    optimized: httpx.Client, tuned: httpx.Client, path: str
) -> None:
    """Workflows and their latest versions come by one request, and no other version does."""
    check_list_is_cheapest(optimized, tuned, path)


def test_list_workflows_performance(baseline: httpx.Client, optimized: httpx.Client) -> None:
    """The optimized workflow list brings the same rows in a twentieth of the bytes, in time."""
    check_list_is_cheap(baseline, optimized, "/v1/workflows")


def test_list_templates_performance(baseline: httpx.Client, optimized: httpx.Client) -> None:
    """The optimized template list brings the same rows in a twentieth of the bytes, in time."""
    check_list_is_cheap(baseline, optimized, "/v1/templates")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("variant", Preset)
def test_list_workflows_returns_correct_counts(
    request: pytest.FixtureRequest, variant: str, path: str
) -> None:
    """Listed counts are those of the latest version's own payload."""
    client: httpx.Client = request.getfixturevalue(variant)
    for item in fetch_json(client, f"{path}?limit=8")["items"]:
        latest = fetch_json(client, f"/v1/workflows/{item['id']}")["latest_version"]
        payload = latest.pop("payload")

        assert latest == item["latest_version"]
        assert len(payload["nodes"]) == latest["node_count"] > 0
        assert len(payload["edges"]) == latest["edge_count"] > 0


@pytest.mark.parametrize(("variant", "row_bytes_max"), [("optimized", 300), ("tuned", 600)])
def test_list_workflows_doesnt_load_payloads(
    request: pytest.FixtureRequest, variant: str, row_bytes_max: int
) -> None:
    """What the database sends for a page is smaller than a single payload behind it would be."""
    client: httpx.Client = request.getfixturevalue(variant)
    path = "/v1/workflows?limit=20"
    item = fetch_json(client, path)["items"][0]
    payload_bytes = cost_of(client.get(f"/v1/workflows/{item['id']}"))["db_bytes"]
    cost = cost_of(client.get(path))

    assert cost["db_bytes"] / cost["db_rows"] < row_bytes_max
    assert payload_bytes > 5_000


def run_batch(
    settings: Settings, token: str, ids: list[str], strategy: WorkflowQuery
) -> tuple[Latest, list[httpx.URL]]:
    """The latest versions, and the requests that went over the wire for them."""
    sent: list[httpx.URL] = []

    async def note(request: httpx.Request) -> None:
        sent.append(request.url)

    async def run() -> Latest:
        async with open_database(settings) as database:
            db = database.as_caller(token)
            db._client.session.event_hooks = {"request": [note]}
            return await get_latest_versions_batch(db, ids, strategy)

    return asyncio.run(run()), sent


def listed(client: httpx.Client, path: str = "/v1/workflows") -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    items: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        page = fetch_json(client, f"{path}?limit=100&offset={offset}")
        items += page["items"]
        offset = page["next_offset"]
    return items


def test_get_latest_versions_batch_uses_selective_columns(
    settings: Settings, token: str, client: httpx.Client
) -> None:
    """The optimized query names its five columns; the baseline asks for all; both find the same."""
    ids = [item["id"] for item in listed(client)]

    before, [full] = run_batch(settings, token, ids, WorkflowQuery.FULL_ROWS)
    after, [summary] = run_batch(settings, token, ids, WorkflowQuery.SUMMARY_COLUMNS)

    assert full.params["select"] == "*"
    assert summary.params["select"] == "workflow_id,version_number,created_at,node_count,edge_count"
    assert full.copy_remove_param("select") == summary.copy_remove_param("select")
    assert before == after
    assert set(ids) == set(after)


@pytest.mark.parametrize("strategy", BATCHES)
def test_no_workflows_need_no_query(
    settings: Settings, token: str, strategy: WorkflowQuery
) -> None:
    """For no ids there is nothing to ask."""
    assert run_batch(settings, token, [], strategy) == ({}, [])


@pytest.mark.parametrize("strategy", BATCHES)
def test_many_ids_are_asked_in_parts(
    settings: Settings, token: str, client: httpx.Client, strategy: WorkflowQuery
) -> None:
    """Hundreds of ids, most unknown, fit into URLs of bearable length; repeated ones are fine."""
    known = [item["id"] for item in listed(client)]
    unknown = [str(uuid.UUID(int=n)) for n in range(300)]

    latest, sent = run_batch(settings, token, [*unknown, *known, *known], strategy)

    assert set(known) == set(latest)
    assert max(len(str(url)) for url in sent) < 6_000


@pytest.fixture(scope="module")
def cut_short() -> Iterator[tuple[str, str]]:
    """The same data where PostgREST returns seven rows at most; gives base URL and token."""
    root = Path(__file__).parents[2] / ".versus"
    stack = Stack(size="small", root=root, max_rows=7)
    try:
        endpoints = stack.start()
        with serve(create_app(stack_settings(endpoints))) as url:
            yield url, mint_token(endpoints.jwt_secret, OWNER_ID)
    finally:
        stack.stop()


@pytest.mark.parametrize("path", ["/v1/workflows?limit=50", "/v1/templates?limit=20", "/v1/files"])
@pytest.mark.parametrize("flags", PRESETS)
def test_silently_cut_answers_change_nothing(
    cut_short: tuple[str, str], client: httpx.Client, flags: str, path: str
) -> None:
    """However few rows the server returns at once, every page is the same."""
    with connect(*cut_short, flags) as cut:
        assert client.get(path).content == cut.get(path).content


@pytest.mark.parametrize("path", LISTS)
def test_pages_join_without_gap(client: httpx.Client, path: str) -> None:
    """Small pages, one after the other, are the whole list, newest first, each item once."""
    whole = listed(client, path)
    pieces: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        page = fetch_json(client, f"{path}?limit=17&offset={offset}")
        pieces += page["items"]
        offset = page["next_offset"]

    assert whole == pieces
    assert whole == sorted(whole, key=lambda item: (item["created_at"], item["id"]), reverse=True)
    assert len({item["id"] for item in whole}) == len(whole) > 50


@pytest.mark.parametrize("path", LISTS)
def test_every_variant_gives_the_same_bytes(
    baseline: httpx.Client, optimized: httpx.Client, tuned: httpx.Client, path: str
) -> None:
    """Every page's body is the same byte for byte in every variant."""
    for page in ("", "?offset=50", "?limit=1", "?offset=100000", "?limit=100"):
        expected = baseline.get(path + page).content
        assert expected == optimized.get(path + page).content == tuned.get(path + page).content


@pytest.mark.parametrize("flags", PRESETS)
def test_an_empty_list_costs_one_query(newcomer: httpx.Client, flags: str) -> None:
    """Whoever owns nothing gets an empty page, and no versions are asked for."""
    response = newcomer.get("/v1/workflows", headers={"Versus-Flags": flags})

    assert response.json() == {"items": [], "next_offset": None}
    assert cost_of(response)["db_requests"] == 1


def test_a_page_beyond_the_end_is_empty(client: httpx.Client) -> None:
    """An offset behind the last item gives an empty page, not an error."""
    assert fetch_json(client, "/v1/workflows?offset=1000000") == {"items": [], "next_offset": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1", "offset=1e9"])
def test_odd_pages_are_refused(client: httpx.Client, query: str) -> None:
    """Limits from 1 to 100 and offsets from 0 are all there is."""
    problem = assert_problem(client.get(f"/v1/workflows?{query}"), 422)

    assert problem["errors"][0]["where"] == "query." + query.partition("=")[0]


def test_templates_are_everybody_s(client: httpx.Client, other_client: httpx.Client) -> None:
    """Two owners see the same templates, and no workflow of each other."""
    templates = fetch_json(client, "/v1/templates?limit=100")
    assert templates == fetch_json(other_client, "/v1/templates?limit=100")
    assert {True} == {item["is_template"] for item in templates["items"]}

    mine, theirs = ({item["id"] for item in listed(one)} for one in (client, other_client))
    assert mine
    assert theirs
    assert not mine & theirs


@pytest.mark.parametrize("flags", PRESETS)
def test_a_workflow_without_versions_is_listed(
    newcomer: httpx.Client, stack: Endpoints, flags: str
) -> None:
    """A workflow that has no version yet shows null for its latest one."""
    headers = {"Authorization": newcomer.headers["Authorization"], "apikey": stack.supabase_key}
    row = {"owner_id": fetch_json(newcomer, "/v1/me")["id"], "name": "bare"}
    httpx.post(f"{stack.supabase_url}/workflows", headers=headers, json=row).raise_for_status()
    newcomer.post("/v1/workflows", json={"name": "full", "payload": GRAPH}).raise_for_status()

    response = newcomer.get("/v1/workflows", headers={"Versus-Flags": flags})

    full, bare = response.json()["items"]
    assert full["latest_version"]["version_number"] == 1
    assert bare["latest_version"] is None
    assert fetch_json(newcomer, f"/v1/workflows/{bare['id']}")["latest_version"] is None


def test_a_created_workflow_is_there(newcomer: httpx.Client) -> None:
    """Creating gives 201, the counts of version 1, and a place where to find it."""
    payload = GRAPH | {"viewport": {"zoom": 1.5}}

    response = newcomer.post(
        "/v1/workflows", json={"name": "  Mine  ", "description": "d", "payload": payload}
    )

    created = response.json()
    assert response.status_code == 201
    assert ("Mine", "d", False) == (
        created["name"],
        created["description"],
        created["is_template"],
    )
    summary = created["latest_version"]
    assert (1, 2, 1) == (summary["version_number"], summary["node_count"], summary["edge_count"])
    found = fetch_json(newcomer, response.headers["Location"])
    assert payload == found["latest_version"]["payload"]
    assert [created] == fetch_json(newcomer, "/v1/workflows")["items"]


def create(client: httpx.Client) -> str:
    """The id of a new workflow."""
    response = client.post("/v1/workflows", json={"name": "w", "payload": GRAPH})
    assert response.status_code == 201, response.text
    workflow_id: str = response.json()["id"]
    return workflow_id


def test_an_added_version_is_the_latest(newcomer: httpx.Client) -> None:
    """A new version takes the next number, and lists show its counts."""
    workflow_id = create(newcomer)
    grown: dict[str, Any] = {"nodes": [{}, {}, {}], "edges": []}

    response = newcomer.post(f"/v1/workflows/{workflow_id}/versions", json={"payload": grown})

    assert response.status_code == 201
    [item] = fetch_json(newcomer, "/v1/workflows")["items"]
    assert response.json() == item["latest_version"]
    assert (2, 3, 0) == tuple(
        item["latest_version"][name] for name in ("version_number", "node_count", "edge_count")
    )


def test_the_tuned_list_costs_the_same_however_many_versions_there_are(
    newcomer: httpx.Client,
) -> None:
    """More versions add neither rows nor bytes to what the database sends."""
    workflow_id = create(newcomer)

    def costs() -> dict[str, float]:
        cost = cost_of(newcomer.get("/v1/workflows", headers={"Versus-Flags": "preset=tuned"}))
        return {name: cost[name] for name in ("db_requests", "db_rows")}

    one = costs()
    for _ in range(7):
        url = f"/v1/workflows/{workflow_id}/versions"
        newcomer.post(url, json={"payload": GRAPH}).raise_for_status()

    [item] = fetch_json(newcomer, "/v1/workflows")["items"]
    assert item["latest_version"]["version_number"] == 8
    # A list that is not full is asked whether there is more: the second request brings nothing.
    assert one == costs() == {"db_requests": 2, "db_rows": 1}


def test_the_tuned_list_opens_no_payload(settings: Settings, token: str) -> None:
    """The database's plan for the list has the function's body in it, and no payload."""
    sent: list[httpx.URL] = []

    async def note(request: httpx.Request) -> None:
        sent.append(request.url)

    async def run() -> None:
        async with open_database(settings) as database:
            db = database.as_caller(token)
            db._client.session.event_hooks = {"request": [note]}
            await latest_embed(
                db, lambda columns: _newest_first(db, columns).eq("owner_id", OWNER_ID), Page(50, 0)
            )

    asyncio.run(run())
    # Past the gateway's prefix, which the service drops where there is no gateway.
    url = str(sent[0]).replace("/rest/v1", "")
    accept = 'application/vnd.pgrst.plan+text; for="application/json"; options=verbose'
    plan = httpx.get(url, headers={"Authorization": f"Bearer {token}", "Accept": accept}).text

    assert "on public.workflow_versions v " in plan
    assert "payload" not in plan


def test_versions_added_at_once_get_numbers_of_their_own(newcomer: httpx.Client) -> None:
    """Of many simultaneous additions each is stored under its own number or refused with 409."""
    url = f"/v1/workflows/{create(newcomer)}/versions"
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: newcomer.post(url, json={"payload": GRAPH}), range(16)))

    assert {201} <= {response.status_code for response in responses} <= {201, 409}
    numbers = sorted(r.json()["version_number"] for r in responses if r.status_code == 201)
    assert list(range(2, len(numbers) + 2)) == numbers


UNFIT_BODIES = {
    "unknown field": {"name": "w", "payload": GRAPH, "is_template": True},
    "no name": {"payload": GRAPH},
    "blank name": {"name": "  ", "payload": GRAPH},
    "long name": {"name": "n" * 201, "payload": GRAPH},
    "no payload": {"name": "w"},
    "nodes are no list": {"name": "w", "payload": {"nodes": {}, "edges": []}},
    "edges are missing": {"name": "w", "payload": {"nodes": []}},
    "not a number": {"name": "w", "payload": {"nodes": [{"x": float("nan")}], "edges": []}},
    "half a character": {"name": "w", "payload": {"nodes": [{"x": "\ud800"}], "edges": []}},
    "zero character in the payload": {
        "name": "w",
        "payload": {"nodes": [{"x": "\0"}], "edges": []},
    },
    "zero character in the name": {"name": "a\0b", "payload": GRAPH},
    "not an object": [],
}


@pytest.mark.parametrize("body", UNFIT_BODIES.values(), ids=UNFIT_BODIES.keys())
def test_unfit_workflows_leave_nothing_behind(newcomer: httpx.Client, body: Any) -> None:
    """A body that cannot be stored is a 422, and no half-made workflow stays."""
    response = newcomer.post(
        "/v1/workflows", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )

    assert_problem(response, 422)
    assert fetch_json(newcomer, "/v1/workflows")["items"] == []


def test_nesting_without_end_is_refused(newcomer: httpx.Client) -> None:
    """JSON nested too deep for any parser is the client's mistake, not a crash."""
    content = '{"name":"w","payload":{"nodes":[' + "[" * 100_000

    response = newcomer.post(
        "/v1/workflows", content=content, headers={"Content-Type": "application/json"}
    )

    assert response.status_code in {400, 422}
    assert_problem(response, response.status_code)


def nested(levels: int) -> dict[str, Any]:
    """A payload of so many objects and arrays within each other, itself included."""
    inner: list[Any] = []
    for _ in range(levels - 4):
        inner = [inner]
    return {"nodes": [{"x": inner}], "edges": []}


def test_what_is_stored_can_be_read(newcomer: httpx.Client) -> None:
    """A payload nested as deep as allowed comes back; one level more is refused, at any key."""
    workflow_id = create(newcomer)
    versions = f"/v1/workflows/{workflow_id}/versions"
    stored = newcomer.post(versions, json={"payload": nested(100)})
    own_key = GRAPH | {"editor": nested(100)}
    refused = [newcomer.post(versions, json={"payload": one}) for one in (nested(101), own_key)]

    assert stored.status_code == 201
    latest = fetch_json(newcomer, f"/v1/workflows/{workflow_id}")["latest_version"]
    assert nested(100) == latest["payload"]
    for response in refused:
        problem = assert_problem(response, 422)
        assert "nested deeper than 100 levels" in problem["errors"][0]["message"]


def chunks(size_bytes: int) -> Iterator[bytes]:
    """A body of that size, sent piece by piece without telling its length."""
    for _ in range(size_bytes // 65_536 + 1):
        yield b" " * 65_536


def test_large_bodies_are_refused(newcomer: httpx.Client) -> None:
    """More than 5 MiB is a 413, whether its length is declared or not."""
    headers = {"Content-Type": "application/json"}
    too_large = 5 * 1024 * 1024 + 1

    for content in (b" " * too_large, chunks(too_large)):
        assert_problem(newcomer.post("/v1/workflows", content=content, headers=headers), 413)


def test_others_workflows_are_not_there(client: httpx.Client, other_client: httpx.Client) -> None:
    """Someone else's workflow can be neither read nor added to, and looks like none at all."""
    theirs = fetch_json(client, "/v1/workflows?limit=1")["items"][0]["id"]
    nobody_s = str(uuid.uuid4())
    new = {"payload": GRAPH}

    for workflow_id in (theirs, nobody_s):
        read = assert_problem(other_client.get(f"/v1/workflows/{workflow_id}"), 404)
        write = assert_problem(
            other_client.post(f"/v1/workflows/{workflow_id}/versions", json=new), 404
        )
        assert read["detail"] == write["detail"] == "There is no such workflow."


def test_templates_can_be_read_but_not_changed(client: httpx.Client) -> None:
    """Everybody reads a template's payload; nobody adds a version to it."""
    template = fetch_json(client, "/v1/templates?limit=1")["items"][0]["id"]

    assert fetch_json(client, f"/v1/workflows/{template}")["latest_version"]["payload"]["nodes"]
    assert_problem(client.post(f"/v1/workflows/{template}/versions", json={"payload": GRAPH}), 404)


def test_not_even_its_owner_changes_a_template(stack: Endpoints, base_url: str) -> None:
    """The library's owner sees the template as their own, but the database refuses a version."""
    token = mint_token(stack.jwt_secret, LIBRARY_OWNER_ID)
    with connect(base_url, token) as librarian:
        template = fetch_json(librarian, "/v1/templates?limit=1")["items"][0]["id"]
        response = librarian.post(f"/v1/workflows/{template}/versions", json={"payload": GRAPH})

    assert_problem(response, 403)


def test_an_id_that_is_none_is_refused(client: httpx.Client) -> None:
    """A path that holds no UUID is a 422."""
    assert_problem(client.get("/v1/workflows/1"), 422)


def test_a_half_made_workflow_is_named(
    newcomer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where neither the version nor its undoing works, the answer says what was left behind."""
    send = _BarePostgrest.handle_async_request

    async def cut_off(self: _BarePostgrest, request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE" or "workflow_versions" in request.url.path:
            raise httpx.ConnectError("cut off")
        return await send(self, request)

    monkeypatch.setattr(_BarePostgrest, "handle_async_request", cut_off)
    response = newcomer.post("/v1/workflows", json={"name": "w", "payload": GRAPH})
    monkeypatch.undo()

    [left] = fetch_json(newcomer, "/v1/workflows")["items"]
    problem = assert_problem(response, 503)
    assert left["id"] in problem["detail"]
    assert response.headers["Location"] == f"/v1/workflows/{left['id']}"
