"""Bands are where latencies are dense."""

import math
from itertools import pairwise

import numpy as np
import pytest

from reports.page.charts.density import LAYERS, dense_spans

CHANCE = np.random.default_rng(1)
ONE = 0.01 * np.exp(CHANCE.normal(0, 0.1, 500))


@pytest.mark.parametrize("log", [True, False])
def test_layers_lie_inside_each_other(log: bool) -> None:
    """The widest ends where the latencies end, the densest holds the peak."""
    layers = dense_spans(ONE.tolist(), log=log)

    assert LAYERS == len(layers)
    assert all(low < high for spans in layers for low, high in spans)
    for wide, narrow in pairwise(layers):
        assert all(any(a <= low and high <= b for a, b in wide) for low, high in narrow)
    assert pytest.approx(ONE.min(), rel=0.02) == layers[0][0][0]
    assert any(low < 0.01 < high for low, high in layers[5])


def test_dense_is_another_thing_on_another_axis() -> None:
    """Where a factor of time holds as many requests everywhere, the quick ones are densest."""
    even = np.geomspace(0.001, 0.1, 1_000).tolist()
    log, linear = (dense_spans(even, log=log)[LAYERS // 2][0] for log in (True, False))

    assert log[1] > 0.09
    assert linear[1] < 0.01


@pytest.mark.parametrize(
    ("times_s", "layers"),
    [([], 0), ([math.inf, math.nan, 0.0], 0), ([0.01], LAYERS), ([0.01] * 50, LAYERS)],
)
def test_odd_samples_have_bands_or_none(times_s: list[float], layers: int) -> None:
    """Where there is a single latency, its bands are as narrow as a clock can measure."""
    found = dense_spans(times_s, log=True)

    assert layers == len(found)
    assert all(0.0099 < low <= high < 0.0101 for spans in found for low, high in spans)
