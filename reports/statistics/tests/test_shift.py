"""The shift function and its band, where the truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal, special, stats

from reports.statistics import shift
from reports.statistics.shift import ShiftFunction
from reports.statistics.values import FloatArray, IntArray

NOISY = np.random.default_rng(5).lognormal(-4, 0.4, (2, 300))


def only(before: FloatArray, after: FloatArray, block: IntArray | None = None) -> ShiftFunction:
    """The one shift function of two variants."""
    (found,) = shift.shift_functions({"baseline": before, "optimized": after}, "baseline", 1, block)
    return found


def at(found: ShiftFunction, probability: float) -> float:
    return found.ratios[found.probabilities.index(probability)]


def test_ratios_are_those_of_the_quantiles() -> None:
    """Ten more on 1 ... 101: the k-th percentile is k + 1, so it grows from 11 to 21 at 10 %."""
    before = np.random.default_rng(1).permutation(np.arange(1.0, 102.0))

    found = only(before, before[::-1] + 10)

    assert (0.1, 0.9) == (found.probabilities[0], found.probabilities[-1])
    assert 21 / 11 == pytest.approx(at(found, 0.1))
    assert 61 / 51 == pytest.approx(at(found, 0.5))
    assert 101 / 91 == pytest.approx(at(found, 0.9))


def test_rounds_are_drawn_whole() -> None:
    """Where every round doubles, every resample doubles: the band has no width."""
    found = only(NOISY[0], 2 * NOISY[0])

    for ends in (found.ratios, found.lows, found.highs):
        assert [2.0] * len(found.ratios) == pytest.approx(ends)


@given(seed=st.integers(0, 2**32), factor=st.floats(1e-3, 1e3))
@settings(max_examples=20, deadline=None)
def test_swapping_turns_it_over_and_scale_does_not_matter(seed: int, factor: float) -> None:
    """With the variants swapped, ratios and band are the reciprocals, in whatever unit of time."""
    before, after = np.random.default_rng(seed).lognormal(0, 0.5, (2, 80))

    forward, backward = only(before, after), only(factor * after, factor * before)

    assert forward.ratios == pytest.approx(1 / np.array(backward.ratios))
    assert forward.lows == pytest.approx(1 / np.array(backward.highs))
    assert forward.highs == pytest.approx(1 / np.array(backward.lows))


def test_only_quantiles_with_ten_rounds_beyond_are_shown() -> None:
    """As for p95 and p99: 200 rounds carry the one, 1000 the other, and 49 nothing."""
    sizes = {
        rounds: shift.shift_functions(dict(zip("ab", np.ones((2, rounds)), strict=True)), "a", 1)
        for rounds in (49, 50, 200, 999, 1000)
    }
    ends = {rounds: found[0].probabilities[-1] for rounds, found in sizes.items() if found}

    assert {50: 0.8, 200: 0.95, 999: 0.975, 1000: 0.99} == ends


def test_the_same_record_gives_the_same_band() -> None:
    """And another seed another one, so that chance has a part in it."""
    latencies = dict(zip(("baseline", "optimized"), NOISY, strict=True))

    one, again, other = (shift.shift_functions(latencies, "baseline", seed) for seed in (1, 1, 2))

    assert one == again
    assert one[0].ratios == other[0].ratios
    assert one[0].lows != other[0].lows


def test_long_runs_are_thinned() -> None:
    """Of 100,000 rounds 20,000 are drawn, whole."""
    before = np.random.default_rng(2).lognormal(-4, 0.4, 100_000)

    found = only(before, 1.1 * before)

    assert 20_000 == found.n
    assert 0.999 == found.probabilities[-1]
    assert [1.1] * len(found.highs) == pytest.approx(found.highs)


def test_under_load_whole_blocks_are_drawn() -> None:
    """Where a change is of whole blocks, 20 of them say less than 2,000 rounds would."""
    chance = np.random.default_rng(3)
    block = np.repeat(np.arange(20), 100)
    before = chance.lognormal(-4, 0.2, 2000)
    after = before * np.exp(chance.normal(0, 0.2, 20))[block]

    by_block, by_round = only(before, after, block), only(before, after)

    assert width(by_block) > 1.5 * width(by_round)
    assert () == shift.shift_functions({"a": before, "b": after}, "a", 1, block // 2)


def width(found: ShiftFunction) -> float:
    """Of the band in its middle, on the log scale."""
    middle = found.probabilities.index(0.5)
    return float(np.log(found.highs[middle] / found.lows[middle]))


def wandering(
    chance: np.random.Generator, rounds: int, alike: float
) -> tuple[FloatArray, FloatArray]:
    """Two samples of known quantiles; neighbours resemble each other, and members of a round."""
    noise = chance.normal(0, 1, (2, rounds + 200)) + chance.normal(0, 1, rounds + 200)
    first, second = (
        signal.lfilter([np.sqrt(1 - alike**2)], [1, -alike], one)[200:] for one in noise
    )
    return np.exp(-4 + 0.2 * first), np.exp(-3.9 + 0.3 * second)


def truth(found: ShiftFunction) -> FloatArray:
    """Of `wandering`."""
    ratios: FloatArray = np.exp(0.1 + 0.1 * np.sqrt(2) * special.ndtri(found.probabilities))
    return ratios


def holds(found: ShiftFunction) -> bool:
    """Whether all of the truth lies within the band."""
    true = truth(found)
    return bool(np.all((found.lows <= true) & (true <= found.highs)))


REPLAYS = 200


def missed() -> int:
    """In how many replays the band missed some of the truth."""
    draws = (wandering(np.random.default_rng([11, seed]), 400, 0.6) for seed in range(REPLAYS))
    found = (only(before, after) for before, after in draws)
    return sum(not holds(one) for one in found)


@pytest.mark.slow
def test_the_band_holds_the_truth_as_often_as_it_says() -> None:
    """A change of shape, neighbours alike: more misses would come once in 1000 such tests."""
    misses = missed()

    assert misses <= stats.binom.ppf(0.999, REPLAYS, 1 - shift.CONFIDENCE)


@pytest.mark.slow
def test_drawing_single_rounds_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without blocks the same band misses more often than it may."""
    monkeypatch.setattr(shift, "_BLOCK_FACTOR", 1e-9)

    misses = missed()

    assert misses > stats.binom.ppf(0.999, REPLAYS, 1 - shift.CONFIDENCE)
