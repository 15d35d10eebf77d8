"""A history in a bucket: entries are objects below one S3 prefix.

Credentials, region and address come from where boto3 looks for them: AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, AWS_PROFILE, a role; AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL. Nothing of
what a store says is shown but its error's code, and nothing of its address but the host.
"""

import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from reports.history.entry import ENTRY_BYTES_MAX, Entry, parse_entry
from reports.model import ReportError
from reports.surfaces.clean import harmless, short, visible

# The newest entries that together keep both bounds are read.
ENTRIES_MAX = 5_000
ENTRIES_BYTES_MAX = 200_000_000

_FETCHERS = 16
_SUFFIX = ".json"
_TRIED = ".versus"
_KEY_MAX, _CODE_MAX = 200, 60
_PLACE = re.compile(r"s3://([A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9])(?:/([^\x00-\x1f\x7f]*))?")
_UNKNOWN_CALLER = {
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "Unauthorized",
}
_WRITING = ("write", "s3:PutObject")
_READING = ("list and read", "s3:ListBucket and s3:GetObject")


@dataclass(frozen=True)
class Prefix:
    """Where entries are.

    Attributes:
        path: what their keys begin with: empty, or with a slash at its end.
    """

    bucket: str
    path: str

    def __str__(self) -> str:
        return visible(f"s3://{self.bucket}/{self.path}")

    def try_writing(self) -> None:
        """Write an empty object, which is no entry, each time to the same key.

        Raises:
            ReportError: entries could not be written, either.
        """
        with self._asked(_WRITING) as client:
            client.put_object(Bucket=self.bucket, Key=f"{self.path}{_TRIED}", Body=b"")

    def append(self, name: str, entry: bytes) -> None:
        """Add an entry.

        Its key ends with its digest: no other entry is ever replaced, whoever writes at the same
        time, and writing once more changes nothing.

        Raises:
            ReportError: it may not have been written.
        """
        key = f"{self.path}{name}-{hashlib.sha256(entry).hexdigest()[:12]}{_SUFFIX}"
        with self._asked(_WRITING) as client:
            client.put_object(
                Bucket=self.bucket, Key=key, Body=entry, ContentType="application/json"
            )

    def read(self) -> tuple[list[Entry], int]:
        """The newest entries directly below, and how many older ones there are.

        Raises:
            ReportError: the store cannot be asked, or holds none there, or one is none.
        """
        with self._asked(_READING) as client:
            newest, older = _newest(self._listed(client))
            with ThreadPoolExecutor(_FETCHERS) as pool:
                contents = list(pool.map(partial(self._content, client), newest))
        if not newest:
            raise ReportError(
                f"{self}: no entry there. Name the HISTORY that `make bench` or `make gate` got."
            )
        return [
            parse_entry(content, harmless(short(f"s3://{self.bucket}/{key}", _KEY_MAX)))
            for key, content in zip(newest, contents, strict=True)
        ], older

    def _listed(self, client: Any) -> list[dict[str, Any]]:
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.path, Delimiter="/"
        )
        found = (one for page in pages for one in page.get("Contents", ()))
        return [one for one in found if one["Key"].endswith(_SUFFIX)]

    def _content(self, client: Any, key: str) -> bytes:
        with closing(client.get_object(Bucket=self.bucket, Key=key)["Body"]) as body:
            content: bytes = body.read(ENTRY_BYTES_MAX + 1)
            return content

    @contextmanager
    def _asked(self, wanted: tuple[str, str]) -> Iterator[Any]:
        """A client for the block.

        Args:
            wanted: what is done, and the rights that it needs.

        Raises:
            ReportError: the block could not be done.
        """
        # Loading boto3 takes longer than all of a history in a folder.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        from botocore.parsers import ResponseParserError  # noqa: PLC0415

        host = "the store"
        try:
            client = boto3.Session().client(
                "s3",
                config=Config(
                    signature_version="s3v4",
                    # R2 and others refuse the checksum trailers that boto3 sends by default.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    connect_timeout=5,
                    read_timeout=30,
                    retries={"mode": "standard", "total_max_attempts": 3},
                    max_pool_connections=_FETCHERS,
                ),
            )
            # An address may hold a password before its host.
            host = urlsplit(client.meta.endpoint_url).netloc.rpartition("@")[2]
            with closing(client):
                yield client
        except ClientError as error:
            told = _refusal(str(error.response.get("Error", {}).get("Code", "")), wanted)
            raise ReportError(f"{self}: {told}.") from None
        except (BotoCoreError, ResponseParserError, ValueError) as error:
            raise ReportError(f"{self}: {_failure(error, host)}.") from None


def parse_prefix(told: str) -> Prefix:
    """The place of `s3://bucket/prefix`.

    Raises:
        ReportError: it is none; what was given is not shown, for it may hold a password.
    """
    found = _PLACE.fullmatch(told)
    if not found:
        raise ReportError("HISTORY: neither a folder nor s3://BUCKET/PREFIX. Name one of the two.")
    path = (found[2] or "").strip("/")
    return Prefix(found[1], f"{path}/" if path else "")


def _newest(objects: list[dict[str, Any]]) -> tuple[list[str], int]:
    """Keys of the newest objects that keep both bounds, oldest first; how many are left out."""
    keys: list[str] = []
    bytes_left = ENTRIES_BYTES_MAX
    for one in sorted(objects, key=lambda one: one["LastModified"], reverse=True):
        # What is larger is refused when it is read, and read no further.
        bytes_left -= min(one["Size"], ENTRY_BYTES_MAX)
        if len(keys) == ENTRIES_MAX or bytes_left < 0:
            break
        keys.append(one["Key"])
    return keys[::-1], len(objects) - len(keys)


def _refusal(code: str, wanted: tuple[str, str]) -> str:
    """What to do about a store's own words for no."""
    if code in _UNKNOWN_CALLER:
        return (
            f"the store does not accept the credentials ({code}). Check AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and the clock"
        )
    if code == "AccessDenied":
        doing, rights = wanted
        return f"these credentials may not {doing} there. Allow {rights}"
    if code == "NoSuchBucket":
        return "there is no such bucket. Make it, or name another HISTORY"
    shown = harmless(short(code, _CODE_MAX))
    return f"the store refuses ({shown}). Check HISTORY, the credentials and AWS_DEFAULT_REGION"


def _failure(error: Exception, host: str) -> str:
    """What to do where no store has answered."""
    from botocore import exceptions  # noqa: PLC0415

    kind = type(error).__name__
    if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
        return (
            f"{visible(host)} does not answer ({kind}). Check AWS_ENDPOINT_URL_S3 and the network"
        )
    if "Credential" in kind or "Profile" in kind:
        return (
            f"no credentials ({kind}). Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or AWS_PROFILE"
        )
    return f"the store cannot be asked ({kind}). Check AWS_ENDPOINT_URL_S3 and HISTORY"
