"""What somebody hostile would store."""

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
