"""How the cost of the workflow list grows with the number of versions and with their payloads.

The service runs in this process, with the real database. Each dataset has its own owner, whose
workflows are created on first use; datasets of one benchmark differ in one number only.
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
"""Few workflows, so that the largest dataset still takes less than a second."""

VERSIONS = (1, 10, 100)
PAYLOADS = (10_000, 100_000, 1_000_000)
PAYLOAD_FIXED, VERSIONS_FIXED = 10_000, 2


@dataclass(frozen=True)
class Dataset:
    """An owner whose workflows all have the same number of versions and payload size.

    Attributes:
        versions: of each workflow.
        payload: bytes of each version's payload, about.
    """

    versions: int
    payload: int

    @property
    def owner_id(self) -> str:
        """The same in every process, so that each dataset is created once per stack."""
        name = f"scaling/{self.versions}/{self.payload}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


@pytest.fixture(scope="module")
def token_of(
    suite_settings: Settings, whole_database: Database, runner: asyncio.Runner
) -> Callable[[Dataset], str]:
    """Returns a bearer token of a dataset's owner, after creating missing workflows."""
    secret = suite_settings.supabase_jwt_secret
    assert secret is not None

    def fill(dataset: Dataset) -> str:
        token = mint_token(secret.get_secret_value(), dataset.owner_id)
        runner.run(_fill(whole_database, dataset, token))
        return token

    return fill


async def _fill(database: Database, dataset: Dataset, token: str) -> None:
    caller = database.as_caller(token)
    mine = caller.table("workflows").select("id").eq("owner_id", dataset.owner_id)
    if len(await caller.rows(mine)) == PAGE:
        return
    rng = Random(dataset.owner_id)  # noqa: S311 -- random test data, no secret
    created_at = datetime(2025, 6, 1, tzinfo=UTC)
    workflows = [
        {"owner_id": dataset.owner_id, "name": f"Scaling {number}"} for number in range(PAGE)
    ]
    for row in await caller.rows(caller.table("workflows").insert(workflows).select("id")):
        versions = [
            {
                "workflow_id": row["id"],
                "version_number": version.version_number,
                "payload": json.loads(version.payload),
            }
            for version in graph_versions(rng, dataset.versions, dataset.payload, created_at)
        ]
        table = caller.table("workflow_versions")
        await caller.rows(table.insert(versions).select("version_number"))


Measure = Callable[[str, Dataset, WorkflowQuery], None]


@pytest.fixture
def measure(
    benchmark: BenchmarkFixture,
    client: httpx.AsyncClient,
    runner: asyncio.Runner,
    token_of: Callable[[Dataset], str],
) -> Measure:
    """Measures a dataset's list with one strategy, and compares its answer with another's."""

    def run(scenario: str, dataset: Dataset, workflow_query: WorkflowQuery) -> None:
        authorization = {"Authorization": f"Bearer {token_of(dataset)}"}

        def get(strategy: WorkflowQuery) -> httpx.Response:
            headers = {**authorization, FLAGS_HEADER: f"workflow_query={strategy}"}
            return runner.run(client.get(f"/v1/workflows?limit={PAGE}", headers=headers))

        expected = get(WorkflowQuery.SUMMARY_COLUMNS)
        benchmark.group = (
            f"{PAGE} workflows of {dataset.versions} versions, {dataset.payload // 1000} KB each"
        )
        benchmark.extra_info |= {
            "scenario": scenario,
            "variant": workflow_query.value,
            "strategy": workflow_query.value,
            "payload_bytes": dataset.payload,
            "db_bytes": int(cost_of(get(workflow_query))["db_bytes"]),
        }
        answer = benchmark(get, workflow_query)

        assert expected.content == answer.content
        assert [dataset.versions] * PAGE == [
            item["latest_version"]["version_number"] for item in answer.json()["items"]
        ]

    return run


@pytest.mark.parametrize("workflow_query", WorkflowQuery)
@pytest.mark.parametrize("versions", VERSIONS)
def test_list_by_versions(measure: Measure, versions: int, workflow_query: WorkflowQuery) -> None:
    """Every strategy shows the last version."""
    measure("list_by_versions", Dataset(versions, PAYLOAD_FIXED), workflow_query)


@pytest.mark.parametrize("workflow_query", WorkflowQuery)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_list_by_payload(measure: Measure, payload: int, workflow_query: WorkflowQuery) -> None:
    """Every strategy shows the same."""
    measure("list_by_payload", Dataset(VERSIONS_FIXED, payload), workflow_query)
