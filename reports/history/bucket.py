"""A history below one prefix of an S3 bucket; it needs the packages of the extra `history`.

Credentials and region of a bucket come from where boto3 looks for them: AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, AWS_PROFILE, a role. Its address is AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
Messages show the host of that address and the store's error code, and nothing else of either.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from contract.errors import ReportError
from reports.clean import harmless, short, visible
from reports.history.entry import ENTRY_BYTES_MAX, ENTRY_SUFFIX, Entry, parse_entry

# The newest entries of a prefix are read, as many as keep both bounds.
ENTRIES_MAX = 5_000
ENTRIES_BYTES_MAX = 200_000_000

_FETCHERS = 16
_PROBE = ".versus"
_KEY_MAX = 200


@dataclass(frozen=True)
class Prefix:
    """Objects directly below one S3 prefix, one entry each.

    Attributes:
        path: what their keys begin with: empty, or with a slash at its end.
    """

    bucket: str
    path: str

    def __str__(self) -> str:
        return visible(f"s3://{self.bucket}/{self.path}")

    def check_writable(self) -> None:
        """Write an empty object, which is no entry, each time to the same key.

        Raises:
            ReportError: entries cannot be written there.
        """
        self._put(_PROBE, b"")

    def add(self, name: str, entry: bytes) -> None:
        """Write an entry.

        Its key ends with its digest: concurrent jobs never replace each other's entries, and
        writing the same entry again changes nothing.

        Raises:
            ReportError: it may not have been written.
        """
        self._put(f"{name}-{hashlib.sha256(entry).hexdigest()[:12]}{ENTRY_SUFFIX}", entry)

    def read(self) -> tuple[list[Entry], list[str]]:
        """The newest entries, and a sentence about older ones.

        Raises:
            ReportError: the store refuses or does not answer, there is no entry, or one of them
                cannot be used.
        """
        with self._store("list and read", "s3:ListBucket and s3:GetObject") as store:
            listed = obstore.list_with_delimiter(store, self.path)["objects"]
            objects = [one for one in listed if one["path"].endswith(ENTRY_SUFFIX)]
            newest = sorted(objects, key=lambda one: one["last_modified"])[-ENTRIES_MAX:][::-1]
            # At most so much of an object is read.
            totals = accumulate(min(one["size"], ENTRY_BYTES_MAX) for one in newest)
            kept = zip(newest, totals, strict=True)
            keys = [one["path"] for one, total in kept if total <= ENTRIES_BYTES_MAX][::-1]
            with ThreadPoolExecutor(_FETCHERS) as pool:
                contents = list(pool.map(partial(_content, store), keys))
        if not keys:
            raise ReportError(
                f"{self}: no entry there. Name the --history that `versus bench` or `versus gate` "
                "got."
            )
        entries = [
            parse_entry(content, harmless(short(f"s3://{self.bucket}/{key}", _KEY_MAX)))
            for key, content in zip(keys, contents, strict=True)
        ]
        older = len(objects) - len(keys)
        return entries, [f"{older} older runs are left out."] if older else []

    def _put(self, name: str, content: bytes) -> None:
        with self._store("write", "s3:PutObject") as store:
            kind = {"Content-Type": "application/json"}
            obstore.put(store, f"{self.path}{name}", content, attributes=kind, use_multipart=False)

    @contextmanager
    def _store(self, action: str, rights: str) -> Iterator[S3Store]:
        """The bucket, for a block that needs these rights for its action.

        Raises:
            ReportError: the block failed.
        """
        # Loading botocore and boto3 takes longer than reading most folders.
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415

        try:
            yield _open(self.bucket)
        except BotoCoreError as error:
            raise ReportError(
                f"{self}: no credentials ({type(error).__name__}). Set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
            ) from None
        except (BaseError, OSError, ValueError) as error:
            raise ReportError(f"{self}: {_explain(error, action, rights)}.") from None


def _address() -> str:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def _open(bucket: str) -> S3Store:
    import boto3  # noqa: PLC0415
    from botocore.exceptions import NoCredentialsError  # noqa: PLC0415
    from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415

    session, address = boto3.Session(), _address()
    if session.get_credentials() is None:
        raise NoCredentialsError
    parts = urlsplit(address)
    # For such an address obstore ends with a panic, which is no `Exception`.
    if address and not (parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0):
        raise ValueError
    return S3Store(
        bucket,
        credential_provider=Boto3CredentialProvider(session),
        client_options={"allow_http": True, "connect_timeout": "5s", "timeout": "30s"},
        retry_config={"max_retries": 2},
        config={"endpoint": address} if address else {},
    )


def _content(store: S3Store, key: str) -> bytes:
    """The object's content; of one that is too large, enough to show this."""
    content = b""
    for chunk in obstore.get(store, key):
        content += chunk
        if len(content) > ENTRY_BYTES_MAX:
            break
    return content


_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_REJECTED = (
    "the store does not accept the credentials ({code}). Check AWS_ACCESS_KEY_ID, "
    "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and the clock"
)
_BY_CODE = {
    "AccessDenied": "these credentials may not {action} there. Allow {rights}",
    "ExpiredToken": _REJECTED,
    "InvalidAccessKeyId": _REJECTED,
    "InvalidToken": _REJECTED,
    "NoSuchBucket": "there is no such bucket. Make it, or name another --history",
    "RequestTimeTooSkewed": _REJECTED,
    "SignatureDoesNotMatch": _REJECTED,
    "Unauthorized": _REJECTED,
}
_OTHER_CODE = "the store refuses ({code}). Check --history, the credentials and AWS_DEFAULT_REGION"
_SILENCE = re.compile(r"kind: (Connect|Timeout|Request|Interrupted)\b")


def _explain(error: Exception, action: str, rights: str) -> str:
    """What went wrong and what to do; of the store's own words only an error's code is shown."""
    text = str(error)
    if found := _CODE.search(text):
        advice = _BY_CODE.get(found[1], _OTHER_CODE)
        return advice.format(code=found[1], action=action, rights=rights)
    if "object with invalid path" in text:
        return "an object's key there is no path. Remove it"
    # An address may hold a password before its host.
    host = visible(urlsplit(_address()).netloc.rpartition("@")[2]) or "the store"
    if found := _SILENCE.search(text):
        return f"{host} does not answer ({found[1]}). Check AWS_ENDPOINT_URL_S3 and the network"
    return f"{host} is no S3 store ({type(error).__name__}). Check AWS_ENDPOINT_URL_S3"
