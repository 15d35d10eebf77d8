"""Order statistics of averages against those found by listing them."""

import itertools

import numpy as np
import pytest

from reports.statistics.values import FloatArray
from reports.statistics.walsh import Units


def _averages(units: FloatArray) -> list[float]:
    pairs = itertools.combinations_with_replacement(units.tolist(), 2)
    return sorted((one + other) / 2 for one, other in pairs)


def test_walsh_averages_are_the_brute_force_ones() -> None:
    """Every order statistic is the one found by listing all averages, to the last bit."""
    units = np.random.default_rng(3).normal(size=17)
    units[4] = units[9]

    found = [Units(units).walsh_averages(k, k) for k in range(1, 154)]

    assert [(one, one) for one in _averages(units)] == found


_TRIPLES = np.repeat(np.arange(1334.0), 3) + np.tile([-0.01, 0.0, 0.2], 1334)


@pytest.mark.parametrize("ties", ["none", "levels", "half", "all", "misleading"])
def test_walsh_averages_of_a_sample_of_units_are_exact(ties: str) -> None:
    """Where only every third unit tells about where to look, and is like those beside it or not."""
    chance = np.random.default_rng(7)
    drawn = {
        "none": chance.standard_t(2, 4001),
        "levels": np.round(chance.normal(size=4001), 1),
        "half": np.where(chance.random(4001) < 0.5, 0.0, chance.normal(size=4001)),
        "all": np.full(4001, 0.25),
        "misleading": _TRIPLES + 1e-4 * chance.random(len(_TRIPLES)),
    }
    up = np.sort(drawn[ties])
    averages = np.sort((up[:, None] + up)[np.triu_indices(len(up))]) / 2
    n = len(averages)

    for rank in (1, 2, n // 3, n // 2, n - 1):
        expected = (averages[rank - 1], averages[rank])
        mirrored = Units(-up).walsh_averages(n - rank, n + 1 - rank)

        assert expected == Units(up).walsh_averages(rank, rank + 1)
        assert expected == (-mirrored[1], -mirrored[0])


def test_units_know_which_are_equal() -> None:
    """In order, and each different one once."""
    units = Units(np.array([3.0, 1.0, 3.0, 2.0]))

    assert [1.0, 2.0, 3.0, 3.0] == units.up.tolist()
    assert ([1.0, 2.0, 3.0], [1, 1, 2]) == (units.different.tolist(), units.times.tolist())
    assert units is Units.of(units)
