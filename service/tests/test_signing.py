import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from service.flags import Flags, UrlSigning, WorkflowQuery
from service.problems import Problem
from service.signing import check_key, sign_urls
from service.stack import OTHER_OWNER_ID, OWNER_ID
from service.telemetry import RequestCost, collect_cost
from service.tests.support import OneByOne

KEYS = [f"{OWNER_ID}/files/{n}.png" for n in range(40)]


UPPER = OneByOne(str.upper)
THREAD_NAMES = OneByOne(lambda _: threading.current_thread().name)


def flags(strategy: UrlSigning, workers: int = 20) -> Flags:
    """Flags that choose a signing strategy."""
    return Flags(WorkflowQuery.SUMMARY_COLUMNS, strategy, workers)


@pytest.mark.parametrize("strategy", UrlSigning)
def test_every_strategy_keeps_the_order(strategy: UrlSigning) -> None:
    """Each key's URL stands where the key stood, and each is counted once."""
    with collect_cost(RequestCost()) as cost:
        urls = asyncio.run(sign_urls(UPPER, KEYS, flags(strategy)))

    assert [key.upper() for key in KEYS] == urls
    assert len(KEYS) == cost.urls_signed
    assert strategy.value == cost.signing_strategy
    assert cost.signing_threads_peak >= 1


@pytest.mark.parametrize("strategy", UrlSigning)
def test_every_strategy_signs_nothing_for_no_keys(strategy: UrlSigning) -> None:
    """An empty page needs no signature."""
    assert asyncio.run(sign_urls(UPPER, [], flags(strategy))) == []


@pytest.mark.parametrize("strategy", UrlSigning)
def test_every_strategy_passes_errors_on(strategy: UrlSigning) -> None:
    """A signer that fails fails the request."""

    def fail(key: str) -> str:
        raise LookupError(key)

    with pytest.raises(LookupError):
        asyncio.run(sign_urls(OneByOne(fail), KEYS, flags(strategy)))


def test_sequential_signs_on_the_event_loop() -> None:
    """The sequential strategy uses no thread but the caller's own."""
    threads = asyncio.run(sign_urls(THREAD_NAMES, KEYS, flags(UrlSigning.SEQUENTIAL)))

    assert {threading.current_thread().name} == set(threads)


def test_a_batch_is_one_call_on_the_event_loop() -> None:
    """The native strategy signs all keys with one call, in the caller's thread."""
    calls: list[Sequence[str]] = []

    @dataclass(frozen=True)
    class Noting(OneByOne):
        def sign_all(self, keys: Sequence[str]) -> list[str]:
            calls.append(keys)
            return super().sign_all(keys)

    with collect_cost(RequestCost()) as cost:
        threads = asyncio.run(
            sign_urls(Noting(THREAD_NAMES.sign), KEYS, flags(UrlSigning.BATCH_NATIVE))
        )

    assert [KEYS] == calls
    assert {threading.current_thread().name} == set(threads)
    assert 1 == cost.signing_threads_peak


@pytest.mark.parametrize("workers", [1, 3, 20])
def test_the_pool_has_the_requested_threads(workers: int) -> None:
    """Exactly that many signatures run at once."""
    meeting = threading.Barrier(workers, timeout=10)

    def meet(key: str) -> str:
        meeting.wait()
        return key

    keys = KEYS[: workers * (len(KEYS) // workers)]
    with collect_cost(RequestCost()) as cost:
        asyncio.run(sign_urls(OneByOne(meet), keys, flags(UrlSigning.THREAD_POOL, workers)))

    assert workers == cost.signing_threads_peak


def test_the_pool_is_gone_afterwards() -> None:
    """All threads of the pool end with the request."""
    before = threading.active_count()

    asyncio.run(sign_urls(UPPER, KEYS, flags(UrlSigning.THREAD_POOL)))

    assert threading.active_count() <= before


@pytest.mark.parametrize("key", [f"{OWNER_ID}/a", f"{OWNER_ID}/files/a_b-c.d.png"])
def test_an_owner_s_keys_are_valid(key: str) -> None:
    """Keys below the owner's prefix may be signed."""
    check_key(key, OWNER_ID)


@pytest.mark.parametrize(
    "key",
    [
        f"{OTHER_OWNER_ID}/files/a.png",
        f"{OWNER_ID}",
        f"{OWNER_ID}/",
        f"{OWNER_ID}/../{OTHER_OWNER_ID}/a.png",
        f"{OWNER_ID}/./a.png",
        f"{OWNER_ID}//a.png",
        f"{OWNER_ID}/a.png\n",
        f"{OWNER_ID}/a b.png",
        f"{OWNER_ID}/a?b",
        f"{OWNER_ID}/%2e%2e/a",
        f"{OWNER_ID}/" + "a" * 200,
        f"/{OWNER_ID}/a.png",
        "",
    ],
)
def test_other_keys_are_refused(key: str) -> None:
    """No key outside the owner's prefix is signed, in any spelling."""
    with pytest.raises(Problem) as caught:
        check_key(key, OWNER_ID)

    assert caught.value.status == 500
    assert OTHER_OWNER_ID not in caught.value.detail
