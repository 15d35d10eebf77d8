"""A cache of signed URLs, which are returned again while they are valid for long enough.

Validity is checked by the wall clock, as the store does. Everything else in a URL (store, bucket,
lifetime, signer) is constant while the service runs.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from service.telemetry import current_cost

Sign = Callable[[Sequence[str]], Awaitable[list[str]]]
"""From keys to their URLs, in order."""


class SignedUrlCache:
    """URLs by caller and key; the least recently used URL is dropped first.

    Simultaneous requests for the same key sign it once: the others wait for the first.

    Attributes:
        lifetime_s: how long a URL is valid after it was signed, in seconds.
        margin_s: the least remaining validity of a returned URL, in seconds; if the lifetime is not
            longer, nothing is returned again.
        size: the most URLs in the cache.
    """

    def __init__(
        self, lifetime_s: int, margin_s: int, size: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.lifetime_s, self.margin_s, self.size = lifetime_s, margin_s, size
        self._clock = clock
        # By caller and key: the URL, and when it was signed.
        self._cached: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()
        self._being_signed: dict[tuple[str, str], asyncio.Event] = {}

    def __len__(self) -> int:
        return len(self._cached)

    async def urls(self, caller_id: str, keys: Sequence[str], sign: Sign) -> list[str]:
        """The URL of each key, in order; missing ones are signed by one call."""
        wanted = dict.fromkeys(keys)
        urls = self._find(caller_id, wanted)
        missing = [key for key in wanted if key not in urls]
        others = {key: self._being_signed.get((caller_id, key)) for key in missing}
        urls |= await self._lead(caller_id, [key for key in missing if not others[key]], sign)
        for event in filter(None, others.values()):
            await event.wait()
        late = [key for key in wanted if key not in urls]
        urls |= self._find(caller_id, late)
        # The other request failed, or its URLs were dropped meanwhile.
        urls |= await self._sign(caller_id, [key for key in late if key not in urls], sign)
        return [urls[key] for key in keys]

    def _find(self, caller_id: str, keys: Sequence[str] | dict[str, None]) -> dict[str, str]:
        """The cached URLs that are valid for long enough, by key."""
        now_s = self._clock()
        found: dict[str, str] = {}
        for key in keys:
            cached = self._cached.get((caller_id, key))
            if cached is not None and self._is_valid(cached[1], now_s):
                self._cached.move_to_end((caller_id, key))
                found[key] = cached[0]
        current_cost().urls_cached += len(found)
        return found

    def _is_valid(self, signed_s: float, now_s: float) -> bool:
        # URLs hold whole seconds. A URL from the future was signed before the clock was set back,
        # so its age is unknown.
        return signed_s <= now_s < math.floor(signed_s) + self.lifetime_s - self.margin_s

    async def _lead(self, caller_id: str, keys: Sequence[str], sign: Sign) -> dict[str, str]:
        """Sign, while other requests for the same keys wait."""
        done = asyncio.Event()
        self._being_signed |= dict.fromkeys(((caller_id, key) for key in keys), done)
        try:
            return await self._sign(caller_id, keys, sign)
        finally:
            for key in keys:
                del self._being_signed[caller_id, key]
            done.set()

    async def _sign(self, caller_id: str, keys: Sequence[str], sign: Sign) -> dict[str, str]:
        if not keys:
            return {}
        current_cost().urls_missed += len(keys)
        # Taken before signing, so that a URL is never older than this time.
        signed_s = self._clock()
        urls = dict(zip(keys, await sign(keys), strict=True))
        for key, url in urls.items():
            self._cached[caller_id, key] = (url, signed_s)
            self._cached.move_to_end((caller_id, key))
            if len(self._cached) > self.size:
                self._cached.popitem(last=False)
        return urls
