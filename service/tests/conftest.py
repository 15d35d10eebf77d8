from typing import Any

import httpx
import pytest


@pytest.fixture(scope="module")
def openapi(stranger: httpx.Client) -> dict[str, Any]:
    """The published description of the interface."""
    document: dict[str, Any] = stranger.get("/openapi.json").json()
    return document
