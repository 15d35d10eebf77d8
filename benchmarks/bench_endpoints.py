"""The endpoints that the optimizations serve, and one that they do not, by preset.

The application runs in this process and is asked over ASGI, so that no socket to the client, no
server and no load generator is measured with it. What is left is the service, the real database
behind it, and a client that takes no more than the whole of the canary does.
"""

import re
from collections.abc import Callable

import httpx
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from service.flags import Preset
from service.tests.support import cost_of

PAGE = 50
# By the names that versus.toml gives them.
PATHS = {
    "workflow_list": f"/v1/workflows?limit={PAGE}",
    "template_list": f"/v1/templates?limit={PAGE}",
    "file_list": f"/v1/files?include_urls=true&limit={PAGE}",
    "canary": "/v1/me",
}
WITH_VERSIONS = ("workflow_list", "template_list")
PAYLOAD_BYTES_MIN = 100_000
"""Payloads of a page are far more than this in every size of the seed data, summaries far less."""

_SIGNATURE = re.compile(r'\?X-Amz-[^"]*')
_OTHER = {
    Preset.BASELINE: Preset.OPTIMIZED,
    Preset.OPTIMIZED: Preset.BASELINE,
    Preset.TUNED: Preset.OPTIMIZED,
}


@pytest.mark.parametrize("preset", Preset)
@pytest.mark.parametrize("scenario", PATHS)
def test_endpoint(
    benchmark: BenchmarkFixture,
    ask: Callable[[str, Preset], httpx.Response],
    scenario: str,
    preset: Preset,
) -> None:
    """Every preset answers the same, and only the baseline's payloads pass through the service."""
    path = PATHS[scenario]
    expected = ask(path, _OTHER[preset])
    cost = cost_of(ask(path, preset))
    benchmark.group = f"GET {path}"
    benchmark.extra_info |= {
        "scenario": scenario,
        "variant": preset.value,
        "strategy": preset.value,
        "db_bytes": int(cost["db_bytes"]),
    }
    answer = benchmark(ask, path, preset)

    assert 200 == answer.status_code
    assert _SIGNATURE.sub("", expected.text) == _SIGNATURE.sub("", answer.text)
    assert (0 if scenario == "canary" else PAGE) == len(answer.json().get("items", ()))
    loads_payloads = scenario in WITH_VERSIONS and preset is Preset.BASELINE
    assert loads_payloads == (cost["db_bytes"] > PAYLOAD_BYTES_MIN)
