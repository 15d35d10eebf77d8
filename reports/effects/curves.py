"""How each variant's latencies are distributed: curves and quantiles for the charts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reports.statistics import stats
from reports.statistics.values import FloatArray

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
"""What a chart names, as far as requests are beyond it."""

# Below this the slowest tenth is a handful of requests.
_TAIL_MIN = 100


@dataclass(frozen=True)
class Curve:
    """A variant's latency distribution, down-sampled.

    Attributes:
        probabilities, latencies_s: same length, both ascending.
        n: requests in it.
        tail: the same for the slowest tenth, as fine as the requests allow: shares that are slower,
            descending, and latencies, ascending.
        quantiles: shares that are at least as quick, and latencies, of all requests, ascending.
    """

    variant: str
    probabilities: tuple[float, ...]
    latencies_s: tuple[float, ...]
    n: int
    tail: tuple[tuple[float, float], ...] = ()
    quantiles: tuple[tuple[float, float], ...] = ()


def latency_curves(latencies: Mapping[str, FloatArray]) -> tuple[Curve, ...]:
    """The distribution of each variant.

    Inputs: seconds by variant, (n,) each, n >= 1.
    """
    return tuple(_curve(variant, values) for variant, values in latencies.items())


def _curve(variant: str, values: FloatArray) -> Curve:
    probabilities, times_s = stats.curve(values)
    tail = zip(*stats.tail_curve(values), strict=True) if len(values) >= _TAIL_MIN else ()
    # A quantile that no request is beyond would be the slowest request, under another name.
    named = [one for one in QUANTILES if round(len(values) * (1 - one), 6) >= 1 or one == 0.5]
    return Curve(
        variant,
        tuple(probabilities.tolist()),
        tuple(times_s.tolist()),
        len(values),
        tuple((float(share), float(time)) for share, time in tail),
        tuple(zip(named, np.quantile(values, named).tolist(), strict=True)),
    )
