"""What connections had to do with latency: how many were opened, and waits within answers."""

from collections.abc import Iterator, Sequence

import numpy as np

from contract.run.observation import DELAYED_ACKNOWLEDGEMENTS_S
from contract.run.samples import Samples
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import Connections, Delivery
from reports.statistics import stats
from reports.statistics.values import FloatArray, IntArray

# Below this a difference of shares is no news, and a pause no pattern.
_SHARE_MIN = 0.01
_STALLED_MIN = 0.1
_FALSE_DIFFERENCES_MAX = 0.001


def connections_of(samples: Samples, rows: IntArray) -> Connections | None:
    """What these samples tell of their connections; None where they were not asked.

    Args:
        samples: of the whole run.
        rows: (n,) where the measured ones of a subject and variant stand among them.
    """
    if "connections_opened" not in samples.schema.names:
        return None
    stall_s: FloatArray = samples.values("stall_s")[rows]
    stalled = np.zeros(len(rows), bool)
    for shortest_s, longest_s in DELAYED_ACKNOWLEDGEMENTS_S:
        stalled |= (stall_s >= shortest_s) & (stall_s <= longest_s)
    if "first_event_s" in samples.schema.names:
        # A stream of events pauses as it likes.
        stalled &= np.isnan(samples.values("first_event_s")[rows])
    return Connections(
        opening=int((samples.values("connections_opened")[rows] > 0).sum()),
        replaced=int(samples.values("connections_replaced")[rows].sum()),
        stalled=int(stalled.sum()),
    )


def connection_warnings(
    deliveries: Sequence[Delivery], baseline: str, *, shared: bool
) -> Iterator[Reason]:
    """Where latencies hold what is not the service's work.

    Args:
        deliveries: of one scenario, by variant.
        baseline: one of the variants.
        shared: whether the variants' requests go over the same connections.
    """
    shares = {one.variant: _share(one, "opening") for one in deliveries}
    before = next((one for one in deliveries if one.variant == baseline), None)
    for one in deliveries:
        if one.connections is None or not one.requests:
            continue
        if (stalled := _share(one, "stalled")) >= _STALLED_MIN:
            yield reason(Name.ANSWERS_STALL, variant=one.variant, share=stalled)
        if before is None or before.connections is None or one is before:
            continue
        if abs(shares[one.variant] - shares[baseline]) <= _SHARE_MIN:
            continue
        opening = [before.connections.opening, one.connections.opening]
        p_value = stats.rates_differ_p(opening, [before.requests, one.requests])
        if p_value < _FALSE_DIFFERENCES_MAX:
            yield reason(
                Name.CONNECTIONS_DIFFER,
                variant=one.variant,
                share=shares[one.variant],
                baseline=baseline,
                baseline_share=shares[baseline],
                shared=shared,
            )


def _share(delivery: Delivery, name: str) -> float:
    if delivery.connections is None or not delivery.requests:
        return 0.0
    count: int = getattr(delivery.connections, name)
    return count / delivery.requests
