"""The search for a capacity, on services whose capacity is known."""

import math

import numpy as np
import pytest

from loadtests.engines.capacity import RESOLUTION, STEPS_MAX, CapacitySearch, late_share, rounded


def searched(first_per_s: float, truth_per_s: float, doubt: float = 0.0) -> tuple[float, int]:
    """What a search finds, and in how many steps; near the truth chance decides a step."""
    search = CapacitySearch(first_per_s)
    chance = np.random.default_rng(7)
    steps = 0
    while (rate := search.next_rate()) is not None:
        search.take(rate, met=rate < truth_per_s * math.exp(doubt * chance.normal()))
        steps += 1
    return search.carried_per_s, steps


@pytest.mark.parametrize("truth_per_s", [0.31, 2.0, 47.0, 1234.5])
@pytest.mark.parametrize("first_per_s", [0.5, 40.0])
def test_a_search_ends_just_below_the_truth(first_per_s: float, truth_per_s: float) -> None:
    """The rate that it finds is carried, and one a little higher is not."""
    found_per_s, steps = searched(first_per_s, truth_per_s)

    assert found_per_s <= truth_per_s < found_per_s * RESOLUTION * 1.01
    assert steps < STEPS_MAX


def test_chance_near_the_limit_does_not_lead_far_astray() -> None:
    """A limit that moves by a tenth from step to step is found within a third."""
    found_per_s, steps = searched(10.0, 55.0, doubt=0.1)

    assert 55 / 1.33 < found_per_s < 55 * 1.33
    assert steps <= STEPS_MAX


def test_both_ends_are_tried_twice() -> None:
    """A rate that was carried once, and one that was missed once, are not believed yet."""
    search = CapacitySearch(10.0)
    tried: list[float] = []
    while (rate := search.next_rate()) is not None:
        tried.append(rate)
        search.take(rate, met=rate <= 10.0)

    assert 2 == tried.count(10.0)
    assert 2 == tried.count(min(rate for rate in tried if rate > 10.0))


def test_a_contradiction_is_tried_a_third_time() -> None:
    """Where two steps at one rate disagree, a third one decides."""
    search = CapacitySearch(10.0)
    search.take(10.0, met=True)
    search.take(10.0, met=False)

    assert 10.0 == search.next_rate()


def test_a_service_that_carries_nothing_is_given_up() -> None:
    """A search that only goes down ends with 0 carried."""
    assert 0.0 == searched(8.0, 0.0)[0]


def test_a_service_without_a_limit_is_given_up() -> None:
    """A search that only goes up ends as well."""
    found_per_s, steps = searched(8.0, math.inf)

    assert found_per_s >= 8.0 * 1024
    assert steps < STEPS_MAX


def test_rates_have_three_digits() -> None:
    """They can be typed again."""
    assert [0.123, 12.3, 1230.0] == [rounded(rate) for rate in (0.12345, 12.345, 1234.5)]


@pytest.mark.parametrize(
    ("late", "planned", "share"),
    [
        ((0, 0), (50, 50), 0.0),
        ((3, 0), (20, 80), 3 / 20),  # the scenario that fared worst counts, if it is large enough
        ((3, 0), (19, 81), 3 / 100),  # of 19, the 95th percentile is the maximum
        ((1, 1), (5, 5), 2 / 10),
        ((0, 0), (0, 0), 0.0),
    ],
)
def test_the_worst_share_counts(
    late: tuple[int, int], planned: tuple[int, int], share: float
) -> None:
    """All arrivals together must keep the objective, and each scenario with enough of them."""
    assert share == late_share(np.array(late), np.array(planned), 0.95)
