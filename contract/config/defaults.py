"""The budgets of two revisions that state none: what a change may cost before anyone sets a limit.

Only the typical latency must be decided. Everything else fails where growth is shown, and is not
required where the time does not suffice: a gate that is always inconclusive gets switched off.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from contract.config.judging import EVERY
from contract.metrics import CPU, MEMORY_PEAK, METRICS, OF_THE_RUN, TAIL, TYPICAL, find

DEFAULT_BUDGET = "default budget"
"""How the reason of each begins, in the record and on the page."""

LATENCY_RATIO_MAX = 1.05
COST_RATIO_MAX = 1.03
"""Of CPU time, and of times among the counters, such as cpu_s."""
MEMORY_RATIO_MAX = 1.1
COUNT_RATIO_MAX = 1.0


def default_budgets(counters: Sequence[str]) -> list[dict[str, Any]]:
    """As a file would state them, for every scenario.

    Args:
        counters: that are recorded.
    """
    return [
        {
            "revisions": True,
            **({} if metric in OF_THE_RUN else {"scenario": EVERY}),
            "metric": metric,
            "ratio_max": ratio_max,
            "reason": f"{DEFAULT_BUDGET}: {reason}",
            **({} if metric == TYPICAL else {"undecided": "pass"}),
        }
        for metric, ratio_max, reason in _limits(counters)
    ]


def _limits(counters: Sequence[str]) -> Iterator[tuple[str, float, str]]:
    slower = f"takes at most {_percent(LATENCY_RATIO_MAX)} longer"
    yield TYPICAL, LATENCY_RATIO_MAX, f"a typical answer {slower}"
    yield TAIL, LATENCY_RATIO_MAX, f"a slow answer {slower}"
    yield CPU, COST_RATIO_MAX, f"a request needs at most {_percent(COST_RATIO_MAX)} more CPU time"
    more = f"at most {_percent(MEMORY_RATIO_MAX)} more memory is held"
    yield MEMORY_PEAK, MEMORY_RATIO_MAX, more
    for metric in METRICS:
        if metric.kind == "request" and metric.unit == "bytes" and not metric.is_estimated:
            yield metric.name, COUNT_RATIO_MAX, "answers do not grow"
    for name in counters:
        if find(name).is_estimated:
            more = _percent(COST_RATIO_MAX)
            yield name, COST_RATIO_MAX, f"a request needs at most {more} more of it"
        else:
            yield name, COUNT_RATIO_MAX, "a request needs no more of it"


def _percent(ratio_max: float) -> str:
    return f"{100 * (ratio_max - 1):.0f} %"
