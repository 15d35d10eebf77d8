import pytest

from service import rates
from service.limits import RATE_BURST_S
from service.rates import Rates


class Clock:
    """A clock that the test sets."""

    now_s = 1000.0

    def __call__(self) -> float:
        """The moment that was set."""
        return self.now_s


def burst(limited: Rates, caller: str = "a") -> int:
    """How many requests may go on at once."""
    sent = 0
    while not limited.wait_s(caller):
        sent += 1
    return sent


def test_a_caller_may_send_a_burst_and_then_the_rate() -> None:
    """The unused allowance of two seconds, then one request whenever its time has passed."""
    clock = Clock()
    limited = Rates(10, clock)

    assert 10 * RATE_BURST_S == burst(limited)
    assert 0.1 == pytest.approx(limited.wait_s("a"))
    clock.now_s += 0.1
    assert 1 == burst(limited)
    clock.now_s += 60
    assert 10 * RATE_BURST_S == burst(limited)


def test_callers_do_not_share_an_allowance() -> None:
    """One caller's requests leave another's allowance as it is."""
    limited = Rates(10, Clock())

    assert burst(limited, "a") == burst(limited, "b")


def test_no_limit_counts_nothing() -> None:
    """With 0 nobody waits, and nothing is remembered."""
    limited = Rates(0, Clock())

    assert [0.0] * 1000 == [limited.wait_s("a") for _ in range(1000)]
    assert not limited._paid_at_s


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller seen least recently is forgotten first."""
    monkeypatch.setattr(rates, "CALLERS_MAX", 2)
    limited = Rates(10, Clock())
    for caller in ("a", "b", "a", "c"):
        limited.wait_s(caller)

    assert ["a", "c"] == list(limited._paid_at_s)
