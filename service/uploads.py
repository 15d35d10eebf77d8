"""Uploads through the service: one file, or several in one form."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import Response

from service.bucket import Bucket, BucketError
from service.contents import (
    ENCODING,
    check_head,
    checked_name,
    checked_type,
    head_length,
    object_key,
)
from service.database import CallerDatabase, DatabaseError, Row
from service.dependencies import (
    CallerDep,
    CallerRoute,
    DatabaseDep,
    FlagsDep,
    Services,
    ServicesDep,
)
from service.files import COLUMNS
from service.flags import Upload
from service.limits import FILES_MAX, UPLOAD_BYTES_MAX
from service.logs import log
from service.problems import Problem, documented
from service.results import Outcome, result_of, results_response, several
from service.schemas import FileItem
from service.storing import for_each
from service.telemetry import json_response

router = APIRouter(prefix="/v1", tags=["files"], route_class=CallerRoute)

_PART_BYTES = 64 * 1024


def _form(field: str) -> dict[str, Any]:
    """What OpenAPI says of a form beyond its fields: there are no others, and the files' types."""
    form = {"schema": {"unevaluatedProperties": False}, "encoding": {field: ENCODING}}
    return {"requestBody": {"content": {"multipart/form-data": form}}}


@router.post(
    "/files",
    status_code=201,
    response_model=FileItem,
    responses=documented(400, 401, 413, 415, 422, 429, 502, 503),
    openapi_extra=_form("file"),
)
async def upload_file(
    request: Request, caller: CallerDep, services: ServicesDep, db: DatabaseDep, file: UploadFile
) -> Response:
    """Store a file of the caller; the service chooses the object's key."""
    await _check_form(request, "file", 1)
    [outcome] = await _store([file], caller.id, db, services, Upload.SEQUENTIAL)
    if isinstance(outcome, Problem):
        raise outcome
    return json_response(FileItem.model_validate(outcome), 201)


@router.post(
    "/files/bulk",
    **several(201, documented(400, 401, 413, 422, 429, 502, 503)),
    openapi_extra=_form("files"),
)
async def upload_files(
    request: Request,
    caller: CallerDep,
    flags: FlagsDep,
    services: ServicesDep,
    db: DatabaseDep,
    files: Annotated[
        list[UploadFile],
        File(
            min_length=1,
            max_length=FILES_MAX,
            description=f"At most {FILES_MAX}, and {UPLOAD_BYTES_MAX} bytes with the form.",
        ),
    ],
) -> Response:
    """Store several files of the caller; each succeeds or fails by itself.

    The status is 201 if all were stored, else 207 with a status for each file. If nothing was
    stored because the object store or the database failed, the request fails.
    """
    await _check_form(request, "files", len(files))
    outcomes = await _store(files, caller.id, db, services, flags.upload)
    return results_response(
        [
            result_of(file.filename or "", outcome, 201)
            for file, outcome in zip(files, outcomes, strict=True)
        ],
        outcomes,
    )


async def _check_form(request: Request, field: str, count: int) -> None:
    """Refuse other fields, which would be ignored."""
    if [name for name, _ in (await request.form()).multi_items()] != [field] * count:
        only = f"one field `{field}`" if field == "file" else f"fields `{field}`"
        raise Problem(422, f"The form must hold {only} and nothing else.")


async def _store(
    files: Sequence[UploadFile],
    owner_id: str,
    db: CallerDatabase,
    services: Services,
    strategy: Upload,
) -> list[Outcome]:
    """Store files and insert their rows; objects without a row are removed after the answer.

    Raises:
        DatabaseError: the rows could not be inserted, so nothing was stored.
    """
    bucket = services.bucket
    begun: list[Row] = []
    unsure: list[str] = []
    stored: list[Row] = []

    async def put(file: UploadFile) -> Row:
        row = await _new_row(file, owner_id)
        begun.append(row)
        await bucket.put(row["object_key"], _parts(file), row["content_type"], row["size_bytes"])
        return row

    try:
        outcomes = await for_each(files, put, strategy, services.settings.upload_workers)
        rows = [outcome for outcome in outcomes if not isinstance(outcome, Problem)]
        unsure += [row["id"] for row in rows]
        stored += await _insert(db, rows) if rows else []
        unsure.clear()
    except DatabaseError as error:
        if error.refused:
            unsure.clear()
        raise
    finally:
        # Also failed objects: if no answer came, the object may have been stored.
        kept = {row["id"] for row in stored}
        left = [row for row in begun if row["id"] not in kept]
        if left:
            keys = ", ".join(row["object_key"] for row in left)
            services.cleanup.begin(lambda: _remove(db, bucket, unsure, left), f"objects {keys}")
    by_id = {row["id"]: row for row in stored}
    return [row if isinstance(row, Problem) else by_id[row["id"]] for row in outcomes]


async def _parts(file: UploadFile) -> AsyncIterator[bytes]:
    while part := await file.read(_PART_BYTES):
        yield part


async def _new_row(file: UploadFile, owner_id: str) -> dict[str, Any]:
    name, content_type = checked_name(file.filename), checked_type(file.content_type)
    check_head(await file.read(head_length(content_type)), content_type)
    await file.seek(0)
    file_id = uuid.uuid4()
    return {
        "id": str(file_id),
        "owner_id": owner_id,
        "name": name,
        "content_type": content_type,
        "size_bytes": file.size or 0,
        "object_key": object_key(owner_id, file_id, content_type),
    }


async def _insert(db: CallerDatabase, rows: Sequence[Row]) -> list[Row]:
    stored = await db.rows(db.table("files").insert(list(rows)).select(COLUMNS))
    if {row["id"] for row in stored} != {row["id"] for row in rows}:
        raise DatabaseError(502, "", "the answer to the insert has other rows")
    return stored


async def _remove(
    db: CallerDatabase, bucket: Bucket, unsure: Collection[str], rows: Sequence[Row]
) -> None:
    """Remove objects that have no row.

    Args:
        db: deletes rows first.
        bucket: holds the objects.
        unsure: ids of rows that were sent to the database, but not answered. Such a row may exist,
            or be written later; a row with its object is better than one without. So their objects
            stay unless the database has deleted the row.
        rows: of all objects.
    """
    certain = {row["id"] for row in rows} - set(unsure)
    if unsure:
        deleted = await db.rows(db.table("files").delete().in_("id", list(unsure)).select("id"))
        certain |= {row["id"] for row in deleted}

    async def remove(row: Row) -> None:
        key = row["object_key"]
        if row["id"] not in certain:
            log.warning("not cleaned up", leftover=f"object {key}", cause="it may get its row")
            return
        try:
            await bucket.delete(key)
        except BucketError as error:
            log.warning("not cleaned up", leftover=f"object {key}", cause=error.cause)

    await asyncio.gather(*(remove(row) for row in rows))
