"""Finding the latest version of each of 50 workflows, by strategy, on the real database.

This is the first optimization by itself: the query, the way of its answer through PostgREST, and
the reading of it, without the service around it.
"""

import asyncio
from contextvars import copy_context

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from service.database import CallerDatabase
from service.flags import WorkflowQuery
from service.stack import OWNER_ID
from service.telemetry import RequestCost, collect_cost
from service.versions import Latest, get_latest_versions_batch

PAGE = 50


@pytest.fixture(scope="module")
def workflow_ids(database: CallerDatabase, runner: asyncio.Runner) -> list[str]:
    """The first page of the main owner's workflows."""
    query = (
        database.table("workflows")
        .select("id")
        .eq("owner_id", OWNER_ID)
        .order("created_at", desc=True)
        .order("id", desc=True)
        .limit(PAGE)
    )
    return [row["id"] for row in runner.run(database.rows(query))]


@pytest.fixture(scope="module")
def expected(database: CallerDatabase, runner: asyncio.Runner, workflow_ids: list[str]) -> Latest:
    """The answer, from one small question for each workflow."""
    return runner.run(_one_by_one(database, workflow_ids))


async def _one_by_one(database: CallerDatabase, workflow_ids: list[str]) -> Latest:
    answers: Latest = {}
    for workflow_id in workflow_ids:
        answers |= await get_latest_versions_batch(
            database, [workflow_id], WorkflowQuery.SUMMARY_COLUMNS
        )
    return answers


@pytest.mark.parametrize("workflow_query", WorkflowQuery)
def test_latest_versions(
    benchmark: BenchmarkFixture,
    database: CallerDatabase,
    runner: asyncio.Runner,
    workflow_ids: list[str],
    expected: Latest,
    workflow_query: WorkflowQuery,
) -> None:
    """Every strategy finds the same versions."""

    def find() -> Latest:
        return runner.run(get_latest_versions_batch(database, workflow_ids, workflow_query))

    with collect_cost(RequestCost()) as cost:
        # A Runner keeps to the context it was made in; the cost is collected in ours.
        runner.run(
            get_latest_versions_batch(database, workflow_ids, workflow_query),
            context=copy_context(),
        )
    benchmark.group = f"latest versions of {PAGE} workflows"
    benchmark.extra_info |= {
        "scenario": "latest_versions",
        "variant": workflow_query.value,
        "strategy": workflow_query.value,
        "db_bytes": cost.db_bytes,
    }

    assert expected == benchmark(find)
    assert PAGE == len(expected)
    assert cost.db_bytes > 0
