"""Uploads past the service: a client asks for URLs, sends its files to the store, and says so.

The store holds each URL to the announced type and size, and to one use. Nothing is remembered in
between: a key is made of the caller's id and the file's, so that whoever completes an upload can
only name what lies in the own part of the bucket.
"""

import uuid
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from service.bucket import Bucket
from service.contents import check_head, head_length, object_key
from service.database import CallerDatabase, Row
from service.dependencies import BucketDep, CallerDep, DatabaseDep, FlagsDep, ServicesDep
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

router = APIRouter(prefix="/v1/files/uploads", tags=["files"])


@router.post("", response_model=UploadSlots, responses=documented(400, 401, 413, 422))
async def open_uploads(caller: CallerDep, bucket: BucketDep, wanted: NewUploads) -> Response:
    """URLs to PUT files to, one each; nothing is stored until they are completed."""
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


_BEFORE: dict[int | str, dict[str, Any]] = {
    200: {"model": FileResults, "description": "All were completed before."}
}


@router.post("/complete", **several(201, _BEFORE | documented(400, 401, 413, 422, 502, 503)))
async def complete_uploads(
    caller: CallerDep, flags: FlagsDep, services: ServicesDep, db: DatabaseDep, sent: SentUploads
) -> Response:
    """List files that were sent to the store, once each is found there as announced.

    A file's status is 201, or 200 where it was completed before, whose name then stays; 404 where
    no object is, 409 where it is another one, 415 where its content is not what its type says.
    The answer's status is that of all files where they went equally well, else 207.
    """
    bucket = services.bucket

    async def look(file: SentUpload) -> dict[str, object]:
        await _check_object(bucket, caller.id, file)
        return _row(caller.id, file)

    looked = await for_each(sent.files, look, flags.upload, services.settings.upload_workers)
    rows = {row["id"]: row for row in looked if not isinstance(row, Problem)}
    new, all_of_them = await _insert(db, list(rows.values())) if rows else (set(), {})
    outcomes: list[Outcome] = [
        found
        if isinstance(found, Problem)
        # Only where somebody else's file has the id, which no slot ever gave.
        else all_of_them.get(file.id, Problem(409, "There is another file with this id."))
        for file, found in zip(sent.files, looked, strict=True)
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
        # Written once, it can never become right.
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
    """Insert what is not there yet; the ids of that, and the rows of all as they are now."""
    table = db.table("files").upsert(rows, on_conflict="id", ignore_duplicates=True)
    new = await db.rows(table.select(COLUMNS))
    rows_by_id = {UUID(row["id"]): row for row in new}
    fresh = set(rows_by_id)
    missing = [row["id"] for row in rows if UUID(row["id"]) not in fresh]
    if missing:
        before = await db.rows(db.table("files").select(COLUMNS).in_("id", missing))
        rows_by_id.update({UUID(row["id"]): row for row in before})
    return fresh, rows_by_id
