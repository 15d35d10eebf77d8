"""Where calibration meets the gate: the looks and the verdict of a run, as everybody gets them."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from calibration.subject import CHANGED, SCENARIO
from contract.run.record import RunRecord
from reports.effects.compare import compare
from reports.model import TYPICAL, Comparison, Effect, Interval, State
from reports.verdicts.gate import judge
from reports.verdicts.settings import settings_of
from reports.verdicts.stopping import gated

INVALID = "INVALID"
"""What a gate says of a run that it cannot believe, beside PASS, FAIL and INCONCLUSIVE."""

_NOTHING = Interval(0.0, math.inf, 1.0)


@dataclass(frozen=True)
class Judged:
    """What a whole gate said.

    Attributes:
        verdict: a Decision, or INVALID.
        ratio: changed / baseline, NaN where nothing could be compared.
        note: why it is no verdict.
    """

    verdict: str
    ratio: float
    interval90: Interval
    interval_familywise: Interval
    note: str = ""


def look(record: RunRecord, samples: Any) -> Collection[str]:
    """At a look: the scenarios of which the gate needs no more."""
    return gated(record, samples, settings_of(record))


def judge_run(record: RunRecord, samples: Any) -> Judged:
    """At the end: what the gate says."""
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
        note="; ".join(comparison.reasons) or outcome.note,
    )


def _typical(comparison: Comparison) -> Effect | None:
    for effect in comparison.effects():
        if (effect.scenario, effect.variant, effect.metric) == (SCENARIO, CHANGED, TYPICAL):
            return effect
    return None
