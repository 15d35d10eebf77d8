"""How often a scenario was sent, and how often each of its rows of data was drawn for that."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contract.run.record import ScenarioRecord
from contract.run.samples import Samples
from reports.effects.reasons import Name, Reason, reason
from reports.statistics.values import UNITS_MIN, FloatArray

_WARMED_MIN = 1.3
"""What follows directly upon another request is faster by less, whatever it asks for."""


@dataclass(frozen=True)
class Drawn:
    """What one variant's requests were made of; all variants got the same.

    Attributes:
        fixed: whether each request was the same one.
        times: how often the scenario was sent, warm-up and search included.
        rows: how many rows there are; 0 without rows, the others below, too.
        used: how many of them were drawn.
        least, most: how often each of those was.
    """

    fixed: bool
    times: int
    rows: int = 0
    used: int = 0
    least: int = 0
    most: int = 0


def drawn_rows(samples: Samples, mine: npt.NDArray[np.bool_], scenario: ScenarioRecord) -> Drawn:
    """Count the draws of one scenario.

    Args:
        samples: of the run.
        mine: which of them are the scenario's, (n_samples,).
        scenario: which one; of an older run, nothing is known but its times.
    """
    codes, names = samples.labels("variant")
    # A run may be cut off within a round, so whoever got most got all draws.
    counts = [int((mine & (codes == code)).sum()) for code in range(len(names))]
    times = max(counts, default=0)
    if not (scenario.rows and times and "row" in samples.schema.names):
        return Drawn(scenario.fixed, times)
    rows = samples.values("row")[mine & (codes == counts.index(times))]
    each = np.unique(rows[rows >= 0], return_counts=True)[1]
    if not len(each):
        return Drawn(scenario.fixed, times)
    return Drawn(
        fixed=False,
        times=times,
        rows=scenario.rows,
        used=len(each),
        least=int(each.min()),
        most=int(each.max()),
    )


def rows_warmed(
    latencies: Mapping[str, FloatArray], positions: Mapping[str, FloatArray]
) -> Reason | None:
    """Whether whoever asks first for a row makes it faster for all others.

    In one process for all variants a cache by row does that: a round then compares who came first.

    Args:
        latencies: by variant, (n_rounds,) seconds.
        positions: by variant, (n_rounds,) places in the round's order, from 0.
    """
    factors = []
    for variant, latency_s in latencies.items():
        first = positions[variant] == 0
        if min(first.sum(), (~first).sum()) < UNITS_MIN:
            return None
        factors.append(float(np.median(latency_s[first]) / np.median(latency_s[~first])))
    smallest = min(factors)
    return reason(Name.ROWS_WARMED, factor=smallest) if smallest >= _WARMED_MIN else None
