"""Direct uploads: a client requests URLs, sends its files to the store, and completes the upload.

The store accepts each URL once, for the announced type and size only. The service keeps no state in
between: a key consists of the caller's id and the file's, so a caller can complete only uploads in
the caller's own part of the bucket.
"""

import uuid
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from service.bucket import Bucket
from service.contents import check_head, head_length, object_key
from service.database import CallerDatabase, Row
from service.dependencies import (
    BucketDep,
    CallerDep,
    CallerRoute,
    DatabaseDep,
    FlagsDep,
    ServicesDep,
)
from service.files import COLUMNS
from service.problems import Problem, documented
from service.results import Outcome, result_of, results_response, several
from service.schemas import (
    FileResults,
    NewUpload,
    NewUploads,
    SentUpload,
    SentUploads,
    UploadSlot,
    UploadSlots,
)
from service.storing import for_each
from service.telemetry import current_cost, json_response, stage

router = APIRouter(prefix="/v1/files/uploads", tags=["files"], route_class=CallerRoute)


@router.post("", response_model=UploadSlots, responses=documented(400, 401, 413, 422, 429, 503))
async def open_uploads(caller: CallerDep, bucket: BucketDep, wanted: NewUploads) -> Response:
    """One URL per file to PUT it to; a file is listed once its upload is completed."""
    with stage("sign"):
        slots = [_slot(bucket, caller.id, file) for file in wanted.files]
    current_cost().urls_signed += len(slots)
    return json_response(UploadSlots(uploads=slots))


def _slot(bucket: Bucket, owner_id: str, file: NewUpload) -> UploadSlot:
    file_id = uuid.uuid4()
    key = object_key(owner_id, file_id, file.content_type)
    return UploadSlot(
        id=file_id,
        upload_url=bucket.sign_put(key, file.content_type, file.size_bytes),
        headers={
            "Content-Type": file.content_type,
            "Content-Length": str(file.size_bytes),
            "If-None-Match": "*",
        },
        expires_in_s=bucket.upload_url_lifetime_s,
    )


_COMPLETED_BEFORE: dict[int | str, dict[str, Any]] = {
    200: {"model": FileResults, "description": "All were completed before."}
}


@router.post(
    "/complete", **several(201, _COMPLETED_BEFORE | documented(400, 401, 413, 422, 429, 502, 503))
)
async def complete_uploads(
    caller: CallerDep, flags: FlagsDep, services: ServicesDep, db: DatabaseDep, sent: SentUploads
) -> Response:
    """List files that were sent to the store, if each is stored there as announced.

    A file's status is 201; 200 if it was completed before, and its name does not change; 404 if
    there is no object; 409 if the object differs; 415 if its content is not of its type. The
    answer's status is the files' common status if they all succeeded alike, else 207.
    """
    bucket = services.bucket

    async def check(file: SentUpload) -> dict[str, object]:
        await _check_object(bucket, caller.id, file)
        return _row(caller.id, file)

    checked = await for_each(sent.files, check, flags.upload, services.settings.upload_workers)
    rows = {row["id"]: row for row in checked if not isinstance(row, Problem)}
    new, stored = await _insert(db, list(rows.values())) if rows else (set(), {})
    outcomes: list[Outcome] = [
        row
        if isinstance(row, Problem)
        # Missing only if another owner's file has the id, which no slot ever had.
        else stored.get(file.id, Problem(409, "There is another file with this id."))
        for file, row in zip(sent.files, checked, strict=True)
    ]
    results = [
        result_of(file.name, outcome, 201 if file.id in new else 200)
        for file, outcome in zip(sent.files, outcomes, strict=True)
    ]
    return results_response(results, outcomes)


async def _check_object(bucket: Bucket, owner_id: str, file: SentUpload) -> None:
    key = object_key(owner_id, file.id, file.content_type)
    found = await bucket.describe(key)
    if found is None:
        raise Problem(404, "No object was uploaded for this id and content type.")
    if found != (file.content_type, file.size_bytes):
        content_type, size_bytes = found
        raise Problem(409, f"The object uploaded has {size_bytes} bytes of {content_type}.")
    length = head_length(file.content_type)
    head = await bucket.read_head(key, length) if length and file.size_bytes else b""
    try:
        check_head(head, file.content_type)
    except Problem:
        # It cannot be written again, so it would stay wrong.
        await bucket.delete(key)
        raise


def _row(owner_id: str, file: SentUpload) -> Row:
    return {
        "id": str(file.id),
        "owner_id": owner_id,
        "name": file.name,
        "content_type": file.content_type,
        "size_bytes": file.size_bytes,
        "object_key": object_key(owner_id, file.id, file.content_type),
    }


async def _insert(db: CallerDatabase, rows: list[Row]) -> tuple[set[UUID], dict[UUID, Row]]:
    """Insert the missing rows; returns the ids of those, and all rows as they are now."""
    table = db.table("files").upsert(rows, on_conflict="id", ignore_duplicates=True)
    new = await db.rows(table.select(COLUMNS))
    rows_by_id = {UUID(row["id"]): row for row in new}
    new_ids = set(rows_by_id)
    old_ids = [row["id"] for row in rows if UUID(row["id"]) not in new_ids]
    if old_ids:
        old = await db.rows(db.table("files").select(COLUMNS).in_("id", old_ids))
        rows_by_id.update({UUID(row["id"]): row for row in old})
    return new_ids, rows_by_id
