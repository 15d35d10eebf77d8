"""An effect that changed during its run is told, and one that did not hardly ever is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reports.statistics.drift import (
    FALSE_CHANGES_MAX,
    drift_p,
    find_change,
    find_changes,
    step_p,
)
from reports.statistics.values import FloatArray

MARGIN = 0.03
ROUNDS = 460
BLOCK = np.arange(ROUNDS) // 40
UNCHANGED_RUNS = 2500


def noise(seed: int, kind: str) -> FloatArray:
    """Paired log ratios of an effect that stays, (ROUNDS,)."""
    chance = np.random.default_rng(seed)
    if kind == "heavy":
        return 0.06 * chance.standard_t(2.5, ROUNDS)
    if kind == "skewed":
        return chance.exponential(0.1, ROUNDS) - chance.exponential(0.03, ROUNDS)
    # Bursts of 23 rounds cover a tenth of the time.
    spread = np.where(np.repeat(chance.random(ROUNDS // 23) < 0.1, 23), 5, 1)
    return chance.normal(0, 0.09, ROUNDS) * (spread if kind == "bursts" else 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["normal", "heavy", "skewed", "bursts"])
def test_an_effect_that_stays_raises_hardly_any_warning(kind: str) -> None:
    """At 1 in 1000, more than these of 2500 runs would come once in a thousand times.

    No margin protects here; with one, there are fewer still.
    """
    found = [
        find_change(noise(seed, kind), BLOCK, 0.0, FALSE_CHANGES_MAX)
        for seed in range(UNCHANGED_RUNS)
    ]
    allowed = stats.binom.ppf(0.999, UNCHANGED_RUNS, FALSE_CHANGES_MAX)

    assert sum(one is not None for one in found) <= allowed


@pytest.mark.parametrize("at", [140, 230, 320])
def test_a_step_of_10_percent_is_found_where_it_is(at: int) -> None:
    """From 5 % to 15 % slower: found in each of 10 runs with bursts, within two blocks of it."""
    for seed in range(10):
        logs = noise(seed, "bursts") + np.where(np.arange(ROUNDS) < at, 0.05, 0.15)
        found = find_change(logs, BLOCK, MARGIN, FALSE_CHANGES_MAX)

        assert found is not None
        assert found.block is not None
        assert abs(found.block - at // 40) <= 2
        assert abs(found.before - 0.05) < 0.03
        assert abs(found.after - 0.15) < 0.03


def test_a_steady_drift_is_told_by_its_thirds() -> None:
    """An effect that grows from none to 18 % is about 3 % in the first third, 15 % in the last."""
    logs = noise(1, "normal") + np.linspace(0, math.log(1.18), ROUNDS)
    found = find_change(logs, BLOCK, MARGIN, FALSE_CHANGES_MAX)

    assert found is not None
    assert found.block is None
    assert abs(found.before - math.log(1.18) / 6) < 0.02
    assert abs(found.after - math.log(1.18) * 5 / 6) < 0.02


def test_a_change_within_the_margin_is_none() -> None:
    """However sure it is, 2 % more counts for nothing where 3 % does."""
    logs = np.where(np.arange(ROUNDS) < 230, 0.0, math.log(1.02)) + noise(3, "normal") / 100

    assert find_change(logs, BLOCK, MARGIN, FALSE_CHANGES_MAX) is None
    assert find_change(logs, BLOCK, 0.01, FALSE_CHANGES_MAX) is not None


def test_pettitt_by_hand() -> None:
    """Of 1, 2, 3, 11, 12 the largest sum is that of the first two or three: |2 * 3 - 2 * 6| = 6.

    Ranks are 1 to 5; sums of 2 rank - 6 are -4, -6, -6, -4; p = 2 exp(-6 * 36 / (125 + 25)).
    """
    p_value, cut = step_p(np.array([1.0, 2.0, 3.0, 11.0, 12.0]))

    assert pytest.approx(2 * math.exp(-6 * 36 / 150)) == p_value
    assert 2 == cut


def test_mann_kendall_by_hand() -> None:
    """Of the 5! orders of five values one rises throughout and one falls: p = 2 / 120."""
    assert pytest.approx(2 / 120) == drift_p(np.arange(5.0))
    assert pytest.approx(2 / 120) == drift_p(-np.arange(5.0))
    assert 1.0 == drift_p(np.zeros(5))


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=40), st.floats(-1, 1), st.floats(0.125, 8.0))
def test_only_the_order_counts(values: list[float], shift: float, scale: float) -> None:
    """Reversing time or the sign changes no p-value, nor does what keeps the ranks."""
    given_values = np.round(np.array(values), 6)
    expected = step_p(given_values)[0], drift_p(given_values)
    for same in (given_values[::-1], -given_values, given_values * scale + shift):
        assert pytest.approx(expected) == (step_p(same)[0], drift_p(same))


@pytest.mark.parametrize("n", [0, 1, 11])
def test_too_few_rounds_tell_nothing(n: int) -> None:
    """Below 12 units nothing is said, however clear it looks."""
    assert find_change(np.arange(float(n)), np.arange(n), MARGIN, FALSE_CHANGES_MAX) is None


def test_a_changed_effect_is_found() -> None:
    """Before which block it was what, for the variant that changed and no other."""
    chance = np.random.default_rng(5)
    base = 0.02 * np.exp(chance.normal(0, 0.1, ROUNDS))
    grown = base * np.where(BLOCK < 5, 1.05, 1.20) * np.exp(chance.normal(0, 0.001, ROUNDS))
    same = base * np.exp(chance.normal(0, 0.05, ROUNDS))
    latency_s = {"baseline": base, "same": same, "grown": grown}

    changes = find_changes(latency_s, "baseline", BLOCK, MARGIN, by_block=False)

    assert ["grown"] == list(changes)
    assert 5 == changes["grown"].block
    assert [math.log(1.05), math.log(1.20)] == pytest.approx(
        [changes["grown"].before, changes["grown"].after], abs=1e-3
    )


def test_requests_that_queue_together_are_one_unit() -> None:
    """Blocks whose requests all share one lot tell nothing, unless the blocks themselves change."""
    chance = np.random.default_rng(6)
    block = np.repeat(np.arange(16), 50)
    base = np.full(800, 0.02)
    lots = np.repeat(np.where(np.arange(16) % 13 < 9, -1, 1) * chance.exponential(0.1, 16), 50)
    rising = np.repeat(np.linspace(0, 0.5, 16), 50)
    latency_s = {"a": base, "lots": base * np.exp(lots), "rising": base * np.exp(rising)}

    changes = find_changes(latency_s, "a", block, MARGIN, by_block=True)

    assert [("rising", None)] == [(name, one.block) for name, one in changes.items()]
    assert 2 == len(find_changes(latency_s, "a", block, MARGIN, by_block=False))
