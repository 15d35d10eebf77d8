"""How a scenario went while it was measured, stretch by stretch; for the picture alone."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reports.statistics import stats
from reports.statistics.values import FloatArray, IntArray

_STRETCHES_MAX = 120


@dataclass(frozen=True)
class Timeline:
    """How a scenario went, in consecutive stretches of rounds; no verdict comes from it.

    Attributes:
        start_s: when each stretch began, in seconds since measuring did.
        rounds: how many each one has.
        medians_s: by variant, the median latency of each stretch.
        ratios: by variant but the baseline, the median of each stretch's paired ratios.
    """

    start_s: tuple[float, ...]
    rounds: tuple[int, ...]
    medians_s: tuple[tuple[str, tuple[float, ...]], ...]
    ratios: tuple[tuple[str, tuple[float, ...]], ...]


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
