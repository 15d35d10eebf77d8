"""Writing a full page of a list as JSON, the last step of an answer.

Neither optimization changes it, so it limits what they can gain.
"""

from collections.abc import Callable

import httpx
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from service.flags import Preset
from service.schemas import FilePageWithUrls, WorkflowPage
from service.telemetry import json_response

PAGE = 50
PAGES: dict[str, tuple[str, type[WorkflowPage | FilePageWithUrls]]] = {
    "workflows": (f"/v1/workflows?limit={PAGE}", WorkflowPage),
    "files": (f"/v1/files?include_urls=true&limit={PAGE}", FilePageWithUrls),
}


@pytest.mark.parametrize("page", PAGES)
def test_serializing(
    benchmark: BenchmarkFixture, get: Callable[[str, Preset], httpx.Response], page: str
) -> None:
    """A page that was parsed from an answer is written as the same bytes."""
    path, schema = PAGES[page]
    answer = get(path, Preset.OPTIMIZED)
    body = schema.model_validate_json(answer.content)

    benchmark.group = f"writing {PAGE} {page} as JSON"
    benchmark.extra_info |= {
        "scenario": f"serializing_{page}",
        "variant": "json_response",
        "strategy": "json_response",
        "body_bytes": len(answer.content),
    }

    assert answer.content == benchmark(json_response, body).body
    assert PAGE == len(answer.json()["items"])
