import asyncio
import re

import httpx
import pytest

from service.telemetry import (
    RequestCost,
    collect_cost,
    current_cost,
    format_cost,
    format_server_timing,
    stage,
)
from service.tests.support import assert_problem, cost_of, stages_of

STAGE = r"\d+\.\d{3}"
SERVER_TIMING = re.compile(
    rf"db;dur={STAGE}, decode;dur={STAGE}, sign;dur={STAGE}, store;dur={STAGE}, "
    rf"serialize;dur={STAGE}, total;dur={STAGE}"
)


def test_server_timing_is_in_milliseconds() -> None:
    """Seconds become milliseconds with three decimals."""
    cost = RequestCost(stages_s={"db": 0.0012345, "decode": 0.0, "sign": 1.5, "serialize": 0.0})

    assert (
        "db;dur=1.234, decode;dur=0.000, sign;dur=1500.000, serialize;dur=0.000, total;dur=2000.000"
        == format_server_timing(cost, 2.0)
    )


def test_cost_is_a_list_of_pairs() -> None:
    """Every counter has its own name."""
    cost = RequestCost(
        db_requests=2,
        db_rows=350,
        db_bytes=123456,
        urls_signed=100,
        signing_threads_peak=20,
        urls_cached=7,
        store_requests=3,
        store_requests_peak=2,
    )

    assert (
        "db_requests=2, db_rows=350, db_bytes=123456, urls_signed=100, "
        "signing_threads_peak=20, urls_cached=7, store_requests=3, store_requests_peak=2, "
        "cpu_s=0.012345" == format_cost(cost, 0.012345)
    )


def test_concurrent_tasks_count_their_own_cost() -> None:
    """Simultaneous tasks do not add to each other's cost."""

    async def spend(count: int) -> int:
        with collect_cost(RequestCost()) as cost:
            for _ in range(count):
                with stage("db"):
                    await asyncio.sleep(0)
                current_cost().db_requests += 1
        return cost.db_requests

    async def together() -> list[int]:
        return await asyncio.gather(*(spend(count) for count in range(20)))

    assert list(range(20)) == asyncio.run(together())


@pytest.mark.parametrize("path", ["/v1/workflows", "/v1/me", "/healthz", "/nowhere", "/metrics"])
def test_every_answer_has_its_stages(
    client: httpx.Client, newcomer: httpx.Client, stranger: httpx.Client, path: str
) -> None:
    """Server-Timing is on every answer to trusted callers, successful or not, and on no other."""
    assert SERVER_TIMING.fullmatch(newcomer.get(path).headers["Server-Timing"])
    assert "Server-Timing" not in client.get(path).headers
    assert "Server-Timing" not in stranger.get(path).headers


def test_stages_stay_below_the_total(optimized: httpx.Client) -> None:
    """The stages of a request are parts of its total."""
    stages = stages_of(optimized.get("/v1/files?include_urls=true"))

    total = stages.pop("total")
    assert 0 < stages["db"] < total
    assert 0 < stages["sign"] < total
    assert sum(stages.values()) < total


def test_cost_is_only_for_trusted_callers(client: httpx.Client, optimized: httpx.Client) -> None:
    """The counters are sent to callers with the secret only."""
    assert "Versus-Cost" not in client.get("/v1/files").headers
    assert {"db_requests": 1.0, "urls_signed": 0.0}.items() <= cost_of(
        optimized.get("/v1/files")
    ).items()


def test_cost_repeats_exactly(optimized: httpx.Client) -> None:
    """Counters of the same request are the same each time, CPU time and threads apart."""

    def counters() -> dict[str, float]:
        cost = cost_of(optimized.get("/v1/files?include_urls=true"))
        return {name: cost[name] for name in ("db_requests", "db_rows", "db_bytes", "urls_signed")}

    assert counters() == counters()


def test_the_canary_costs_no_query(optimized: httpx.Client) -> None:
    """Returning the caller needs no database."""
    cost = cost_of(optimized.get("/v1/me"))

    assert cost["db_requests"] == 0
    assert cost["cpu_s"] > 0


@pytest.mark.parametrize("sent", ["abc-1.2_3", "a" * 64])
def test_a_safe_request_id_is_returned(client: httpx.Client, sent: str) -> None:
    """The caller's request id is returned."""
    assert sent == client.get("/healthz", headers={"X-Request-ID": sent}).headers["X-Request-ID"]


@pytest.mark.parametrize("sent", [b"", b"a" * 65, b"two words", b'{"x":1}', b"\xff"])
def test_an_unsafe_request_id_is_replaced(client: httpx.Client, sent: bytes) -> None:
    """An id that could break a log line is replaced by a new one."""
    response = client.get("/healthz", headers={b"X-Request-ID": sent})

    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-ID"])


def test_metrics_cover_every_strategy(
    client: httpx.Client, baseline: httpx.Client, optimized: httpx.Client, tuned: httpx.Client
) -> None:
    """Latency by route, query and signing time by strategy, payload bytes and threads are there."""
    for caller in (baseline, optimized, tuned):
        caller.get("/v1/workflows?limit=1")
        caller.get("/v1/files?limit=1&include_urls=true")
    client.get("/v1/workflows/00000000-0000-4000-8000-000000000000")
    client.get("/nowhere/in/particular")
    client.request("PROPFIND", "/healthz")

    text = baseline.get("/metrics").text

    for line in (
        'versus_request_seconds_count{method="GET",route="/v1/workflows",status="200"}',
        'versus_request_seconds_count{method="GET",route="/v1/workflows/{workflow_id}",status="404"}',
        'versus_request_seconds_count{method="GET",route="unmatched",status="404"}',
        'versus_request_seconds_count{method="other",route="/healthz",status="405"}',
        'versus_versions_query_seconds_count{strategy="full_rows"}',
        'versus_versions_query_seconds_count{strategy="summary_columns"}',
        'versus_signing_seconds_count{strategy="default_executor"}',
        'versus_versions_query_seconds_count{strategy="latest_embed"}',
        'versus_signing_seconds_count{strategy="thread_pool"}',
        'versus_signing_seconds_count{strategy="batch_native"}',
        'versus_signing_threads_peak_count{strategy="thread_pool"}',
        'versus_database_response_bytes_total{route="/v1/workflows"}',
    ):
        assert f"\n{line} " in text
    assert "particular" not in text


def test_metrics_are_for_trusted_callers(client: httpx.Client, stranger: httpx.Client) -> None:
    """A bearer token is not enough to read what all callers do."""
    assert_problem(client.get("/metrics"), 403)
    assert_problem(stranger.get("/metrics", headers={"Versus-Override-Secret": "x" * 32}), 403)
