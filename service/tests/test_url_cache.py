import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.telemetry import RequestCost, collect_cost
from service.url_cache import SignedUrlCache

LIFETIME_S, MARGIN_S = 100, 30
CALLERS = ["ann", "ben"]
KEYS = ["a", "b", "c", "d", "e"]


@dataclass
class Store:
    """A clock that is set by the test, and URLs with their caller, key and time."""

    now_s: float = 1_000_000.0
    signed: list[str] = field(default_factory=list)

    def cache(self, size: int = 100, margin_s: int = MARGIN_S) -> SignedUrlCache:
        """A cache that reads this clock."""
        return SignedUrlCache(LIFETIME_S, margin_s, size, lambda: self.now_s)

    def url(self, caller: str, key: str) -> str:
        """The URL that would be signed now."""
        return f"{caller}/{key}?{self.now_s}"

    async def get(self, cache: SignedUrlCache, caller: str, keys: Sequence[str]) -> list[str]:
        """A page's URLs; missing ones are signed and recorded."""

        async def sign(missing: Sequence[str]) -> list[str]:
            # Others may ask meanwhile.
            await asyncio.sleep(0)
            self.signed += missing
            return [self.url(caller, key) for key in missing]

        return await cache.urls(caller, keys, sign)

    def ask(self, cache: SignedUrlCache, caller: str, keys: Sequence[str]) -> list[str]:
        """The same, for a single request."""
        return asyncio.run(self.get(cache, caller, keys))


def parse(url: str) -> tuple[str, str, float]:
    """The caller, key and time in a URL."""
    path, _, made_s = url.partition("?")
    caller, _, key = path.partition("/")
    return caller, key, float(made_s)


def test_a_repeated_list_is_signed_once() -> None:
    """URLs signed for a caller are returned again to the same caller."""
    store = Store()
    cache = store.cache()
    first = store.ask(cache, "ann", KEYS)
    store.now_s += LIFETIME_S - MARGIN_S - 1

    assert first == store.ask(cache, "ann", KEYS)
    assert KEYS == store.signed


@pytest.mark.parametrize(
    ("passed_s", "again"),
    [(0, False), (69.999, False), (70, True), (100, True), (-0.001, True), (-50, True)],
)
def test_a_url_is_valid_until_the_margin(passed_s: float, again: bool) -> None:
    """With less than the margin left, or after the clock was set back, a URL is signed again."""
    store = Store()
    cache = store.cache()
    store.ask(cache, "ann", ["a"])
    store.now_s += passed_s
    store.ask(cache, "ann", ["a"])

    assert ["a"] * (2 if again else 1) == store.signed


def test_a_url_has_whole_seconds() -> None:
    """A URL signed within a second is valid as if signed at the second's start."""
    store = Store(now_s=1_000_000.9)
    cache = store.cache()
    store.ask(cache, "ann", ["a"])
    store.now_s = 1_000_070.0
    store.ask(cache, "ann", ["a"])

    assert ["a", "a"] == store.signed


@pytest.mark.parametrize("margin_s", [LIFETIME_S, LIFETIME_S + 1, 10 * LIFETIME_S])
def test_nothing_is_cached_below_the_margin(margin_s: int) -> None:
    """If URLs are valid no longer than the margin, each is signed again."""
    store = Store()
    cache = store.cache(margin_s=margin_s)

    store.ask(cache, "ann", ["a"])
    store.ask(cache, "ann", ["a"])

    assert ["a", "a"] == store.signed


def test_callers_share_nothing() -> None:
    """The same key of another caller is signed for that caller."""
    store = Store()
    cache = store.cache()

    assert store.ask(cache, "ann", ["a"]) != store.ask(cache, "ben", ["a"])
    assert ["a", "a"] == store.signed


def test_the_least_recently_used_is_dropped() -> None:
    """A full cache drops the URL that was not requested for longest."""
    store = Store()
    cache = store.cache(size=2)
    for keys in (["a"], ["b"], ["a"], ["c"], ["a"], ["b"]):
        store.ask(cache, "ann", keys)

    assert ["a", "b", "c", "b"] == store.signed
    assert 2 == len(cache)


def test_a_page_larger_than_the_cache_is_complete() -> None:
    """A page has all its URLs; a repeated key is signed once."""
    store = Store()
    cache = store.cache(size=2)

    assert [store.url("ann", key) for key in [*KEYS, "a"]] == store.ask(cache, "ann", [*KEYS, "a"])
    assert KEYS == store.signed
    assert 2 == len(cache)


def test_simultaneous_requests_sign_a_key_once() -> None:
    """One of the simultaneous requests signs, the others wait, also if keys overlap."""
    store = Store()
    cache = store.cache()

    async def together() -> list[list[str]]:
        pages = [KEYS[:3], KEYS[:3], KEYS[2:], KEYS]
        return await asyncio.gather(*(store.get(cache, "ann", page) for page in pages * 5))

    with collect_cost(RequestCost()) as cost:
        pages = asyncio.run(together())

    assert sorted(KEYS) == sorted(store.signed)
    assert 5 == len({url for page in pages for url in page})
    assert 5 == cost.urls_missed
    assert 5 * (3 + 3 + 3 + 5) - 5 == cost.urls_cached


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_failure_concerns_one_request(cancelled: bool) -> None:
    """Requests that waited for a failed or cancelled one sign themselves."""
    store = Store()
    cache = store.cache()

    async def together() -> list[str]:
        both_ask = asyncio.Event()

        async def fail(_: Sequence[str]) -> list[str]:
            await both_ask.wait()
            raise LookupError

        first = asyncio.create_task(cache.urls("ann", ["a"], fail))
        second = asyncio.create_task(store.get(cache, "ann", ["a", "b"]))
        # While this is signed, the other two begin, and the second waits for the first.
        await store.get(cache, "ann", ["b"])
        if cancelled:
            first.cancel()
        both_ask.set()
        with pytest.raises(asyncio.CancelledError if cancelled else LookupError):
            await first
        return await second

    assert [store.url("ann", "a"), store.url("ann", "b")] == asyncio.run(together())
    assert ["b", "a"] == store.signed


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.4, 1.0, 29.5, 69.9, 70.0, 100.0, -0.5, -40.0]),
        st.lists(
            st.tuples(st.sampled_from(CALLERS), st.lists(st.sampled_from(KEYS), max_size=6)),
            min_size=1,
            max_size=4,
        ),
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS, size=st.integers(1, 12), margin_s=st.sampled_from([0, 30, 99, 100]))
def test_every_url_is_the_caller_s_and_valid(
    steps: list[tuple[float, list[tuple[str, list[str]]]]], size: int, margin_s: int
) -> None:
    """For any requests at any times, together or not."""
    store = Store()
    cache = store.cache(size, margin_s)

    async def run() -> None:
        for passed_s, requests in steps:
            store.now_s += passed_s
            pages = await asyncio.gather(
                *(store.get(cache, caller, keys) for caller, keys in requests)
            )
            for (caller, keys), urls in zip(requests, pages, strict=True):
                for key, url in zip(keys, urls, strict=True):
                    whose, what, made_s = parse(url)
                    assert (caller, key) == (whose, what)
                    left_s = math.floor(made_s) + LIFETIME_S - store.now_s
                    assert made_s == store.now_s or (made_s < store.now_s and left_s > margin_s)
            assert len(cache) <= size

    asyncio.run(run())


@settings(max_examples=100, deadline=None)
@given(keys=st.lists(st.sampled_from(KEYS), max_size=60), size=st.integers(1, 5))
def test_the_cache_has_the_last_requested_keys(keys: list[str], size: int) -> None:
    """While nothing expires, exactly the last requested keys are cached, up to the size."""
    store = Store()
    cache = store.cache(size)

    async def run() -> None:
        order: list[str] = []
        for key in keys:
            before = len(store.signed)
            await store.get(cache, "ann", [key])
            assert (key not in order[-size:]) == (len(store.signed) > before)
            order = [*(one for one in order if one != key), key]

    asyncio.run(run())
