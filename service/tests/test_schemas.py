import json
from typing import Any

import httpx
import pytest

from service.tests.support import GRAPH, assert_problem, create_workflow, fetch_json

UNFIT_BODIES = {
    "too many nodes": {"name": "w", "payload": {"nodes": [{}] * 10_001, "edges": []}},
    "too many edges": {"name": "w", "payload": {"nodes": [], "edges": [{}] * 20_001}},
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


def test_numbers_without_end_are_refused(newcomer: httpx.Client) -> None:
    """An integer of more than 640 digits is no JSON to this service, because it takes long."""
    content = '{"name":"w","payload":{"nodes":[],"edges":[],"x":' + "9" * 641 + "}}"

    response = newcomer.post(
        "/v1/workflows", content=content, headers={"Content-Type": "application/json"}
    )

    assert_problem(response, 400)


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


WRONG = {
    "nodes": {"name": "w", "payload": {"nodes": [1] * 90_000, "edges": [1] * 90_000}},
    "a few unknown keys": {f"unknown{number}": 1 for number in range(12)},
    "unknown keys": {f"unknown{number}": 1 for number in range(100_000)},
    "a long key": {"k" * 1_000_000: 1},
    "files": {"files": [{"a" * 1000: 1}] * 50},
    "many files": {"files": [1] * 100_000},
}


@pytest.mark.parametrize("path", ["/v1/workflows", "/v1/files/uploads"])
@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
def test_an_answer_about_errors_is_short(newcomer: httpx.Client, body: Any, path: str) -> None:
    """It lists ten errors at most, each cut to 200 characters, however many there are."""
    problem = assert_problem(newcomer.post(path, json=body), 422)

    assert 1 <= len(problem["errors"]) <= 10
    assert 201 >= max(len(text) for error in problem["errors"] for text in error.values())


def test_unknown_keys_are_named(newcomer: httpx.Client) -> None:
    """Up to ten errors name what is wrong; of more unknown keys only their number is reported."""
    few, many = ({f"unknown{number}": 1 for number in range(count)} for count in (3, 30))
    found = [newcomer.post("/v1/workflows", json=body).json()["errors"] for body in (few, many)]

    assert "body.unknown2" in {error["where"] for error in found[0]}
    known = "known are name, description, payload."
    assert [f"Value error, There are 30 keys; {known}"] == [error["message"] for error in found[1]]


def test_a_payload_is_stored_as_it_was_sent(newcomer: httpx.Client) -> None:
    """Keys of the editor's own stay, and the order of nodes and edges too."""
    payload = {"nodes": [{"id": "b"}, {"id": "a"}], "edges": [], "editor": {"zoom": 1.5}}
    workflow_id = create_workflow(newcomer)
    newcomer.post(f"/v1/workflows/{workflow_id}/versions", json={"payload": payload})

    stored = fetch_json(newcomer, f"/v1/workflows/{workflow_id}")["latest_version"]["payload"]
    assert payload == stored
