"""Groups of latencies: found where they are, and nowhere else."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from reports.statistics.modes import density_of, log_cuts, silverman_width
from reports.statistics.values import FloatArray

Chance = np.random.Generator

ONE_GROUP: dict[str, Callable[[Chance, int], FloatArray]] = {
    "narrow lognormal": lambda chance, n: chance.lognormal(-5, 0.05, n),
    "wide lognormal": lambda chance, n: chance.lognormal(-5, 1.2, n),
    "gamma": lambda chance, n: chance.gamma(1, 1, n) + 1e-9,
    "steep gamma": lambda chance, n: chance.gamma(0.5, 1, n) + 1e-9,
    "floor and exponential": lambda chance, n: 0.005 + chance.exponential(0.002, n),
    "floor and Pareto": lambda chance, n: 0.005 + 0.0005 * chance.pareto(1.5, n),
    "heavy on both sides": lambda chance, n: np.exp(0.2 * chance.standard_t(2, n)),
}


def cuts(values: FloatArray) -> tuple[float, ...]:
    """Where times are divided, in their own unit."""
    return tuple(map(math.exp, log_cuts(np.log(values))))


@pytest.mark.parametrize("shape", ONE_GROUP)
def test_one_group_stays_one(shape: str) -> None:
    """No tail is taken for a second group, whatever the number of requests."""
    chance = np.random.default_rng(5)
    sizes = [*[16] * 40, *[100] * 60, *[300] * 60, *[1000] * 30, *[20_000] * 2]

    assert not [n for n in sizes if cuts(ONE_GROUP[shape](chance, n))]


@pytest.mark.parametrize(
    ("n", "share", "factor"),
    [(200, 0.2, 5), (400, 0.08, 5), (1000, 0.05, 2), (1000, 0.45, 2), (20_000, 0.05, 2)],
)
def test_two_groups_are_found(n: int, share: float, factor: float) -> None:
    """A twentieth of the requests that take twice as long are a group of their own."""
    chance = np.random.default_rng(6)
    slow = np.arange(n) < share * n
    (cut,) = cuts(0.006 * chance.lognormal(0, 0.08, n) * np.where(slow, factor, 1))

    assert 0.0063 < cut < 0.006 * factor


def test_three_groups_have_two_cuts() -> None:
    """Each valley divides."""
    chance = np.random.default_rng(7)
    first, second = cuts(np.repeat([1.0, 4.0, 16.0], 300) * chance.lognormal(0, 0.1, 900))

    assert 1.3 < first < 3
    assert 5.2 < second < 12


def test_groups_scale_with_their_unit() -> None:
    """Seconds or milliseconds: the cuts are the same."""
    chance = np.random.default_rng(8)
    values = np.repeat([1.0, 4.0], 300) * chance.lognormal(0, 0.1, 600)

    assert [1000 * cut for cut in cuts(values)] == pytest.approx(cuts(1000 * values))


@pytest.mark.parametrize(
    "values",
    [np.ones(0), np.ones(3), np.ones(500), np.geomspace(1e-9, 1e9, 500), np.r_[np.ones(99), 1e9]],
)
def test_odd_values_have_no_cut(values: FloatArray) -> None:
    """None, few, equal ones, eighteen decades, and a single outlier."""
    assert () == cuts(values)


def test_a_density_counts_requests() -> None:
    """At the place of a hundred equal requests it is a hundred, far away nothing."""
    found = density_of(np.r_[np.zeros(100), 3.0], 0.07)

    assert pytest.approx(100, rel=0.05) == found.counts.max()
    assert pytest.approx(0, abs=0.05) == found.places[found.counts.argmax()]
    assert 1e-9 > found.counts[abs(found.places - 1.5) < 0.1].max()


def test_a_kernel_narrows_with_more_values_and_never_vanishes() -> None:
    """By Silverman's rule: 0.9 times the spread, divided by the fifth root of their number."""
    normal = np.random.default_rng(1).normal(0, 0.2, 3_125)

    assert pytest.approx(0.9 * 0.2 / 5, rel=0.05) == silverman_width(normal)
    assert 0 < silverman_width(np.ones(9)) < 0.001
