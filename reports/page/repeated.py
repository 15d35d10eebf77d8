"""Several runs judged together, in words and a table for a terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from contract.metrics import CAPACITY
from contract.run.record import RunRecord
from reports import units
from reports.effects.family import FALSE_ALARMS_MAX
from reports.effects.shapes import State
from reports.page.budgets import budget_in_words, decision_cell, gate_lines, observed_and_limit
from reports.page.grouping import grouped_in_words
from reports.page.reasons import both_in_words
from reports.page.runs import RunsPage
from reports.page.shapes import Cell, Column, Table, numbers, words
from reports.statistics.values import Interval
from reports.verdicts.accepted import Acceptance
from reports.verdicts.repeated import BudgetEvidence, Repeated, names
from reports.verdicts.shapes import Judgement, Outcome

_LEFT_OUT_SHOWN_MAX = 5
_COLUMNS_MAX = 4
"""More runs than this get lines instead of columns, because a terminal is narrow."""
_NO_INTERVAL = Interval(0.0, 0.0, 1.0)


def repeated_page(
    repeated: Repeated,
    judgement: Judgement,
    acceptances: Sequence[Acceptance],
    left_out: Sequence[RunRecord],
) -> RunsPage:
    """Word several runs that were judged together.

    Args:
        repeated: the runs.
        judgement: with accepted regressions taken into account.
        acceptances: the accepted regressions.
        left_out: runs of the same plan and code that are not judged.
    """
    headline, *lines = gate_lines(repeated.comparison, judgement, acceptances)
    state = repeated.comparison.state
    if state is not State.COMPLETE:
        why = "; ".join(grouped_in_words(repeated.comparison.reasons))
        headline = f"{state.upper()}: together these runs cannot pass any budget: {why}"
    shown = zip(names(len(repeated.runs)), repeated.runs, strict=True)
    return RunsPage(
        lines=(
            headline,
            *(f"{name}: {_run(run)}, seed {run.seed}" for name, run in shown),
            *(
                f"warning: the runs differ in {one.fact}: {both_in_words(one)}"
                for one in repeated.differences
            ),
            *_uncommitted(repeated.runs),
            *_left_out(left_out),
        ),
        parts=(
            (
                _table(repeated, judgement, acceptances),
                (*_each(repeated, judgement), *lines, _error_rates(repeated)),
            ),
        )
        if judgement.outcomes
        else (),
    )


def _run(run: RunRecord) -> str:
    return f"{run.id}, {units.moment(run.started_at)}"


def _uncommitted(runs: Sequence[RunRecord]) -> tuple[str, ...]:
    if not any(run.environment.get("code", {}).get("dirty") for run in runs):
        return ()
    return (
        "warning: some code was not committed, so it is unknown whether all runs had the same code",
    )


def _left_out(left_out: Sequence[RunRecord]) -> tuple[str, ...]:
    if not left_out:
        return ()
    shown = [f"{run.id} ({run.state})" for run in left_out[:_LEFT_OUT_SHOWN_MAX]]
    more = len(left_out) - len(shown)
    named = ", ".join([*shown, *([f"{more} more"] if more else [])])
    count = units.count_of(len(left_out), "runs")
    line = (
        f"warning: not judged: {count} of the same plan and code in the same folder: {named}; the "
        "error rates below hold if none was left out because of its result"
    )
    return (line,)


def _error_rates(repeated: Repeated) -> str:
    fail, least = (units.count(e) for e in (repeated.fail_e, repeated.pass_e))
    return (
        f"Chance alone brings a PASS once in {least} times, a FAIL once in {fail} "
        f"({units.percent(FALSE_ALARMS_MAX)} over all budgets). Re-runs are corrected for; "
        "retrying until green does not work."
    )


def _table(repeated: Repeated, judgement: Judgement, acceptances: Sequence[Acceptance]) -> Table:
    by_budget = {one.budget: one for one in acceptances}
    columns = names(len(repeated.runs)) if len(repeated.runs) <= _COLUMNS_MAX else []
    return Table(
        id="repeated",
        caption=f"{len(repeated.runs)} runs together",
        columns=(
            *words("scenario", "variant", "metric"),
            *numbers("limit"),
            *(Column(name, numeric=True) for name in columns),
            *numbers("together [90 %]"),
            *words("by chance", "decision"),
        ),
        rows=tuple(
            (
                Cell(outcome.budget.scenario or "all"),
                Cell(outcome.budget.variant),
                Cell(units.metric_name(outcome.budget.metric)),
                Cell(observed_and_limit(outcome)[1]),
                *(Cell(_alone(one)) for one in evidence.alone[: len(columns)]),
                Cell(observed_and_limit(outcome)[0]),
                Cell(_chance(evidence)),
                decision_cell(outcome, by_budget.get(outcome.budget)),
            )
            for outcome, evidence in zip(judgement.outcomes, repeated.evidence, strict=True)
        ),
    )


def _each(repeated: Repeated, judgement: Judgement) -> Iterator[str]:
    """Each run by itself, where there are too many for columns."""
    if len(repeated.runs) <= _COLUMNS_MAX:
        return
    for outcome, evidence in zip(judgement.outcomes, repeated.evidence, strict=True):
        alone = zip(names(len(repeated.runs)), evidence.alone, strict=True)
        each = ", ".join(f"{name} {_alone(one)}" for name, one in alone)
        yield f"{budget_in_words(outcome.budget)}: {each}"


def _alone(outcome: Outcome) -> str:
    if outcome.budget.metric != CAPACITY:
        outcome = replace(outcome, interval90=_NO_INTERVAL)
    return observed_and_limit(outcome)[0]


def _chance(evidence: BudgetEvidence) -> str:
    """How rarely chance brings the stronger of the two e-values."""
    if evidence.exceeded_log_e is None or evidence.kept_log_e is None:
        return "-"
    strongest = max(evidence.exceeded_log_e, evidence.kept_log_e)
    if strongest <= 0:
        return "no evidence"
    return (
        f"{units.odds(strongest)} if {'kept' if strongest == evidence.exceeded_log_e else 'over'}"
    )
