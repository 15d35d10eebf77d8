"""A hostile workflow, and a visit to a page without a browser."""

from typing import Any

import httpx

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;\u202e"
GRAPH: dict[str, Any] = {
    "nodes": [
        {"id": "a", "type": HOSTILE, "data": {"label": HOSTILE}, "position": {"x": HOSTILE}},
        {"id": "b", "type": "input.text", "width": '"/><script>', "height": {}},
    ],
    "edges": [{"source": "a", "target": "b"}, {"source": HOSTILE, "target": "b"}],
}


def create(newcomer: httpx.Client, name: str) -> str:
    body = {"name": name, "description": name, "payload": GRAPH}
    response = newcomer.post("/v1/workflows", json=body)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def token_of(client: httpx.Client) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")


def visit(stranger: httpx.Client, path: str, token: str | None = None) -> httpx.Response:
    """The answer to a navigation, which sends at most a cookie, never a token in a header."""
    return stranger.get(path, headers={"Cookie": f"versus_session={token}"} if token else {})
