"""The object store: one bucket behind boto3, whose client is shared by all requests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
import obstore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from obstore.store import S3Store

from service.problems import Problem
from service.settings import Settings
from service.url_cache import KeptUrls

if TYPE_CHECKING:
    from obstore.store import S3Credential


class BucketError(Problem):
    """The object store did not do as asked."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            503,
            "The object store cannot be reached at the moment.",
            headers={"Retry-After": "1"},
            cause=f"{type(error).__name__}: {error}",
        )


@dataclass(frozen=True)
class Bucket:
    """One bucket; boto3 blocks, so what waits for the network runs in a thread.

    Attributes:
        store: the same bucket behind obstore, which signs and is never asked to connect.
        url_lifetime_s: how long a presigned URL works, in seconds.
        kept_urls: what was signed before, by whatever strategy: all make the same URLs.
    """

    client: Any  # boto3 makes its classes at run time
    store: S3Store
    name: str
    url_lifetime_s: int
    kept_urls: KeptUrls

    def sign(self, key: str) -> str:
        """A presigned GET URL; local CPU work, no request is made."""
        url: str = self.client.generate_presigned_url(
            "get_object", Params={"Bucket": self.name, "Key": key}, ExpiresIn=self.url_lifetime_s
        )
        return url

    def sign_all(self, keys: Sequence[str]) -> list[str]:
        """The same URLs, up to their timestamps, in order, by one call into native code."""
        lifetime = timedelta(seconds=self.url_lifetime_s)
        return list(obstore.sign(self.store, "GET", keys, lifetime))

    async def put(self, key: str, content: BinaryIO, content_type: str) -> None:
        """Store an object.

        Raises:
            BucketError: it could not be stored.
        """
        try:
            await asyncio.to_thread(
                self.client.put_object,
                Bucket=self.name,
                Key=key,
                Body=content,
                ContentType=content_type,
            )
        except (BotoCoreError, ClientError) as error:
            raise BucketError(error) from None

    async def delete(self, key: str) -> None:
        """Remove an object.

        Raises:
            BucketError: it could not be removed.
        """
        try:
            await asyncio.to_thread(self.client.delete_object, Bucket=self.name, Key=key)
        except (BotoCoreError, ClientError) as error:
            raise BucketError(error) from None

    async def check(self) -> None:
        """Ask the store whether the bucket is there.

        Raises:
            BucketError: it is not, or nobody answers.
        """
        try:
            await asyncio.to_thread(self.client.head_bucket, Bucket=self.name)
        except (BotoCoreError, ClientError) as error:
            raise BucketError(error) from None


@asynccontextmanager
async def open_bucket(settings: Settings) -> AsyncIterator[Bucket]:
    """Make the client (about 0.1 s of CPU), and close it at the end of the block."""
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
            max_pool_connections=20,
        ),
    )
    try:
        store = _native_store(settings, endpoint)
        lifetime_s = settings.url_lifetime_s
        kept_urls = KeptUrls(lifetime_s, settings.url_cache_margin_s, settings.url_cache_size)
        yield Bucket(client, store, settings.s3_bucket, lifetime_s, kept_urls)
    finally:
        client.close()


def _native_store(settings: Settings, endpoint: str) -> S3Store:
    """The bucket for obstore, to sign with what the settings say and nothing else.

    obstore fills in what it is not told from AWS's variables, so that a session token, another
    endpoint or another payer would get into the URLs, which boto3's would not have.
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
