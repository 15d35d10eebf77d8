"""Regressions that are known and borne for a while: they do not fail the gate until they expire.

A budget that is exceeded for a known reason would otherwise be raised, and stay raised. An accepted
regression keeps the budget, names the reason, bounds how bad it may be, and ends by itself.

It is part of the run's own configuration, and the day of judging is the day on which the run began:
judged again later, a run gives the same answer, and a run that is measured after the expiry fails.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

from contract.config.judging import EVERY, Accepted, Budget
from contract.errors import RecordError
from contract.exit_codes import INCONCLUSIVE, REGRESSED
from contract.run.record import RunRecord
from reports.effects.comparison import Comparison
from reports.verdicts.shapes import Decision, Judgement, Outcome, exit_code_of

Standing = Literal["accepted", "expired", "exceeded", "idle"]


@dataclass(frozen=True)
class Acceptance:
    """What an accepted regression means for one budget.

    Attributes:
        standing: `accepted` where it keeps the budget from deciding the gate, `expired` where it no
            longer does, `exceeded` where the regression is larger than was accepted, `idle` where
            the budget is kept without it.
    """

    budget: Budget
    entry: Accepted
    standing: Standing


def day_of(record: RunRecord) -> date:
    """The day, in UTC, on which a run began.

    Raises:
        RecordError: the record holds no such time.
    """
    try:
        began = datetime.fromisoformat(record.started_at)
    except ValueError:
        raise RecordError(
            f"run {record.id}: started_at is {record.started_at!r}, a time such as "
            "2026-11-23T20:00:00+00:00 was expected. Measure again."
        ) from None
    return (began if began.tzinfo else began.replace(tzinfo=UTC)).astimezone(UTC).date()


def acknowledge(
    comparison: Comparison, judgement: Judgement, entries: Sequence[Accepted], today: date
) -> tuple[Judgement, tuple[Acceptance, ...]]:
    """Let what is accepted not decide the gate.

    Outcomes stay what they are: an exceeded budget is exceeded. Only the exit code changes, and
    never that of a run that is not to be believed.

    Returns: the judgement, and what became of each entry for each budget it is about.
    """
    by_key = {entry.key: entry for entry in entries}

    def entry_of(budget: Budget) -> Accepted | None:
        """One of its own comes before one of every scenario."""
        return by_key.get(budget.key) or by_key.get((EVERY, *budget.key[1:]))

    acceptances = tuple(
        Acceptance(outcome.budget, entry, standing)
        for outcome in judgement.outcomes
        if (entry := entry_of(outcome.budget))
        and (standing := _standing(comparison, outcome, entry, today))
    )
    if judgement.exit_code not in {REGRESSED, INCONCLUSIVE}:
        return judgement, acceptances
    borne = {one.budget for one in acceptances if one.standing == "accepted"}
    if not borne:
        return judgement, acceptances
    left = exit_code_of(one for one in judgement.outcomes if one.budget not in borne)
    return replace(judgement, exit_code=left), acceptances


def _standing(
    comparison: Comparison, outcome: Outcome, entry: Accepted, today: date
) -> Standing | None:
    """None where it is open whether the budget is exceeded, and by how much."""
    if outcome.decision is Decision.PASS:
        return "idle"
    if entry.ratio_max is None:
        if outcome.decision is Decision.INCONCLUSIVE:
            return None
        return "accepted" if today <= entry.expires else "expired"
    low, high = _ratio_bounds(comparison, entry)
    if outcome.decision is Decision.INCONCLUSIVE:
        # Exceeded or not, it is within what is accepted.
        return "accepted" if high <= entry.ratio_max and today <= entry.expires else None
    if today > entry.expires:
        return "expired"
    return "accepted" if low <= entry.ratio_max else "exceeded"


def _ratio_bounds(comparison: Comparison, entry: Accepted) -> tuple[float, float]:
    """Variant / baseline: what a FAIL would rest on, and what a PASS would."""
    key = (entry.scenario, entry.variant, entry.metric)
    for effect in comparison.effects("request", "page", "function"):
        if (effect.scenario, effect.variant, effect.metric) == key:
            # What may not be judged bounds nothing.
            limit = math.inf if entry.ratio_max is None else entry.ratio_max
            bounded = not effect.warnings and effect.on_one_side(limit)
            high = effect.interval90.high if bounded else math.inf
            return effect.interval_familywise.low, high
    for counter in comparison.counters():
        if (counter.scenario, counter.variant, counter.metric) == key:
            return counter.within.high, counter.within.high
    return math.inf, math.inf
