import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from service.database import _BarePostgrest
from service.stack import LIBRARY_OWNER_ID, Endpoints, mint_token
from service.tests.support import (
    GRAPH,
    assert_problem,
    connect,
    create_workflow,
    fetch_json,
    listed_workflows,
)


def test_templates_are_for_every_user(client: httpx.Client, other_client: httpx.Client) -> None:
    """Two owners see the same templates, and no workflows of each other."""
    templates = fetch_json(client, "/v1/templates?limit=100")
    assert templates == fetch_json(other_client, "/v1/templates?limit=100")
    assert {True} == {item["is_template"] for item in templates["items"]}

    mine, theirs = (
        {item["id"] for item in listed_workflows(one)} for one in (client, other_client)
    )
    assert mine
    assert theirs
    assert not mine & theirs


def test_a_created_workflow_is_listed(newcomer: httpx.Client) -> None:
    """The answer is 201 with the counts of version 1 and the workflow's address."""
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


def test_an_added_version_is_the_latest(newcomer: httpx.Client) -> None:
    """A new version takes the next number, and lists show its counts."""
    workflow_id = create_workflow(newcomer)
    grown: dict[str, Any] = {"nodes": [{}, {}, {}], "edges": []}

    response = newcomer.post(f"/v1/workflows/{workflow_id}/versions", json={"payload": grown})

    assert response.status_code == 201
    [item] = fetch_json(newcomer, "/v1/workflows")["items"]
    assert response.json() == item["latest_version"]
    assert (2, 3, 0) == tuple(
        item["latest_version"][name] for name in ("version_number", "node_count", "edge_count")
    )


def test_versions_added_at_once_get_numbers_of_their_own(newcomer: httpx.Client) -> None:
    """Of many simultaneous additions each is stored under its own number or refused with 409."""
    url = f"/v1/workflows/{create_workflow(newcomer)}/versions"
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: newcomer.post(url, json={"payload": GRAPH}), range(16)))

    assert {201} <= {response.status_code for response in responses} <= {201, 409}
    numbers = sorted(r.json()["version_number"] for r in responses if r.status_code == 201)
    assert list(range(2, len(numbers) + 2)) == numbers


def test_workflows_of_others_are_not_found(
    client: httpx.Client, other_client: httpx.Client
) -> None:
    """Another user's workflow can be neither read nor changed, and looks like a missing one."""
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
    """Every user can read a template's payload; none can add a version."""
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


def test_an_invalid_id_is_refused(client: httpx.Client) -> None:
    """A path without a UUID is a 422."""
    assert_problem(client.get("/v1/workflows/1"), 422)


def test_an_incomplete_workflow_is_named(
    newcomer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the version is not stored and the workflow not deleted, the answer names it."""
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
