"""How the workflow list's cost grows: with the versions of each workflow, and with their payloads.

The service answers in this process, with the real database behind it. Each place has an owner of
its own, whose workflows are made when they are first asked for; what differs is one number alone.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import httpx
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from service.database import Database
from service.flags import FLAGS_HEADER, WorkflowQuery
from service.settings import Settings
from service.stack import mint_token
from service.stack.seed import graph_versions
from service.tests.support import cost_of

PAGE = 4
"""Few workflows: the heaviest place still answers in less than a second."""

VERSIONS = (1, 10, 100)
PAYLOADS = (10_000, 100_000, 1_000_000)
PAYLOAD_FIXED, VERSIONS_FIXED = 10_000, 2


@dataclass(frozen=True)
class Place:
    """An owner whose workflows all have so many versions of so many bytes."""

    versions: int
    payload: int

    @property
    def owner_id(self) -> str:
        """The same in every process, so that each place is filled once in a stack's life."""
        name = f"scaling/{self.versions}/{self.payload}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


@pytest.fixture(scope="module")
def token_of(
    suite_settings: Settings, whole_database: Database, runner: asyncio.Runner
) -> Callable[[Place], str]:
    """A bearer token of a place's owner, whose workflows are there."""
    secret = suite_settings.supabase_jwt_secret.get_secret_value()

    def filled(place: Place) -> str:
        token = mint_token(secret, place.owner_id)
        runner.run(_fill(whole_database, place, token))
        return token

    return filled


async def _fill(database: Database, place: Place, token: str) -> None:
    caller = database.as_caller(token)
    mine = caller.table("workflows").select("id").eq("owner_id", place.owner_id)
    if len(await caller.rows(mine)) == PAGE:
        return
    drawn = Random(place.owner_id)  # noqa: S311 -- made-up data, never a secret
    made = datetime(2025, 6, 1, tzinfo=UTC)
    workflows = [
        {"owner_id": place.owner_id, "name": f"Scaling {number}"} for number in range(PAGE)
    ]
    for row in await caller.rows(caller.table("workflows").insert(workflows).select("id")):
        versions = [
            {
                "workflow_id": row["id"],
                "version_number": one.version_number,
                "payload": json.loads(one.payload),
            }
            for one in graph_versions(drawn, place.versions, place.payload, made)
        ]
        table = caller.table("workflow_versions")
        await caller.rows(table.insert(versions).select("version_number"))


Measure = Callable[[str, Place, WorkflowQuery], None]


@pytest.fixture
def measure(
    benchmark: BenchmarkFixture,
    client: httpx.AsyncClient,
    runner: asyncio.Runner,
    token_of: Callable[[Place], str],
) -> Measure:
    """Measure a place's list by one strategy, and hold its answer against another's."""

    def measured(scenario: str, place: Place, workflow_query: WorkflowQuery) -> None:
        authorization = {"Authorization": f"Bearer {token_of(place)}"}

        def ask(strategy: WorkflowQuery) -> httpx.Response:
            headers = {**authorization, FLAGS_HEADER: f"workflow_query={strategy}"}
            return runner.run(client.get(f"/v1/workflows?limit={PAGE}", headers=headers))

        expected = ask(WorkflowQuery.SUMMARY_COLUMNS)
        benchmark.group = (
            f"{PAGE} workflows of {place.versions} versions, {place.payload // 1000} KB each"
        )
        benchmark.extra_info |= {
            "scenario": scenario,
            "variant": workflow_query.value,
            "strategy": workflow_query.value,
            "payload_bytes": place.payload,
            "db_bytes": int(cost_of(ask(workflow_query))["db_bytes"]),
        }
        answer = benchmark(ask, workflow_query)

        assert expected.content == answer.content
        assert [place.versions] * PAGE == [
            item["latest_version"]["version_number"] for item in answer.json()["items"]
        ]

    return measured


@pytest.mark.parametrize("workflow_query", WorkflowQuery)
@pytest.mark.parametrize("versions", VERSIONS)
def test_list_by_versions(measure: Measure, versions: int, workflow_query: WorkflowQuery) -> None:
    """Every strategy shows the last of however many versions."""
    measure("list_by_versions", Place(versions, PAYLOAD_FIXED), workflow_query)


@pytest.mark.parametrize("workflow_query", WorkflowQuery)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_list_by_payload(measure: Measure, payload: int, workflow_query: WorkflowQuery) -> None:
    """Every strategy shows the same, however large the payloads."""
    measure("list_by_payload", Place(VERSIONS_FIXED, payload), workflow_query)
