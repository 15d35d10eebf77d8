"""True effects, by cases with a known answer."""

import numpy as np
import pytest

from calibration.slowdown import Slowdown, slower
from calibration.truths import true_ratios

LATENCIES = {"latency_s": np.full(1000, 0.010)}


def test_a_factor_is_the_ratio_of_every_metric() -> None:
    """Whatever the distribution."""
    assert {1.05} == set(true_ratios(LATENCIES, slower(0.05)).values())


def test_late_requests_change_tails_and_the_mean() -> None:
    """8 % of requests of 10 ms take 40 ms: from the 92nd percentile on, four times as long."""
    true = true_ratios(LATENCIES, Slowdown(1.0, 0.08, 0.03))

    assert [1.0, 1.0] == [true[f"latency_s_{name}"] for name in ("p50", "p90")]
    assert [4.0, 4.0] == pytest.approx([true[f"latency_s_{name}"] for name in ("p95", "p99")])
    assert 1 + 0.08 * 3 == pytest.approx(true["latency_s_mean"])


def test_cpu_time_does_not_wait() -> None:
    """Late requests use no more of it."""
    columns = {"latency_s": LATENCIES["latency_s"], "cpu_outside_s": LATENCIES["latency_s"]}
    true = true_ratios(columns, Slowdown(1.0, 0.08, 0.03))

    assert all(1.0 == ratio for metric, ratio in true.items() if metric.startswith("cpu"))
