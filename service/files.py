"""The list of files, with or without presigned URLs."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from service.bucket import Bucket
from service.database import Row
from service.dependencies import BucketDep, CallerDep, CallerRoute, DatabaseDep, FlagsDep
from service.flags import Flags, UrlCache
from service.paging import PageQuery, fetch_page
from service.problems import documented
from service.schemas import FileItem, FileItemWithUrls, FilePage, FilePageWithUrls
from service.signing import check_key, sign_urls
from service.telemetry import json_response, stage

router = APIRouter(prefix="/v1", tags=["files"], route_class=CallerRoute)

COLUMNS = "id,name,content_type,size_bytes,created_at,object_key,thumbnail_key"


@router.get(
    "/files",
    response_model=FilePageWithUrls | FilePage,
    responses=documented(400, 401, 422, 429, 502, 503),
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
            .select(COLUMNS)
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
            return await bucket.url_cache.urls(owner_id, keys, sign)
        return await sign(keys)
