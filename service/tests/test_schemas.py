import json
from typing import Any

import httpx
import pytest

from service.tests.support import GRAPH, assert_problem, create_workflow, fetch_json

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
def test_invalid_workflows_leave_nothing_behind(newcomer: httpx.Client, body: Any) -> None:
    """A body that cannot be stored is a 422, and no incomplete workflow stays."""
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
    """A payload nested `levels` deep, itself included."""
    inner: list[Any] = []
    for _ in range(levels - 4):
        inner = [inner]
    return {"nodes": [{"x": inner}], "edges": []}


def test_what_is_stored_can_be_read(newcomer: httpx.Client) -> None:
    """A payload at the allowed depth is returned; one level more is refused, at any key."""
    workflow_id = create_workflow(newcomer)
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
