import asyncio
import time
import uuid

import httpx
import pytest

from service.database import open_database
from service.flags import Preset, WorkflowQuery
from service.paging import Page
from service.settings import Settings
from service.stack import OWNER_ID, Endpoints
from service.tests.support import (
    GRAPH,
    cost_of,
    create_workflow,
    fetch,
    fetch_json,
    listed_workflows,
)
from service.versions import BATCHES, Latest, get_latest_versions_batch, latest_embed
from service.workflows import _newest_first

LISTS = ["/v1/workflows", "/v1/templates"]
PRESETS = [f"preset={preset}" for preset in Preset]
TARGET_S = 1.0


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


@pytest.mark.parametrize("path", LISTS)
def test_the_tuned_list_is_one_request(
    optimized: httpx.Client, tuned: httpx.Client, path: str
) -> None:
    """One request returns the workflows and their latest versions only."""
    before = cost_of(optimized.get(path))
    response = tuned.get(path)
    after = cost_of(response)

    assert len(response.json()["items"]) == 50
    assert after["db_requests"] == 1
    assert after["db_rows"] == 51
    assert after["db_bytes"] < before["db_bytes"]


@pytest.mark.slow
def test_list_workflows_performance(baseline: httpx.Client, optimized: httpx.Client) -> None:
    """The optimized workflow list reads the same rows with a twentieth of the bytes."""
    check_list_is_cheap(baseline, optimized, "/v1/workflows")


@pytest.mark.slow
def test_list_templates_performance(baseline: httpx.Client, optimized: httpx.Client) -> None:
    """The optimized template list reads the same rows with a twentieth of the bytes."""
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
    """The database sends less for a page than for one of its payloads."""
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


def test_get_latest_versions_batch_uses_selective_columns(
    settings: Settings, token: str, client: httpx.Client
) -> None:
    """The optimized query names five columns, the baseline requests all; the results are equal."""
    ids = [item["id"] for item in listed_workflows(client)]

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
    """Without ids nothing is queried."""
    assert run_batch(settings, token, [], strategy) == ({}, [])


@pytest.mark.parametrize("strategy", BATCHES)
def test_many_ids_are_queried_in_parts(
    settings: Settings, token: str, client: httpx.Client, strategy: WorkflowQuery
) -> None:
    """Hundreds of ids, unknown and repeated ones too, are split into URLs of limited length."""
    known = [item["id"] for item in listed_workflows(client)]
    unknown = [str(uuid.UUID(int=n)) for n in range(300)]

    latest, sent = run_batch(settings, token, [*unknown, *known, *known], strategy)

    assert set(known) == set(latest)
    assert max(len(str(url)) for url in sent) < 6_000


@pytest.mark.parametrize("path", LISTS)
def test_every_variant_gives_the_same_bytes(
    baseline: httpx.Client, optimized: httpx.Client, tuned: httpx.Client, path: str
) -> None:
    """Every page's body is the same byte for byte in every variant."""
    for page in ("", "?offset=50", "?limit=1", "?offset=100000", "?limit=100"):
        expected = baseline.get(path + page).content
        assert expected == optimized.get(path + page).content == tuned.get(path + page).content


@pytest.mark.parametrize("flags", PRESETS)
def test_a_workflow_without_versions_is_listed(
    newcomer: httpx.Client, stack: Endpoints, flags: str
) -> None:
    """Its latest version is null."""
    headers = {"Authorization": newcomer.headers["Authorization"], "apikey": stack.supabase_key}
    row = {"owner_id": fetch_json(newcomer, "/v1/me")["id"], "name": "bare"}
    fetch(f"{stack.supabase_url}/workflows", "POST", headers=headers, json=row).raise_for_status()
    newcomer.post("/v1/workflows", json={"name": "full", "payload": GRAPH}).raise_for_status()

    response = newcomer.get("/v1/workflows", headers={"Versus-Flags": flags})

    full, bare = response.json()["items"]
    assert full["latest_version"]["version_number"] == 1
    assert bare["latest_version"] is None
    assert fetch_json(newcomer, f"/v1/workflows/{bare['id']}")["latest_version"] is None


def test_the_cost_of_the_tuned_list_does_not_depend_on_versions(
    newcomer: httpx.Client,
) -> None:
    """More versions add neither rows nor requests."""
    workflow_id = create_workflow(newcomer)

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
    plan = fetch(url, headers={"Authorization": f"Bearer {token}", "Accept": accept}).text

    assert "on public.workflow_versions v " in plan
    assert "payload" not in plan
