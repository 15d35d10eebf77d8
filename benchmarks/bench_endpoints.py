"""The optimized endpoints and the canary, by preset.

The application runs in this process and is called over ASGI, without a socket, a server or a load
generator. Measured are the service, the real database, and the client, which takes no longer than
the canary.
"""

import re
from collections.abc import Callable

import httpx
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from service.flags import Preset
from service.tests.support import cost_of

PAGE = 50
# The names are those of versus.toml.
PATHS = {
    "workflow_list": f"/v1/workflows?limit={PAGE}",
    "template_list": f"/v1/templates?limit={PAGE}",
    "file_list": f"/v1/files?include_urls=true&limit={PAGE}",
    "canary": "/v1/me",
}
WITH_VERSIONS = ("workflow_list", "template_list")
PAYLOAD_BYTES_MIN = 100_000
"""In every size of the seed data, a page's payloads are much larger and its summaries smaller."""

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
    get: Callable[[str, Preset], httpx.Response],
    scenario: str,
    preset: Preset,
) -> None:
    """All presets return the same, and only the baseline loads payloads."""
    path = PATHS[scenario]
    expected = get(path, _OTHER[preset])
    cost = cost_of(get(path, preset))
    benchmark.group = f"GET {path}"
    benchmark.extra_info |= {
        "scenario": scenario,
        "variant": preset.value,
        "strategy": preset.value,
        "db_bytes": int(cost["db_bytes"]),
    }
    answer = benchmark(get, path, preset)

    assert 200 == answer.status_code
    assert _SIGNATURE.sub("", expected.text) == _SIGNATURE.sub("", answer.text)
    assert (0 if scenario == "canary" else PAGE) == len(answer.json().get("items", ()))
    loads_payloads = scenario in WITH_VERSIONS and preset is Preset.BASELINE
    assert loads_payloads == (cost["db_bytes"] > PAYLOAD_BYTES_MIN)
