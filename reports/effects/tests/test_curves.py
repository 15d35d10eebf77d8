"""Curves and quantiles of latencies, for the charts."""

import numpy as np
import pytest

from reports.effects.curves import QUANTILES, latency_curves


def test_quantiles_are_those_of_all_requests() -> None:
    """Not of the points that a curve is drawn by."""
    values = np.random.default_rng(1).exponential(0.01, 5_000)
    (curve,) = latency_curves({"a": values})

    assert 5_000 == curve.n
    assert 260 == len(curve.latencies_s)
    assert list(zip(QUANTILES, np.quantile(values, QUANTILES), strict=True)) == list(
        curve.quantiles
    )


@pytest.mark.parametrize(
    ("n", "highest"),
    [(1, 0.5), (2, 0.5), (9, 0.75), (10, 0.9), (20, 0.95), (99, 0.95), (100, 0.99)],
)
def test_a_quantile_is_named_where_a_request_is_beyond_it(n: int, highest: float) -> None:
    """The median always is."""
    (curve,) = latency_curves({"a": np.linspace(0.01, 0.02, n)})

    assert highest == curve.quantiles[-1][0]


def test_a_tail_needs_a_hundred_requests() -> None:
    """Below that, the slowest tenth is a handful of them."""
    few, many = latency_curves({"few": np.ones(99), "many": np.ones(100)})

    assert () == few.tail
    assert (0.1, 1.0) == many.tail[0]
