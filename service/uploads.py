"""Uploads through the service: one file, or several in one form."""

import asyncio
import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import Response

from service.bucket import Bucket, BucketError
from service.contents import check_head, checked_name, checked_type, head_length, object_key
from service.database import CallerDatabase, DatabaseError, Row
from service.dependencies import (
    BucketDep,
    CallerDep,
    CallerRoute,
    DatabaseDep,
    FlagsDep,
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


@router.post(
    "/files",
    status_code=201,
    response_model=FileItem,
    responses=documented(400, 401, 413, 415, 422, 429, 502, 503),
)
async def upload_file(
    request: Request, caller: CallerDep, db: DatabaseDep, bucket: BucketDep, file: UploadFile
) -> Response:
    """Store a file of the caller; the service chooses the object's key."""
    await _check_form(request, "file", 1)
    [outcome] = await _store([file], caller.id, db, bucket, Upload.SEQUENTIAL, 1)
    if isinstance(outcome, Problem):
        raise outcome
    return json_response(FileItem.model_validate(outcome), 201)


@router.post("/files/bulk", **several(201, documented(400, 401, 413, 422, 429, 502, 503)))
async def upload_files(
    request: Request,
    caller: CallerDep,
    flags: FlagsDep,
    services: ServicesDep,
    db: DatabaseDep,
    files: Annotated[
        list[UploadFile],
        File(
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
    outcomes = await _store(
        files, caller.id, db, services.bucket, flags.upload, services.settings.upload_workers
    )
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
    bucket: Bucket,
    strategy: Upload,
    workers: int,
) -> list[Outcome]:
    """Store files and insert their rows; objects without a row are removed.

    Raises:
        DatabaseError: the rows could not be inserted, so nothing was stored.
    """
    begun: list[str] = []
    kept: set[str] = set()

    async def put(file: UploadFile) -> Row:
        row = await _new_row(file, owner_id)
        begun.append(row["object_key"])
        await bucket.put(row["object_key"], file.file, row["content_type"])
        return row

    try:
        outcomes = await for_each(files, put, strategy, workers)
        rows = [outcome for outcome in outcomes if not isinstance(outcome, Problem)]
        stored = await _insert(db, rows) if rows else []
        kept.update(row["object_key"] for row in stored)
    finally:
        # Also failed objects: if no answer came, the object may have been stored.
        await _remove(bucket, [key for key in begun if key not in kept])
    by_id = {row["id"]: row for row in stored}
    return [row if isinstance(row, Problem) else by_id[row["id"]] for row in outcomes]


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
    try:
        return await db.rows(db.table("files").insert(list(rows)).select(COLUMNS))
    except DatabaseError as error:
        if not error.code:
            # No answer came, so the rows may exist, and their objects are removed now.
            with suppress(DatabaseError):
                ids = [row["id"] for row in rows]
                await db.rows(db.table("files").delete().in_("id", ids))
        raise


async def _remove(bucket: Bucket, keys: Collection[str]) -> None:
    async def remove(key: str) -> None:
        try:
            await bucket.delete(key)
        except BucketError as error:
            log.warning("object not removed", key=key, cause=error.cause)

    await asyncio.gather(*(remove(key) for key in keys))
