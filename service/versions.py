"""Pages of workflows with their latest versions, one function per strategy.

How the latest version is found is the first published optimization: the strategies return equal
answers at very different costs.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from postgrest import AsyncSelectRequestBuilder
from pydantic import TypeAdapter

from service.database import CallerDatabase, Row
from service.flags import WorkflowQuery
from service.paging import Page, fetch_page
from service.schemas import VersionSummary, WorkflowItem
from service.telemetry import current_cost

WORKFLOW_COLUMNS = "id,name,description,is_template,created_at,updated_at"
SUMMARY_COLUMNS = "workflow_id,version_number,created_at,node_count,edge_count"
# Renamed, because the workflow has a column `created_at` too.
_WITH_LATEST = (
    f"{WORKFLOW_COLUMNS},"
    "...latest_version(version_number,version_created_at:created_at,node_count,edge_count)"
)
# Each id takes 37 characters of the URL, and gateways refuse URLs longer than about 8 KB.
_IDS_PER_REQUEST = 100

_ITEMS = TypeAdapter(list[WorkflowItem])

Latest = dict[str, VersionSummary]
Query = Callable[[str], AsyncSelectRequestBuilder]
"""From the columns that a strategy needs to the list's query."""
WorkflowItems = tuple[list[WorkflowItem], int | None]
"""A page's items, and where the next page begins."""


async def fetch_workflows(
    db: CallerDatabase, query: Query, page: Page, strategy: WorkflowQuery
) -> WorkflowItems:
    """A page of workflows with their latest versions, by the strategy that the flags choose."""
    return await _STRATEGIES[strategy](db, query, page)


async def full_rows(db: CallerDatabase, query: Query, page: Page) -> WorkflowItems:
    """Load all columns of all versions, payload included, and count nodes in the payload."""
    return await _then_versions(db, query, page, WorkflowQuery.FULL_ROWS)


async def summary_columns(db: CallerDatabase, query: Query, page: Page) -> WorkflowItems:
    """Load the summary columns of all versions; the database has counted the nodes."""
    return await _then_versions(db, query, page, WorkflowQuery.SUMMARY_COLUMNS)


async def latest_embed(db: CallerDatabase, query: Query, page: Page) -> WorkflowItems:
    """Load each workflow together with the summary of its latest version only."""
    cost = current_cost()
    cost.versions_strategy = WorkflowQuery.LATEST_EMBED.value
    started_s = time.perf_counter()
    rows, next_offset = await fetch_page(db, lambda: query(_WITH_LATEST), page)
    items = _ITEMS.validate_python([_with_latest(row) for row in rows])
    # One request returns both, so the time for the list itself is included.
    cost.versions_s += time.perf_counter() - started_s
    return items, next_offset


def _with_latest(row: Row) -> Row:
    """The row of an item; without versions, each of the version's columns is null."""
    number, created_at = row["version_number"], row["version_created_at"]
    counts = {"node_count": row["node_count"], "edge_count": row["edge_count"]}
    latest = {"version_number": number, "created_at": created_at, **counts}
    return {**row, "latest_version": latest if number is not None else None}


_STRATEGIES = {
    WorkflowQuery.FULL_ROWS: full_rows,
    WorkflowQuery.SUMMARY_COLUMNS: summary_columns,
    WorkflowQuery.LATEST_EMBED: latest_embed,
}


async def _then_versions(
    db: CallerDatabase, query: Query, page: Page, strategy: WorkflowQuery
) -> WorkflowItems:
    rows, next_offset = await fetch_page(db, lambda: query(WORKFLOW_COLUMNS), page)
    latest = await get_latest_versions_batch(db, [row["id"] for row in rows], strategy)
    items = [WorkflowItem(**row, latest_version=latest.get(row["id"])) for row in rows]
    return items, next_offset


def count_in_payload(row: Row) -> VersionSummary:
    """The summary of a full row, with nodes and edges counted in its payload."""
    return VersionSummary(
        version_number=row["version_number"],
        created_at=row["created_at"],
        node_count=len(row["payload"]["nodes"]),
        edge_count=len(row["payload"]["edges"]),
    )


BATCHES: Mapping[WorkflowQuery, tuple[str, Callable[[Row], VersionSummary]]] = {
    WorkflowQuery.FULL_ROWS: ("*", count_in_payload),
    WorkflowQuery.SUMMARY_COLUMNS: (SUMMARY_COLUMNS, VersionSummary.model_validate),
}
"""Of each strategy that loads all versions of a page: the columns, and how a row is read."""


async def get_latest_versions_batch(
    db: CallerDatabase, workflow_ids: Sequence[str], strategy: WorkflowQuery
) -> Latest:
    """The latest version of each workflow, by workflow id; those without a version are absent."""
    columns, read = BATCHES[strategy]
    cost = current_cost()
    cost.versions_strategy = strategy.value
    started_s = time.perf_counter()
    rows = await _newest_rows(db, workflow_ids, columns)
    latest = {id_: read(row) for id_, row in rows.items()}
    cost.versions_s += time.perf_counter() - started_s
    return latest


async def _newest_rows(
    db: CallerDatabase, workflow_ids: Sequence[str], columns: str
) -> Mapping[str, Row]:
    newest: dict[str, Row] = {}
    ids = sorted(set(workflow_ids))
    for start in range(0, len(ids), _IDS_PER_REQUEST):
        newest |= await _newest_rows_of_some(db, ids[start : start + _IDS_PER_REQUEST], columns)
    return newest


async def _newest_rows_of_some(
    db: CallerDatabase, ids: Sequence[str], columns: str
) -> Mapping[str, Row]:
    """The row of the highest version of each id.

    Rows are sorted by id, newest version first, so the first row of an id is its latest version.
    The server may silently truncate an answer; then the ids after the last one in the answer are
    requested again. This costs a request only if rows are missing or the last id has no version.
    """
    newest: dict[str, Row] = {}
    pending = ids
    while pending:
        rows = await db.rows(
            db.table("workflow_versions")
            .select(columns)
            .in_("workflow_id", pending)
            .order("workflow_id")
            .order("version_number", desc=True)
        )
        for row in rows:
            newest.setdefault(row["workflow_id"], row)
        last_seen = rows[-1]["workflow_id"] if rows else pending[-1]
        pending = [id_ for id_ in pending if id_ > last_seen]
    return newest
