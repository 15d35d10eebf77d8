"""The object store: one bucket behind boto3, whose client is shared by all requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from service.problems import Problem
from service.settings import Settings


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
        url_lifetime_s: how long a presigned URL works, in seconds.
    """

    client: Any  # boto3 makes its classes at run time
    name: str
    url_lifetime_s: int

    def sign(self, key: str) -> str:
        """A presigned GET URL; local CPU work, no request is made."""
        url: str = self.client.generate_presigned_url(
            "get_object", Params={"Bucket": self.name, "Key": key}, ExpiresIn=self.url_lifetime_s
        )
        return url

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
    client = boto3.client(
        "s3",
        endpoint_url=str(settings.s3_endpoint).rstrip("/"),
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
        yield Bucket(client, settings.s3_bucket, settings.url_lifetime_s)
    finally:
        client.close()
