"""The object store: one bucket, by connections that all requests share."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import boto3
import httpx
import obstore
from botocore.config import Config
from obstore.store import S3Store

from service.connections import PooledClient
from service.deadlines import current_deadline
from service.failures import DependencyError, status_of
from service.settings import STORE_CONNECTIONS_MAX, Settings
from service.telemetry import current_cost
from service.url_cache import SignedUrlCache

if TYPE_CHECKING:
    from obstore.store import S3Credential

# Of the URLs that the service uses itself, at once. Stores accept clocks that differ by as much.
_OWN_LIFETIME = timedelta(minutes=15)
# Errors are a few hundred bytes; a store that sends more is not listened to any longer.
_BODY_BYTES_MAX = 64 * 1024
_READINESS_CONNECTIONS_MAX = 2
_DETAILS = {
    502: "The object store's answer cannot be used.",
    503: "The object store cannot be reached at the moment.",
}


class BucketError(DependencyError):
    """A request to the object store failed.

    Attributes:
        answered: the store's own status; 0 if no answer arrived.
    """

    def __init__(self, status: int, cause: str, answer: httpx.Response | None = None) -> None:
        retry_after = answer.headers.get("Retry-After") if answer else None
        super().__init__(status, _DETAILS[status], cause, retry_after)
        self.answered = answer.status_code if answer else 0


@dataclass(frozen=True)
class Bucket:
    """One bucket.

    Its requests are signed like any presigned URL and sent by the event loop: boto3 would block a
    thread for each, which nothing could end when the request's deadline is reached.

    Attributes:
        client: boto3's client, which only signs and never connects.
        store: the same bucket for obstore, which only signs, too.
        http, readiness: connections for requests, and those kept for readiness.
        url_lifetime_s: how long a presigned URL for reading is valid, in seconds.
        upload_url_lifetime_s: how long a presigned URL for writing is valid, in seconds.
        url_cache: URLs that were signed before, by any strategy: all strategies sign alike.
    """

    client: Any  # boto3 makes its classes at run time
    store: S3Store
    name: str
    http: PooledClient
    readiness: PooledClient
    url_lifetime_s: int
    upload_url_lifetime_s: int
    url_cache: SignedUrlCache

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

    async def put(
        self, key: str, content: AsyncIterable[bytes], content_type: str, size_bytes: int
    ) -> None:
        """Store an object.

        Raises:
            BucketError: it could not be stored.
        """
        headers = {"Content-Type": content_type, "Content-Length": str(size_bytes)}
        await self._send("PUT", key, headers, content)

    async def describe(self, key: str) -> tuple[str, int] | None:
        """Content type and size in bytes of an object; None if it does not exist.

        Raises:
            BucketError: the store failed.
        """
        try:
            answer, _ = await self._send("HEAD", key)
        except BucketError as error:
            if error.answered == 404:
                return None
            raise
        length = answer.headers.get("Content-Length", "")
        if not length.isdigit():
            raise BucketError(502, "the answer to HEAD has no length")
        return answer.headers.get("Content-Type", ""), int(length)

    async def read_head(self, key: str, length: int) -> bytes:
        """The first bytes of an object, at most `length`, which must not be 0.

        Raises:
            BucketError: it could not be read.
        """
        # A store may ignore the range and send the whole object.
        _, head = await self._send("GET", key, {"Range": f"bytes=0-{length - 1}"})
        return head[:length]

    async def delete(self, key: str) -> None:
        """Remove an object.

        Raises:
            BucketError: it could not be removed.
        """
        await self._send("DELETE", key)

    async def check(self) -> None:
        """Make sure that the bucket exists, by a connection kept for this.

        Raises:
            BucketError: it does not, or the store does not answer.
        """
        await self._send("HEAD", "", http=self.readiness)

    async def _send(
        self,
        method: Literal["PUT", "HEAD", "GET", "DELETE"],
        key: str,
        headers: Mapping[str, str] | None = None,
        content: AsyncIterable[bytes] | None = None,
        http: PooledClient | None = None,
    ) -> tuple[httpx.Response, bytes]:
        """Send a request and count it; gives a successful answer and the first of its body."""
        cost = current_cost()
        cost.store_requests += 1
        cost.store_requests_running += 1
        cost.store_requests_peak = max(cost.store_requests_peak, cost.store_requests_running)
        http = http or self.http
        deadline = current_deadline()
        url = obstore.sign(self.store, method, key, _OWN_LIFETIME)
        try:
            async with (
                deadline.limit(),
                http.slots.taken(),
                http.stream(method, url, headers=headers, content=content) as answer,
            ):
                body = await _first_bytes(answer)
        except TimeoutError:
            raise BucketError(
                503, f"{method}: no answer within the request's {deadline.within_s:g} s"
            ) from None
        except httpx.HTTPError as error:
            raise BucketError(503, f"{method}: {type(error).__name__}: {error}") from None
        finally:
            cost.store_requests_running -= 1
        if not answer.is_success:
            cause = f"{method}: {answer.status_code} {body.decode(errors='replace')[:500]}"
            raise BucketError(status_of(answer.status_code), cause, answer)
        return answer, body


async def _first_bytes(answer: httpx.Response) -> bytes:
    """The body, or its beginning; then the connection is not used again."""
    body = b""
    async for part in answer.aiter_raw():
        body += part
        if len(body) > _BODY_BYTES_MAX:
            break
    return body


@asynccontextmanager
async def open_bucket(settings: Settings) -> AsyncIterator[Bucket]:
    """Create the clients (about 0.1 s of CPU time) for the length of a `with`."""
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
            # R2 and others refuse the checksum that boto3 signs by default.
            request_checksum_calculation="when_required",
        ),
    )
    try:
        async with (
            _connections(endpoint, STORE_CONNECTIONS_MAX) as http,
            _connections(endpoint, _READINESS_CONNECTIONS_MAX) as readiness,
        ):
            yield Bucket(
                client,
                _native_store(settings, endpoint),
                settings.s3_bucket,
                http,
                readiness,
                settings.url_lifetime_s,
                settings.upload_url_lifetime_s,
                SignedUrlCache(
                    settings.url_lifetime_s, settings.url_cache_margin_s, settings.url_cache_size
                ),
            )
    finally:
        client.close()


def _connections(endpoint: str, connections_max: int) -> PooledClient:
    return PooledClient(
        connections_max,
        # Reading the certificates takes 30 ms.
        verify=endpoint.startswith("https:"),
        # A compressed answer has another length than its object.
        headers={"Accept-Encoding": "identity"},
    )


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
