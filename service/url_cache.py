"""Signed URLs that are given out again while they are good for long enough.

The store judges a URL by the wall clock, and so does this, the only clock that both have. What else
a URL says (store, bucket, lifetime, whose signature) is the same for as long as the service runs.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from service.telemetry import current_cost

Sign = Callable[[Sequence[str]], Awaitable[list[str]]]
"""From keys to their URLs, in order."""


class KeptUrls:
    """URLs by caller and key; the one that was not asked for the longest goes first.

    Requests that want the same key at the same time sign it once: the others wait for the first.

    Attributes:
        lifetime_s: for how long a URL works, in seconds from when it was signed.
        margin_s: what is left of it when a URL is given out again, at least; nothing is given out
            again where the lifetime is no longer than that.
        size: the most URLs that are kept.
    """

    def __init__(
        self, lifetime_s: int, margin_s: int, size: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.lifetime_s, self.margin_s, self.size = lifetime_s, margin_s, size
        self._clock = clock
        # By caller and key: the URL, and when it was signed.
        self._kept: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()
        self._being_signed: dict[tuple[str, str], asyncio.Event] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def urls(self, caller_id: str, keys: Sequence[str], sign: Sign) -> list[str]:
        """The URL of each key, in order; those that are not kept are signed by one call."""
        wanted = dict.fromkeys(keys)
        urls = self._find(caller_id, wanted)
        missing = [key for key in wanted if key not in urls]
        others = {key: self._being_signed.get((caller_id, key)) for key in missing}
        urls |= await self._lead(caller_id, [key for key in missing if not others[key]], sign)
        for event in filter(None, others.values()):
            await event.wait()
        late = [key for key in wanted if key not in urls]
        urls |= self._find(caller_id, late)
        # Whoever was waited for failed, or so many URLs came meanwhile that theirs are gone.
        urls |= await self._sign(caller_id, [key for key in late if key not in urls], sign)
        return [urls[key] for key in keys]

    def _find(self, caller_id: str, keys: Sequence[str] | dict[str, None]) -> dict[str, str]:
        """The kept URLs that are good for long enough, by key."""
        now_s = self._clock()
        found: dict[str, str] = {}
        for key in keys:
            kept = self._kept.get((caller_id, key))
            if kept is not None and self._is_good(kept[1], now_s):
                self._kept.move_to_end((caller_id, key))
                found[key] = kept[0]
        current_cost().urls_cached += len(found)
        return found

    def _is_good(self, signed_s: float, now_s: float) -> bool:
        # A URL tells whole seconds. One from the future was signed before the clock was set back,
        # and nobody knows how old it is.
        return signed_s <= now_s < math.floor(signed_s) + self.lifetime_s - self.margin_s

    async def _lead(self, caller_id: str, keys: Sequence[str], sign: Sign) -> dict[str, str]:
        """Sign, while others who want the same wait."""
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
        # Before signing: a URL may say a later time, never an earlier one.
        signed_s = self._clock()
        urls = dict(zip(keys, await sign(keys), strict=True))
        for key, url in urls.items():
            self._kept[caller_id, key] = (url, signed_s)
            self._kept.move_to_end((caller_id, key))
            if len(self._kept) > self.size:
                self._kept.popitem(last=False)
        return urls
