"""The keys that may have signed a token: a shared secret, or public keys that a project publishes.

Supabase publishes the public keys of a project as a JSON web key set. They are kept, so the network
is needed once per lifetime and for a key that is new; all its waits share the request's deadline.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Any

import httpx
import jwt

from service.connections import PooledClient
from service.deadlines import DEADLINE_S, current_deadline, set_deadline
from service.failures import DependencyError
from service.logs import log
from service.settings import Settings

SHARED_ALGORITHM = "HS256"
PUBLIC_ALGORITHMS = ("ES256", "RS256")

LIFETIME_S = 600
"""Kept keys that are older are fetched again, while requests go on with the old ones."""
COOLDOWN_S = 30
"""An unknown key causes a fetch at most this often, because anybody can name one."""
_COOLDOWN_FAILED_S = 1
_SET_BYTES_MAX = 64 * 1024


class KeysError(DependencyError):
    """The published keys cannot be fetched, and the token's key is not among those kept."""

    def __init__(self, cause: str) -> None:
        detail = "The keys that sign tokens cannot be fetched at the moment."
        super().__init__(503, detail, cause, None)


class Keys:
    """Finds the key of a token.

    Attributes:
        secret: the shared secret; None if the project has none.
    """

    def __init__(
        self,
        secret: str | None,
        set_url: str | None = None,
        http: PooledClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.secret = secret
        self._set_url = set_url
        self._http = http
        self._clock = clock
        self._public: Mapping[str, jwt.PyJWK] = {}
        self._fetching: asyncio.Task[None] | None = None
        self._fetched_s = self._next_fetch_s = -float("inf")
        self._failure = ""

    async def find(self, algorithm: object, key_id: object) -> str | jwt.PyJWK | None:
        """The key for a token's own header; None if there is none.

        A secret never checks what names a public key's algorithm, nor the reverse.

        Raises:
            KeysError: it may be a published key that cannot be fetched.
        """
        if algorithm == SHARED_ALGORITHM:
            return self.secret
        if algorithm not in PUBLIC_ALGORITHMS or not isinstance(key_id, str):
            return None
        return await self._published(key_id)

    async def _published(self, key_id: str) -> jwt.PyJWK | None:
        known = self._public.get(key_id)
        if self._set_url is None:
            return None
        if known is not None:
            if self._clock() >= self._fetched_s + LIFETIME_S:
                self._begin_fetch()
            return known
        self._begin_fetch()
        if self._fetching is not None:
            try:
                async with current_deadline().limit_before_body():
                    # Other requests wait for it, too.
                    await asyncio.shield(self._fetching)
            except TimeoutError:
                raise KeysError("no answer within the request's deadline") from None
        known = self._public.get(key_id)
        if known is None and self._failure:
            raise KeysError(self._failure)
        return known

    def _begin_fetch(self) -> None:
        """Fetch the keys, unless that happens already or did a moment ago."""
        if self._fetching is None and self._clock() >= self._next_fetch_s:
            task = asyncio.get_running_loop().create_task(self._fetch(), context=Context())
            task.add_done_callback(self._end_fetch)
            self._fetching = task

    def _end_fetch(self, _: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _fetch(self) -> None:
        try:
            with set_deadline(DEADLINE_S):
                async with current_deadline().limit():
                    self._public = _read_set(await self._fetched_set())
        except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            self._failure = f"{type(error).__name__}: {error}"
            log.warning("the keys cannot be fetched", cause=self._failure)
            self._next_fetch_s = self._clock() + _COOLDOWN_FAILED_S
        else:
            self._failure = ""
            self._fetched_s = self._clock()
            self._next_fetch_s = self._fetched_s + COOLDOWN_S

    async def _fetched_set(self) -> bytes:
        assert self._http is not None
        assert self._set_url is not None
        async with self._http.stream("GET", self._set_url) as answer:
            answer.raise_for_status()
            content = b""
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > _SET_BYTES_MAX:
                    raise ValueError(f"the key set is larger than {_SET_BYTES_MAX} bytes")
        return content

    async def close(self) -> None:
        """End a fetch that still runs."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])


def _read_set(content: bytes) -> dict[str, jwt.PyJWK]:
    """The keys for signatures by their ids; others, such as shared ones, are left out."""
    document = json.loads(content)
    listed = document.get("keys") if isinstance(document, dict) else None
    if listed is None or not isinstance(listed, list):
        raise ValueError("the answer is not a key set")
    keys = {}
    for data in listed:
        key = _read_key(data)
        if key is not None and isinstance(key.key_id, str):
            keys[key.key_id] = key
    return keys


def _read_key(data: Any) -> jwt.PyJWK | None:
    if not isinstance(data, dict) or data.get("use", "sig") != "sig":
        return None
    if data.get("alg") not in (None, *PUBLIC_ALGORITHMS):
        return None
    try:
        key = jwt.PyJWK(data)
    # A field of another type fails wherever it is used first.
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError):
        return None
    return key if key.algorithm_name in PUBLIC_ALGORITHMS else None


@asynccontextmanager
async def open_keys(settings: Settings) -> AsyncIterator[Keys]:
    """The keys for the length of a `with`; nothing is fetched before a token needs it."""
    secret = settings.supabase_jwt_secret
    set_url = settings.jwks_url
    async with PooledClient(1, verify=(set_url or "").startswith("https:")) as http:
        keys = Keys(secret.get_secret_value() if secret else None, set_url, http)
        try:
            yield keys
        finally:
            await keys.close()
