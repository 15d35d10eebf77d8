"""The true effect of what a replay plants."""

import math
from collections.abc import Mapping

import numpy as np

from calibration.slowdown import Slowdown
from contract.metrics import METRICS, Metric
from contract.run.checks import are_times
from reports.statistics import stats
from reports.statistics.values import FloatArray

_PASSES = 4
"""How often late requests are drawn for the typical ratio, which has no formula."""


def true_ratios(
    recorded: Mapping[str, FloatArray], slowdown: Slowdown, seed: int = 1
) -> dict[str, float]:
    """The true ratio changed / baseline of each time of requests, by metric.

    A factor is the ratio of every metric. Requests that are late change each metric by another
    ratio: a quantile or mean of all samples, each late with its chance, over that of all samples as
    they were recorded. The typical ratio is the centre of the ratios of all rounds, with several
    draws of which requests are late.

    Args:
        recorded: (n,) each, the samples of unchanged code by column, in the order of sending,
            without those that are not compared.
        slowdown: what is planted.
        seed: of those draws.
    """
    times = {name: values[are_times(values)] for name, values in recorded.items()}
    return {
        one.name: _late_ratio(times[one.source], one, slowdown, seed)
        if slowdown.late_share and not one.source.startswith("cpu")
        else slowdown.factor
        for one in METRICS
        if one.kind == "request" and len(times.get(one.source, ()))
    }


def _late_ratio(values: FloatArray, metric: Metric, slowdown: Slowdown, seed: int) -> float:
    in_time, late = slowdown.factor * values, slowdown.factor * values + slowdown.late_s
    share = slowdown.late_share
    if metric.is_mean:
        return float(((1 - share) * in_time.mean() + share * late.mean()) / values.mean())
    if metric.quantile > 0.5:
        weights = np.repeat([1 - share, share], len(values))
        after = _quantile(np.concatenate([in_time, late]), weights, metric.quantile)
        return after / float(np.quantile(values, metric.quantile))
    # Neighbours in time, as the members of a round are.
    pairs = values[: len(values) // 2 * 2].reshape(-1, 2)
    draws, logs = np.random.default_rng(seed), []
    for _ in range(_PASSES):
        ordered = draws.permuted(pairs, axis=1)
        waits = (draws.random(len(pairs)) < share) * slowdown.late_s
        logs.append(np.log((slowdown.factor * ordered[:, 1] + waits) / ordered[:, 0]))
    return math.exp(stats.centre(np.concatenate(logs)))


def _quantile(values: FloatArray, weights: FloatArray, quantile: float) -> float:
    """The quantile of values that count with weights."""
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    at = int(np.searchsorted(cumulative, quantile * cumulative[-1]))
    return float(values[order[min(at, len(values) - 1)]])
