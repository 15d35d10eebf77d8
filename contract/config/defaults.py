"""The budgets of two revisions that state none: what a change may cost before anyone sets a limit.

Only the typical latency must be decided. Everything else fails where growth is shown, and is not
required where the time does not suffice: a gate that is always inconclusive gets switched off.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from contract.config.judging import EVERY
from contract.metrics import METRICS, TAIL, TYPICAL, find

DEFAULT_BUDGET = "default budget"
"""How the reason of each begins, in the record and on the page."""

LATENCY_RATIO_MAX = 1.05
COST_RATIO_MAX = 1.03
"""Of times among the counters, such as cpu_s."""
COUNT_RATIO_MAX = 1.0


def default_budgets(counters: Sequence[str]) -> list[dict[str, Any]]:
    """As a file would state them, for every scenario.

    Args:
        counters: that are recorded.
    """
    return [
        {
            "revisions": True,
            "scenario": EVERY,
            "metric": metric,
            "ratio_max": ratio_max,
            "reason": f"{DEFAULT_BUDGET}: {reason}",
            **({} if metric == TYPICAL else {"undecided": "pass"}),
        }
        for metric, ratio_max, reason in _limits(counters)
    ]


def _limits(counters: Sequence[str]) -> Iterator[tuple[str, float, str]]:
    slower = LATENCY_RATIO_MAX - 1
    yield TYPICAL, LATENCY_RATIO_MAX, f"a typical answer takes at most {100 * slower:.0f} % longer"
    yield TAIL, LATENCY_RATIO_MAX, f"a slow answer takes at most {100 * slower:.0f} % longer"
    for metric in METRICS:
        if metric.kind == "request" and metric.unit == "bytes":
            yield metric.name, COUNT_RATIO_MAX, "answers do not grow"
    for name in counters:
        if find(name).is_time:
            more = 100 * (COST_RATIO_MAX - 1)
            yield name, COST_RATIO_MAX, f"a request needs at most {more:.0f} % more of it"
        else:
            yield name, COUNT_RATIO_MAX, "a request needs no more of it"
