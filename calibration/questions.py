"""What the gates of a calibration decide: their budgets.

Every budget is "no slower than the baseline", with a tolerance of half of the smallest planted
slowdown. Without tolerance, unchanged code would be exactly on the limit, where a gate may fail in
1 of 400 runs by design, so zero false alarms could not be required.
"""

from contract.config.judging import Budget
from contract.metrics import METRICS, TAIL, TYPICAL, Design

RATIO_MAX = 1.0025
"""The limit of every budget: the largest changed / baseline."""

SCENARIO = "work"
BASELINE, CHANGED = "baseline", "changed"


def primary_times(design: Design) -> tuple[str, ...]:
    """The times of requests that verdicts rest on, in runs that have their columns."""
    return tuple(
        one.name
        for one in METRICS
        if one.kind == "request" and one.is_time and design in one.primary_in
    )


QUESTIONS: dict[str, tuple[str, ...]] = {
    "typical latency": (TYPICAL,),
    "all primary metrics": primary_times("paired"),
    "p95": (TAIL,),
    "every metric": primary_times("paired"),
}
"""The metrics with a budget, by what gates decide; the last ones also show all other intervals."""

TYPICAL_ONLY, WHOLE, TAIL_ONLY, EVERYTHING = QUESTIONS


def budgets_of(question: str) -> tuple[Budget, ...]:
    """The budgets of a gate."""
    return tuple(
        Budget(
            scenario=SCENARIO,
            variant=CHANGED,
            metric=metric,
            ratio_max=RATIO_MAX,
            reason="no slower than the baseline",
        )
        for metric in QUESTIONS[question]
    )
