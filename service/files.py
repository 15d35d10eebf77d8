"""Files: the list, with or without presigned URLs, and uploads."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, UploadFile
from fastapi.responses import Response

from service.bucket import Bucket, BucketError
from service.database import CallerDatabase, DatabaseError, Row
from service.dependencies import BucketDep, CallerDep, DatabaseDep, FlagsDep
from service.flags import Flags, UrlCache
from service.logs import log
from service.paging import PageQuery, fetch_page
from service.problems import Problem, documented
from service.schemas import FileItem, FileItemWithUrls, FilePage, FilePageWithUrls
from service.signing import check_key, sign_urls
from service.telemetry import json_response, stage

router = APIRouter(prefix="/v1", tags=["files"])

_COLUMNS = "id,name,content_type,size_bytes,created_at,object_key,thumbnail_key"
# What may be uploaded: the ending of its key, and how its bytes begin.
_UPLOADABLE: dict[str, tuple[str, bytes]] = {
    "image/png": ("png", b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": ("jpg", b"\xff\xd8\xff"),
    "image/gif": ("gif", b"GIF8"),
    "application/pdf": ("pdf", b"%PDF-"),
    "application/json": ("json", b""),
    "text/plain": ("txt", b""),
    "text/csv": ("csv", b""),
}
_NAME_LENGTH_MAX = 255


@router.get(
    "/files",
    response_model=FilePageWithUrls | FilePage,
    responses=documented(400, 401, 422, 502, 503),
)
async def list_files(
    caller: CallerDep,
    flags: FlagsDep,
    db: DatabaseDep,
    bucket: BucketDep,
    page: PageQuery,
    include_urls: Annotated[bool, Query(description="Add presigned URLs to each item.")] = False,
) -> Response:
    """The caller's files, newest first."""
    rows, next_offset = await fetch_page(
        db,
        lambda: (
            db.table("files")
            .select(_COLUMNS)
            .eq("owner_id", caller.id)
            .order("created_at", desc=True)
            .order("id", desc=True)
        ),
        page,
    )
    if not include_urls:
        items = [FileItem.model_validate(row) for row in rows]
        return json_response(FilePage(items=items, next_offset=next_offset))
    with_urls = await _with_urls(rows, caller.id, bucket, flags)
    return json_response(FilePageWithUrls(items=with_urls, next_offset=next_offset))


async def _with_urls(
    rows: Sequence[Row], owner_id: str, bucket: Bucket, flags: Flags
) -> list[FileItemWithUrls]:
    keys = [key for row in rows for key in (row["object_key"], row["thumbnail_key"]) if key]
    for key in keys:
        check_key(key, owner_id)
    urls = dict(zip(keys, await _urls(keys, owner_id, bucket, flags), strict=True))
    return [
        FileItemWithUrls(
            **row,
            download_url=urls[row["object_key"]],
            thumbnail_url=urls.get(row["thumbnail_key"]),
        )
        for row in rows
    ]


async def _urls(keys: Sequence[str], owner_id: str, bucket: Bucket, flags: Flags) -> list[str]:
    async def sign(missing: Sequence[str]) -> list[str]:
        return await sign_urls(bucket, missing, flags)

    with stage("sign"):
        if flags.url_cache is UrlCache.ON:
            return await bucket.kept_urls.urls(owner_id, keys, sign)
        return await sign(keys)


@router.post(
    "/files",
    status_code=201,
    response_model=FileItem,
    responses=documented(400, 401, 413, 415, 422, 502, 503),
)
async def upload_file(
    request: Request, caller: CallerDep, db: DatabaseDep, bucket: BucketDep, file: UploadFile
) -> Response:
    """Store a file of the caller's own; the key is made here, never taken from the client."""
    # Of several files the last would be stored, and the others lost without a word.
    if [name for name, _ in (await request.form()).multi_items()] != ["file"]:
        raise Problem(422, "The form must hold one field `file` and nothing else.")
    content_type, ending = await _checked_type(file)
    file_id = str(uuid.uuid4())
    row: dict[str, Any] = {
        "id": file_id,
        "owner_id": caller.id,
        "name": (file.filename or "unnamed")[:_NAME_LENGTH_MAX],
        "content_type": content_type,
        "size_bytes": file.size or 0,
        "object_key": f"{caller.id}/files/{file_id}.{ending}",
    }
    await bucket.put(row["object_key"], file.file, row["content_type"])
    stored = await _insert_or_remove(db, bucket, row)
    return json_response(FileItem.model_validate(stored), 201)


async def _checked_type(file: UploadFile) -> tuple[str, str]:
    """The content type, without parameters such as its charset, and the ending of its keys."""
    content_type = (file.content_type or "").partition(";")[0].strip().lower()
    known = _UPLOADABLE.get(content_type)
    if known is None:
        raise Problem(415, f"A file must be one of {', '.join(_UPLOADABLE)}.")
    ending, magic = known
    head = await file.read(len(magic))
    await file.seek(0)
    if head != magic:
        raise Problem(415, f"The file's content is not {content_type}.")
    return content_type, ending


async def _insert_or_remove(db: CallerDatabase, bucket: Bucket, row: dict[str, Any]) -> Row:
    """Insert the row; should that fail, remove the object that nothing would point to."""
    try:
        [stored] = await db.rows(db.table("files").insert(row).select(_COLUMNS))
    except DatabaseError:
        try:
            await bucket.delete(row["object_key"])
        except BucketError as error:
            log.warning("object left behind", key=row["object_key"], cause=error.cause)
        raise
    return stored
