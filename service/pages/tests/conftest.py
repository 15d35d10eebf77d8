"""What both kinds of tests of the pages open."""

import httpx
import pytest


@pytest.fixture(scope="module")
def preview_path(client: httpx.Client) -> str:
    """Where a workflow of the main owner is previewed."""
    workflow = client.get("/v1/workflows?limit=1").json()["items"][0]
    return f"/workflows/{workflow['id']}/preview"
