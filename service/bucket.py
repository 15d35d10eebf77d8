"""The object store: one bucket, through a boto3 client that all requests share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
import obstore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from obstore.store import S3Store

from service.problems import Problem
from service.settings import STORE_CONNECTIONS_MAX, Settings
from service.telemetry import current_cost
from service.url_cache import SignedUrlCache

if TYPE_CHECKING:
    from obstore.store import S3Credential

# The error codes of stores for a missing key.
_MISSING = {"404", "NoSuchKey", "NotFound"}


class BucketError(Problem):
    """A request to the object store failed.

    Attributes:
        code: S3's error code; empty if no answer came.
    """

    def __init__(self, error: BotoCoreError | ClientError) -> None:
        super().__init__(
            503,
            "The object store cannot be reached at the moment.",
            headers={"Retry-After": "1"},
            cause=f"{type(error).__name__}: {error}",
        )
        answer = error.response if isinstance(error, ClientError) else {}
        self.code = str(answer.get("Error", {}).get("Code", ""))


@dataclass(frozen=True)
class Bucket:
    """One bucket; boto3 blocks, so network requests run in threads.

    Attributes:
        store: the same bucket for obstore, which only signs and never connects.
        url_lifetime_s: how long a presigned URL for reading is valid, in seconds.
        upload_url_lifetime_s: how long a presigned URL for writing is valid, in seconds.
        url_cache: URLs that were signed before, by any strategy: all strategies sign alike.
        threads: one for each connection. The event loop's default pool may be smaller, and other
            work uses it too.
    """

    client: Any  # boto3 makes its classes at run time
    store: S3Store
    name: str
    url_lifetime_s: int
    upload_url_lifetime_s: int
    url_cache: SignedUrlCache
    threads: ThreadPoolExecutor = field(repr=False)

    def sign(self, key: str) -> str:
        """A presigned GET URL; takes local CPU time only."""
        url: str = self.client.generate_presigned_url(
            "get_object", Params={"Bucket": self.name, "Key": key}, ExpiresIn=self.url_lifetime_s
        )
        return url

    def sign_all(self, keys: Sequence[str]) -> list[str]:
        """The same URLs (except for their timestamps), in order, by one call into native code."""
        lifetime = timedelta(seconds=self.url_lifetime_s)
        return list(obstore.sign(self.store, "GET", keys, lifetime))

    def sign_put(self, key: str, content_type: str, size_bytes: int) -> str:
        """A presigned PUT URL for an object of exactly this type and size, usable once."""
        url: str = self.client.generate_presigned_url(
            "put_object",
            # Each of these becomes a signed header, so the store refuses any other value.
            Params={
                "Bucket": self.name,
                "Key": key,
                "ContentType": content_type,
                "ContentLength": size_bytes,
                "IfNoneMatch": "*",
            },
            ExpiresIn=self.upload_url_lifetime_s,
        )
        return url

    async def put(self, key: str, content: BinaryIO, content_type: str) -> None:
        """Store an object.

        Raises:
            BucketError: it could not be stored.
        """
        await self._run(self.client.put_object, Key=key, Body=content, ContentType=content_type)

    async def describe(self, key: str) -> tuple[str, int] | None:
        """Content type and size in bytes of an object; None if it does not exist.

        Raises:
            BucketError: the store failed.
        """
        try:
            found = await self._run(self.client.head_object, Key=key)
        except BucketError as error:
            if error.code in _MISSING:
                return None
            raise
        return found["ContentType"], found["ContentLength"]

    async def read_head(self, key: str, length: int) -> bytes:
        """The first bytes of an object, at most `length`, which must not be 0.

        Raises:
            BucketError: it could not be read.
        """

        def read(**parameters: Any) -> bytes:
            content: bytes = self.client.get_object(**parameters)["Body"].read(length)
            return content

        head: bytes = await self._run(read, Key=key, Range=f"bytes=0-{length - 1}")
        return head

    async def delete(self, key: str) -> None:
        """Remove an object.

        Raises:
            BucketError: it could not be removed.
        """
        await self._run(self.client.delete_object, Key=key)

    async def check(self) -> None:
        """Make sure that the bucket exists.

        Raises:
            BucketError: it does not, or the store does not answer.
        """
        await self._run(self.client.head_bucket)

    async def _run(self, operation: Callable[..., Any], **parameters: Any) -> Any:
        """Run an operation in a thread and count it."""
        cost = current_cost()
        cost.store_requests += 1
        cost.store_requests_running += 1
        cost.store_requests_peak = max(cost.store_requests_peak, cost.store_requests_running)
        call = partial(operation, Bucket=self.name, **parameters)
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, call)
        except (BotoCoreError, ClientError) as error:
            raise BucketError(error) from None
        finally:
            cost.store_requests_running -= 1


@asynccontextmanager
async def open_bucket(settings: Settings) -> AsyncIterator[Bucket]:
    """Create the client (about 0.1 s of CPU time) for the length of a `with`."""
    endpoint = str(settings.s3_endpoint).rstrip("/")
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key_id.get_secret_value(),
        aws_secret_access_key=settings.s3_secret_access_key.get_secret_value(),
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            # R2 and others refuse the checksum trailers that boto3 sends by default.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=2,
            read_timeout=30,
            retries={"total_max_attempts": 1},
            max_pool_connections=STORE_CONNECTIONS_MAX,
        ),
    )
    threads = ThreadPoolExecutor(STORE_CONNECTIONS_MAX, thread_name_prefix="store")
    try:
        yield Bucket(
            client,
            _native_store(settings, endpoint),
            settings.s3_bucket,
            settings.url_lifetime_s,
            settings.upload_url_lifetime_s,
            SignedUrlCache(
                settings.url_lifetime_s, settings.url_cache_margin_s, settings.url_cache_size
            ),
            threads,
        )
    finally:
        threads.shutdown()
        client.close()


def _native_store(settings: Settings, endpoint: str) -> S3Store:
    """The bucket for obstore, which signs with the settings and nothing else.

    Every option is set, because obstore reads missing ones from AWS's variables: a session token,
    another endpoint or another payer would be in its URLs, but not in those of boto3.
    """

    def credentials() -> "S3Credential":
        return {
            "access_key_id": settings.s3_access_key_id.get_secret_value(),
            "secret_access_key": settings.s3_secret_access_key.get_secret_value(),
            "token": None,
            "expires_at": None,
        }

    return S3Store(
        settings.s3_bucket,
        credential_provider=credentials,
        endpoint=endpoint,
        aws_endpoint_url_s3=endpoint,
        region=settings.s3_region,
        virtual_hosted_style_request=False,
        s3_express=False,
        request_payer=False,
        skip_signature=False,
        client_options={"allow_http": True},
    )
