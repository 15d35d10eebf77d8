"""Stretches of a run."""

import numpy as np
import pytest

from reports.statistics.timeline import timeline


def test_each_block_is_one_stretch_of_a_short_run() -> None:
    """Medians by variant, and the median of paired ratios, block by block."""
    latencies = {
        "baseline": np.array([1.0, 2.0, 3.0, 10.0]),
        "optimized": np.array([2.0, 4.0, 6.0, 5.0]),
    }
    found = timeline(latencies, "baseline", np.array([0.0, 1.0, 2.0, 3.0]), np.array([0, 0, 0, 1]))

    assert ((0.0, 3.0), (3, 1)) == (found.start_s, found.rounds)
    assert (("baseline", (2.0, 10.0)), ("optimized", (4.0, 5.0))) == found.medians_s
    assert (("optimized", (2.0, 0.5)),) == found.ratios


def test_a_long_run_has_few_stretches() -> None:
    """Blocks are joined, and no round is lost."""
    n = 1000
    values = np.ones(n)
    found = timeline({"a": values, "b": values}, "a", np.arange(n, dtype=float), np.arange(n))

    assert len(found.start_s) <= 120
    assert n == sum(found.rounds)
    assert pytest.approx(1.0) == found.ratios[0][1][0]
