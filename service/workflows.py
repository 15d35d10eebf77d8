"""Workflows and templates: lists, single workflows, creation, and new versions.

A list shows each workflow with its latest version, which `versions.py` finds.
"""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from fastapi.responses import Response
from postgrest import AsyncSelectRequestBuilder

from service.database import UNIQUE_VIOLATION, CallerDatabase, DatabaseError
from service.dependencies import CallerDep, CallerRoute, DatabaseDep, FlagsDep
from service.flags import Flags
from service.paging import Page, PageQuery
from service.problems import Problem, documented
from service.schemas import (
    Graph,
    NewVersion,
    NewWorkflow,
    Version,
    VersionSummary,
    WorkflowItem,
    WorkflowPage,
    WorkflowWithPayload,
)
from service.telemetry import json_response
from service.versions import SUMMARY_COLUMNS, WORKFLOW_COLUMNS, fetch_workflows

router = APIRouter(prefix="/v1", tags=["workflows"], route_class=CallerRoute)

_VERSION_ATTEMPTS = 3

WorkflowId = Annotated[UUID, Path(description="A workflow's id.")]


async def _list(
    db: CallerDatabase, query: Callable[[str], AsyncSelectRequestBuilder], page: Page, flags: Flags
) -> Response:
    items, next_offset = await fetch_workflows(db, query, page, flags.workflow_query)
    return json_response(WorkflowPage(items=items, next_offset=next_offset))


def _newest_first(db: CallerDatabase, columns: str) -> AsyncSelectRequestBuilder:
    return (
        db.table("workflows").select(columns).order("created_at", desc=True).order("id", desc=True)
    )


@router.get(
    "/workflows", response_model=WorkflowPage, responses=documented(400, 401, 422, 429, 502, 503)
)
async def list_workflows(
    caller: CallerDep, flags: FlagsDep, db: DatabaseDep, page: PageQuery
) -> Response:
    """The caller's workflows, newest first, each with its latest version."""
    return await _list(
        db, lambda columns: _newest_first(db, columns).eq("owner_id", caller.id), page, flags
    )


@router.get(
    "/templates", response_model=WorkflowPage, responses=documented(400, 401, 422, 429, 502, 503)
)
async def list_templates(flags: FlagsDep, db: DatabaseDep, page: PageQuery) -> Response:
    """The templates that every user may use, newest first."""
    return await _list(
        db, lambda columns: _newest_first(db, columns).is_("is_template", "true"), page, flags
    )


@router.get(
    "/workflows/{workflow_id}",
    response_model=WorkflowWithPayload,
    responses=documented(400, 401, 404, 422, 429, 502, 503),
)
async def get_workflow(workflow_id: WorkflowId, db: DatabaseDep) -> Response:
    """A workflow or template with the payload of its latest version."""
    return json_response(await load_workflow(db, workflow_id))


async def load_workflow(db: CallerDatabase, workflow_id: UUID) -> WorkflowWithPayload:
    """A workflow or template that the caller may see, with its latest version if there is one.

    Raises:
        Problem: 404; there is none that the caller may see.
    """
    rows = await db.rows(db.table("workflows").select(WORKFLOW_COLUMNS).eq("id", str(workflow_id)))
    if not rows:
        raise _no_such_workflow()
    versions = await db.rows(_versions_of(db, workflow_id, "*"))
    latest = Version.model_validate(versions[0]) if versions else None
    return WorkflowWithPayload(**rows[0], latest_version=latest)


@router.post(
    "/workflows",
    status_code=201,
    response_model=WorkflowItem,
    responses=documented(400, 401, 413, 422, 429, 502, 503),
)
async def create_workflow(caller: CallerDep, db: DatabaseDep, body: NewWorkflow) -> Response:
    """Create a workflow and its version 1."""
    new = {"owner_id": caller.id, "name": body.name, "description": body.description}
    row = await db.row(db.table("workflows").insert(new).select(WORKFLOW_COLUMNS))
    version = await _first_version(db, row["id"], body.payload)
    item = WorkflowItem(**row, latest_version=version)
    # Inserting the version updated the workflow after its row above was returned.
    updated_at = max(item.updated_at, version.created_at)
    item = item.model_copy(update={"updated_at": updated_at})
    return json_response(item, 201, {"Location": f"/v1/workflows/{row['id']}"})


async def _first_version(db: CallerDatabase, workflow_id: str, payload: Graph) -> VersionSummary:
    """Add version 1, or delete the workflow: it would be incomplete without a version."""
    try:
        return await _insert_version(db, workflow_id, 1, payload)
    except DatabaseError as error:
        try:
            await db.rows(db.table("workflows").delete().eq("id", workflow_id))
        except DatabaseError as deletion_error:
            raise Problem(
                error.status,
                f"Workflow {workflow_id} was created, but its first version could not be stored. "
                "Add a version to it.",
                headers={**error.headers, "Location": f"/v1/workflows/{workflow_id}"},
                cause=f"{error.cause}; then {deletion_error.cause}",
            ) from None
        raise


@router.post(
    "/workflows/{workflow_id}/versions",
    status_code=201,
    response_model=VersionSummary,
    responses=documented(400, 401, 404, 409, 413, 422, 429, 502, 503),
)
async def add_version(
    workflow_id: WorkflowId, caller: CallerDep, db: DatabaseDep, body: NewVersion
) -> Response:
    """Add a version to one of the caller's workflows."""
    own = db.table("workflows").select("id").eq("id", str(workflow_id)).eq("owner_id", caller.id)
    if not await db.rows(own):
        raise _no_such_workflow()
    version = await _next_version(db, workflow_id, body.payload)
    return json_response(version, 201, {"Location": f"/v1/workflows/{workflow_id}"})


async def _next_version(db: CallerDatabase, workflow_id: UUID, payload: Graph) -> VersionSummary:
    """Insert with the next free number; try again if another request took it first."""
    for _ in range(_VERSION_ATTEMPTS):
        latest = await db.rows(_versions_of(db, workflow_id, "version_number"))
        number = latest[0]["version_number"] + 1 if latest else 1
        try:
            return await _insert_version(db, str(workflow_id), number, payload)
        except DatabaseError as error:
            if error.code != UNIQUE_VIOLATION:
                raise
    raise Problem(409, "Other requests add versions to this workflow at this moment; try again.")


async def _insert_version(
    db: CallerDatabase, workflow_id: str, number: int, payload: Graph
) -> VersionSummary:
    row = {
        "workflow_id": workflow_id,
        "version_number": number,
        "payload": payload.content(),
    }
    query = db.table("workflow_versions").insert(row).select(SUMMARY_COLUMNS)
    return VersionSummary.model_validate(await db.row(query))


def _versions_of(db: CallerDatabase, workflow_id: UUID, columns: str) -> AsyncSelectRequestBuilder:
    return (
        db.table("workflow_versions")
        .select(columns)
        .eq("workflow_id", str(workflow_id))
        .order("version_number", desc=True)
        .limit(1)
    )


def _no_such_workflow() -> Problem:
    """The same answer for missing and for others' workflows, so that ids cannot be probed."""
    return Problem(404, "There is no such workflow.")
