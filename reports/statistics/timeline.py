"""How a scenario went while it was measured, stretch by stretch; for the picture alone."""

import math
from collections.abc import Mapping

import numpy as np

from reports.model import FloatArray, IntArray, Timeline
from reports.statistics import stats

_STRETCHES_MAX = 120


def timeline(
    latencies: Mapping[str, FloatArray], baseline: str, start_s: FloatArray, block: IntArray
) -> Timeline:
    """Medians of latencies and of paired ratios over consecutive blocks.

    Args:
        latencies: seconds by variant, (n_rounds,) each, positive, in order of time.
        baseline: one of the variants.
        start_s: (n_rounds,) when each round began, since measuring did.
        block: (n_rounds,) as recorded, ascending; blocks are joined where there are many.
    """
    size = math.ceil(len(block) / _STRETCHES_MAX)

    def medians(values: FloatArray) -> tuple[float, ...]:
        return tuple(float(np.median(one)) for one in stats.joined_blocks(values, block, size))

    starts = stats.joined_blocks(start_s, block, size)
    ratios = {
        name: medians(values / latencies[baseline])
        for name, values in latencies.items()
        if name != baseline
    }
    return Timeline(
        start_s=tuple(float(one[0]) for one in starts),
        rounds=tuple(len(one) for one in starts),
        medians_s=tuple((name, medians(values)) for name, values in latencies.items()),
        ratios=tuple(ratios.items()),
    )
