"""Where latencies lie densely, as bands that are darker where more requests are."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from reports.statistics.modes import density_of, log_cuts, silverman_width
from reports.statistics.values import FloatArray

LAYERS = 8
"""The darkest bands are where a density is near its peak."""

Span = tuple[float, float]


def dense_spans(times_s: Sequence[float], *, log: bool) -> list[list[Span]]:
    """For each layer, the stretches of time where latencies are at least so dense.

    Roots of the density are layered, so that a small group is seen beside a large one.

    Args:
        times_s: a sample of latencies.
        log: whether dense means many per factor of time, as on a log axis, or per second.

    Returns: ascending stretches of each of the layers, from the widest to the densest.
    """
    logs = np.sort(np.log([time_s for time_s in times_s if 0 < time_s < math.inf]))
    if not len(logs):
        return []
    # Of two groups, the distance would widen the kernel until it hides what is between them.
    groups = np.split(logs, np.searchsorted(logs, log_cuts(logs)))
    found = density_of(logs, min(map(silverman_width, groups)))
    inside = (found.places >= logs.min()) & (found.places <= logs.max())
    places = np.exp(found.places[inside])
    if len(places) < 2:
        return [[(float(np.exp(logs.min())), float(np.exp(logs.max())))]] * LAYERS
    counts = found.counts[inside] / (1.0 if log else places)
    shares = np.sqrt(counts / counts.max())
    return [_spans(places, shares, (layer + 0.5) / LAYERS) for layer in range(LAYERS)]


def _spans(places: FloatArray, shares: FloatArray, least: float) -> list[Span]:
    """Where a line through these places is at least so high."""
    ends = [float(places[0])] if shares[0] >= least else []
    for (left, low), (right, high) in pairwise(zip(places, shares, strict=True)):
        if (low >= least) != (high >= least):
            ends.append(float(left + (right - left) * (least - low) / (high - low)))
    if shares[-1] >= least:
        ends.append(float(places[-1]))
    return list(zip(ends[::2], ends[1::2], strict=True))
