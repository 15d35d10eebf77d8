"""Signing many URLs, one function per strategy.

Where the signatures are computed is the second published optimization. Every strategy returns the
same URLs, except for their timestamps.
"""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from service.flags import Flags, UrlSigning
from service.problems import Problem
from service.telemetry import current_cost


class Signer(Protocol):
    """Signs URLs, one per call or many in one call, with local CPU time only."""

    def sign(self, key: str) -> str:
        """The URL of one key."""

    def sign_all(self, keys: Sequence[str]) -> list[str]:
        """The URLs of many keys, in order."""


Strategy = Callable[[Signer, Sequence[str], int], Awaitable[list[str]]]

_KEY = re.compile(r"[0-9a-f-]{36}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){1,4}")


def check_key(key: str, owner_id: str) -> None:
    """Make sure that a key is in its owner's part of the bucket.

    boto3 would sign any key, `../` and other owners' keys included.

    Raises:
        Problem: 500, because keys come from the database, never from the caller.
    """
    if not _KEY.fullmatch(key) or not key.startswith(f"{owner_id}/"):
        raise Problem(
            500, "The service failed unexpectedly.", cause=f"object key {key!r} is not {owner_id}'s"
        )


async def sign_urls(signer: Signer, keys: Sequence[str], flags: Flags) -> list[str]:
    """A presigned URL for each key, in order, by the strategy that the flags choose."""
    meter = _Meter(signer)
    urls = await STRATEGIES[flags.url_signing](meter, keys, flags.signing_workers)
    cost = current_cost()
    cost.urls_signed += len(urls)
    cost.signing_threads_peak = max(cost.signing_threads_peak, meter.threads_peak)
    cost.signing_strategy = flags.url_signing.value
    return urls


async def sequential(signer: Signer, keys: Sequence[str], _: int) -> list[str]:
    """Sign one after the other, on the event loop."""
    return [signer.sign(key) for key in keys]


async def default_executor(signer: Signer, keys: Sequence[str], _: int) -> list[str]:
    """Sign in the event loop's default executor, one task per URL."""
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(None, signer.sign, key) for key in keys))


async def thread_pool(signer: Signer, keys: Sequence[str], workers: int) -> list[str]:
    """Sign in a new pool of threads for this request, one task per URL."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return await asyncio.gather(*(loop.run_in_executor(pool, signer.sign, key) for key in keys))


async def batch_native(signer: Signer, keys: Sequence[str], _: int) -> list[str]:
    """Sign all with one call into native code, on the event loop: a thread would cost more."""
    return signer.sign_all(keys)


STRATEGIES: dict[UrlSigning, Strategy] = {
    UrlSigning.SEQUENTIAL: sequential,
    UrlSigning.DEFAULT_EXECUTOR: default_executor,
    UrlSigning.THREAD_POOL: thread_pool,
    UrlSigning.BATCH_NATIVE: batch_native,
}


class _Meter:
    """Signs, and records the most threads that signed at the same moment."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._lock = threading.Lock()
        self._threads = 0
        self.threads_peak = 0

    def sign(self, key: str) -> str:
        with self._lock:
            self._threads += 1
            self.threads_peak = max(self.threads_peak, self._threads)
        try:
            return self._signer.sign(key)
        finally:
            with self._lock:
                self._threads -= 1

    def sign_all(self, keys: Sequence[str]) -> list[str]:
        self.threads_peak = max(self.threads_peak, 1)
        return self._signer.sign_all(keys)
