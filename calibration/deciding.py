"""Calls the gate as every run does: its decisions during a run, and its verdict at the end."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from contract.config.judging import Settings
from contract.metrics import TYPICAL
from contract.run.record import RunRecord
from reports.effects.compare import compare
from reports.effects.shapes import State
from reports.page.reasons import all_in_words
from reports.statistics.values import Interval
from reports.verdicts.gate import judge
from reports.verdicts.settings import joint_metrics, settings_of
from reports.verdicts.shapes import Decision
from reports.verdicts.stopping import gated, settled

INVALID = "INVALID"
"""The verdict on a run that is not valid, besides PASS, FAIL and INCONCLUSIVE."""


@dataclass(frozen=True)
class Found:
    """One metric of the changed variant at the end of a gate.

    Attributes:
        decision: on the budget; empty without one.
        ratio: changed / baseline.
    """

    metric: str
    decision: str
    ratio: float
    interval90: Interval
    interval_familywise: Interval


@dataclass(frozen=True)
class Judged:
    """The result of one gate.

    Attributes:
        verdict: a Decision, or INVALID.
        found: what was compared.
        note: why there is no verdict.
    """

    verdict: str
    found: tuple[Found, ...]
    note: str = ""

    def of(self, metric: str = TYPICAL) -> Found | None:
        """What was found of a metric; None if it could not be compared."""
        return next((one for one in self.found if one.metric == metric), None)


def look(record: RunRecord, samples: Any) -> Collection[str]:
    """The scenarios that are decided, at a look during the run."""
    return gated(record, samples, settings_of(record))


def is_decided(record: RunRecord, samples: Any, settings: Settings) -> bool:
    """Whether the gate of a run of one scenario is decided, at a look during the run.

    In the paired design a scenario goes on until every budget is decided, whatever the others say.
    So the first undecided one answers, and the others, which may take long, need no comparison.
    """
    if record.design == "restarts":
        return bool(settled(record, samples, settings))
    return all(
        gated(record, samples, settings.model_copy(update={"budgets": (one,)}))
        for one in settings.budgets
    )


def judge_run(record: RunRecord, samples: Any) -> Judged:
    """The gate's result at the end of a run, by its own settings."""
    return judge_samples(record, samples, settings_of(record), every=True)


def judge_samples(record: RunRecord, samples: Any, settings: Settings, *, every: bool) -> Judged:
    """The gate's result at the end of a run.

    Args:
        record: of the run, which has one scenario.
        samples: of the run.
        settings: how it is judged.
        every: whether every metric is compared, and not only those of the budgets.
    """
    budgets = settings.budgets
    only = None if every else {one.metric for one in budgets}
    joint = joint_metrics(record, settings)
    comparison = compare(record, samples, settings.margins, joint=joint, only=only)
    names = {one.metric for one in budgets}
    outcomes = [one for one in judge(comparison, budgets).outcomes if one.budget.metric in names]
    decisions = {one.budget.metric: one.decision for one in outcomes}
    (variant,) = {one.variant for one in budgets}
    notes = [note for one in outcomes for note in one.notes]
    return Judged(
        verdict=_verdict(decisions.values()) if comparison.state is State.COMPLETE else INVALID,
        found=tuple(
            Found(
                one.metric,
                decisions[one.metric].value if one.metric in decisions else "",
                one.ratio,
                one.interval90,
                one.interval_familywise,
            )
            for one in comparison.effects()
            if one.variant == variant and math.isfinite(one.ratio)
        ),
        note="; ".join(all_in_words(comparison.reasons or notes)),
    )


def _verdict(decisions: Collection[Decision]) -> str:
    """FAIL if one budget fails, PASS if all pass."""
    for decision in (Decision.FAIL, Decision.INCONCLUSIVE):
        if decision in decisions:
            return decision.value
    return Decision.PASS.value
