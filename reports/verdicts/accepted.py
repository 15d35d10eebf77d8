"""Regressions that are known and borne for a while: they do not fail the gate until they expire.

A budget that is exceeded for a known reason would otherwise be raised, and stay raised. An accepted
regression keeps the budget, names the reason, bounds how bad it may be, and ends by itself.

It is part of the run's own configuration, and the day of judging is the day on which the run began:
judged again later, a run gives the same answer, and a run that is measured after the expiry fails.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from contract.run.record import RunRecord
from reports.model import (
    CAPACITY,
    Budget,
    Comparison,
    Decision,
    Judgement,
    Outcome,
    ReportError,
)
from reports.verdicts.budgets import Entry, nearest, read_entries
from reports.verdicts.gate import INCONCLUSIVE, PASSED, REGRESSED


@dataclass(frozen=True)
class Accepted:
    """One accepted regression.

    Attributes:
        ratio_max: variant / baseline up to which it is accepted.
        expires: the last day on which it is, in UTC.
        under_load: whether it is for runs under load; else it is for the others.
    """

    scenario: str
    variant: str
    metric: str
    ratio_max: float
    reason: str
    expires: date
    under_load: bool = False


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


def _day(value: Any) -> Any:
    # TOML knows dates; the run's record, which is JSON, holds them as text.
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        value = date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("a day such as 2027-03-31 is needed")  # noqa: TRY004 - pydantic's
    return value


class _AcceptedEntry(Entry):
    scenario: Annotated[str, Field(min_length=1)]
    variant: Annotated[str, Field(min_length=1)]
    metric: Annotated[str, Field(min_length=1)]
    ratio_max: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    reason: Annotated[str, Field(pattern=r"\S")]
    expires: Annotated[date, BeforeValidator(_day)]
    under_load: bool = False


def parse_accepted(config: Mapping[str, Any], budgets: Sequence[Budget]) -> tuple[Accepted, ...]:
    """Read `[[accepted]]` of a configuration.

    Args:
        config: the whole configuration; `baseline` names the variant that others are held against.
        budgets: its budgets; only what one of them limits can be accepted.

    Raises:
        ReportError: a key, name or number that cannot be meant; one line.
    """
    entries = read_entries(config, "accepted", _AcceptedEntry)
    found = tuple(Accepted(**entry.model_dump()) for entry in entries)
    limited = [_key(budget) for budget in budgets]
    for index, one in enumerate(found):
        where = f"[[accepted]] number {index + 1}"
        if one.metric == CAPACITY:
            raise ReportError(
                f"{where}: {CAPACITY} has bounds and no ratio_max; lower its budget instead."
            )
        if one.variant == config.get("baseline"):
            raise ReportError(
                f"{where}: the baseline against itself is always 1; name another variant."
            )
        if _key(one) not in limited:
            raise ReportError(f"{where}: {_unlimited(one, budgets)}")
        if any(_key(one) == _key(earlier) for earlier in found[:index]):
            raise ReportError(f"{where}: accepts what an earlier one does; keep one of them.")
    return found


def accepted_of(record: RunRecord, budgets: Sequence[Budget]) -> tuple[Accepted, ...]:
    """The accepted regressions that a run carries in its configuration.

    Raises:
        ReportError: as `parse_accepted`.
    """
    return parse_accepted({**record.config, "baseline": record.baseline}, budgets)


def _key(of: Accepted | Budget) -> tuple[str, str, str, bool]:
    return of.scenario, of.variant, of.metric, of.under_load


def _unlimited(one: Accepted, budgets: Sequence[Budget]) -> str:
    """Why there is no such budget."""
    for what in ("scenario", "variant", "metric"):
        name, names = getattr(one, what), {getattr(budget, what) for budget in budgets} - {""}
        if names and name not in names:
            return f"no budget limits {what} {name!r}; {nearest(name, names)}"
    kind = " under load" if one.under_load else " at low load"
    return (
        f"no budget limits {one.metric} of {one.variant!r} in {one.scenario!r}{kind}; what is not "
        "limited needs no acceptance."
    )


def day_of(record: RunRecord) -> date:
    """The day, in UTC, on which a run began.

    Raises:
        ReportError: the record holds no such time.
    """
    try:
        began = datetime.fromisoformat(record.started_at)
    except ValueError:
        raise ReportError(
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
    by_key = {_key(entry): entry for entry in entries}
    acceptances = tuple(
        Acceptance(outcome.budget, entry, standing)
        for outcome in judgement.outcomes
        if (entry := by_key.get(_key(outcome.budget)))
        and (standing := _standing(comparison, outcome, entry, today))
    )
    if judgement.exit_code not in {REGRESSED, INCONCLUSIVE}:
        return judgement, acceptances
    borne = {one.budget for one in acceptances if one.standing == "accepted"}
    left = {one.decision for one in judgement.outcomes if one.budget not in borne}
    exit_code = INCONCLUSIVE if Decision.INCONCLUSIVE in left else PASSED
    exit_code = REGRESSED if Decision.FAIL in left else exit_code
    return replace(judgement, exit_code=exit_code), acceptances


def _standing(
    comparison: Comparison, outcome: Outcome, entry: Accepted, today: date
) -> Standing | None:
    """None where it is open whether the budget is exceeded, and by how much."""
    if outcome.decision is Decision.PASS:
        return "idle"
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
    for effect in comparison.limited_effects():
        if (effect.scenario, effect.variant, effect.metric) == key:
            # What may not be judged bounds nothing.
            high = math.inf if effect.warnings else effect.interval90.high
            return effect.interval_familywise.low, high
    for counter in comparison.counters():
        if (counter.scenario, counter.variant, counter.metric) == key:
            return counter.within.high, counter.within.high
    return math.inf, math.inf
