"""Loading a page of 50 workflows with their latest versions, by strategy, on the real database.

This is the first optimization alone: the queries, PostgREST, and parsing the answers, without the
rest of the service. One strategy requests list and versions at once, so the query for the list is
included.
"""

import asyncio
from contextvars import copy_context

import pytest
from postgrest import AsyncSelectRequestBuilder
from pytest_benchmark.fixture import BenchmarkFixture

from service.database import CallerDatabase
from service.flags import WorkflowQuery
from service.paging import Page
from service.stack import OWNER_ID
from service.telemetry import RequestCost, collect_cost
from service.versions import WORKFLOW_COLUMNS, WorkflowItems, fetch_workflows

PAGE = 50


@pytest.fixture(scope="module")
def expected(database: CallerDatabase, runner: asyncio.Runner) -> list[tuple[str, int]]:
    """Each workflow of the page and its highest version, from one small query per workflow."""
    page = _newest_first(database, WORKFLOW_COLUMNS).limit(PAGE)
    return runner.run(_one_by_one(database, page))


async def _one_by_one(
    database: CallerDatabase, page: AsyncSelectRequestBuilder
) -> list[tuple[str, int]]:
    answers = []
    for row in await database.rows(page):
        numbers = database.table("workflow_versions").select("version_number")
        versions = await database.rows(numbers.eq("workflow_id", row["id"]))
        answers.append((row["id"], max(version["version_number"] for version in versions)))
    return answers


def _newest_first(database: CallerDatabase, columns: str) -> AsyncSelectRequestBuilder:
    return (
        database.table("workflows")
        .select(columns)
        .eq("owner_id", OWNER_ID)
        .order("created_at", desc=True)
        .order("id", desc=True)
    )


@pytest.mark.parametrize("workflow_query", WorkflowQuery)
def test_page(
    benchmark: BenchmarkFixture,
    database: CallerDatabase,
    runner: asyncio.Runner,
    expected: list[tuple[str, int]],
    workflow_query: WorkflowQuery,
) -> None:
    """Every strategy finds the same versions of the same workflows."""

    async def fetch() -> WorkflowItems:
        return await fetch_workflows(
            database,
            lambda columns: _newest_first(database, columns),
            Page(PAGE, 0),
            workflow_query,
        )

    with collect_cost(RequestCost()) as cost:
        # A Runner uses the context in which it was created; the cost is collected in ours.
        runner.run(fetch(), context=copy_context())
    benchmark.group = f"page of {PAGE} workflows with their latest versions"
    benchmark.extra_info |= {
        "scenario": "workflow_page",
        "variant": workflow_query.value,
        "strategy": workflow_query.value,
        "db_bytes": cost.db_bytes,
    }

    items, _ = benchmark(lambda: runner.run(fetch()))
    found = [(str(item.id), item.latest_version.version_number) for item in items]
    assert expected == found
    assert PAGE == len(expected)
    assert cost.db_bytes > 0
