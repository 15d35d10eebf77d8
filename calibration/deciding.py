"""Calls the gate as every run does: its decisions during a run, and its verdict at the end."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from calibration.subject import CHANGED, SCENARIO
from contract.metrics import TYPICAL
from contract.run.record import RunRecord
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.shapes import Effect, State
from reports.page.reasons import all_in_words
from reports.statistics.values import Interval
from reports.verdicts.gate import judge
from reports.verdicts.settings import settings_of
from reports.verdicts.stopping import gated

INVALID = "INVALID"
"""The verdict on a run that is not valid, besides PASS, FAIL and INCONCLUSIVE."""

_NOTHING = Interval(0.0, math.inf, 1.0)


@dataclass(frozen=True)
class Judged:
    """The result of one gate.

    Attributes:
        verdict: a Decision, or INVALID.
        ratio: changed / baseline; NaN if nothing could be compared.
        note: why there is no verdict.
    """

    verdict: str
    ratio: float
    interval90: Interval
    interval_familywise: Interval
    note: str = ""


def look(record: RunRecord, samples: Any) -> Collection[str]:
    """The scenarios that are decided, at a look during the run."""
    return gated(record, samples, settings_of(record))


def judge_run(record: RunRecord, samples: Any) -> Judged:
    """The gate's result at the end of a run."""
    settings = settings_of(record)
    comparison = compare(record, samples, settings.margins)
    (outcome,) = judge(comparison, settings.budgets).outcomes
    found = _typical(comparison)
    valid = comparison.state is State.COMPLETE
    return Judged(
        verdict=outcome.decision.value if valid else INVALID,
        ratio=outcome.observed,
        interval90=found.interval90 if found else _NOTHING,
        interval_familywise=found.interval_familywise if found else _NOTHING,
        note="; ".join(all_in_words(comparison.reasons or outcome.notes)),
    )


def _typical(comparison: Comparison) -> Effect | None:
    for effect in comparison.effects():
        if (effect.scenario, effect.variant, effect.metric) == (SCENARIO, CHANGED, TYPICAL):
            return effect
    return None
