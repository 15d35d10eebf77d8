"""Writing the answer to a list as JSON, a full page of it: the last thing the service does.

Neither optimization touches this. It bounds what they can gain: a list cannot be answered sooner
than its page is written.
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
    benchmark: BenchmarkFixture, ask: Callable[[str, Preset], httpx.Response], page: str
) -> None:
    """A page that was read from an answer is written as that answer, byte for byte."""
    path, schema = PAGES[page]
    answer = ask(path, Preset.OPTIMIZED)
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
