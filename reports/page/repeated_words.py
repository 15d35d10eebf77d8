"""Several runs judged together, in words and a table for a terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from contract.run.record import RunRecord
from reports import units
from reports.effects.compare import FALSE_ALARMS_MAX
from reports.model import CAPACITY, Interval, Judgement, Outcome, State
from reports.page.ledger import beside_limit, budget_in_words, decision_cell, gate_lines
from reports.page.runs_words import RunsPage
from reports.page.shapes import Cell, Column, Table
from reports.verdicts.accepted import Acceptance
from reports.verdicts.repeated import Repeated, Told, names

_LEFT_OUT_SHOWN_MAX = 5
_COLUMNS_MAX = 4
"""More runs than this get lines instead of columns, because a terminal is narrow."""
_NO_INTERVAL = Interval(0.0, 0.0, 1.0)


def repeated_page(
    found: Repeated,
    judgement: Judgement,
    acceptances: Sequence[Acceptance],
    left_out: Sequence[RunRecord],
) -> RunsPage:
    """Word several runs that were judged together.

    Args:
        found: the runs.
        judgement: what accepted regressions leave of the one found.
        acceptances: what became of them.
        left_out: runs that asked the same question and were not judged.
    """
    headline, *lines = gate_lines(found.comparison, judgement, acceptances)
    state = found.comparison.state
    if state is not State.COMPLETE:
        why = "; ".join(found.comparison.reasons)
        headline = f"{state.upper()}: together these runs cannot pass any budget: {why}"
    shown = zip(names(len(found.runs)), found.runs, strict=True)
    return RunsPage(
        lines=(
            headline,
            *(f"{name}: {_run_told(run)}, seed {run.seed}" for name, run in shown),
            *(
                f"warning: the runs differ in {one.fact}: {one.first} / {one.second}"
                for one in found.differences
            ),
            *_uncommitted_told(found.runs),
            *_left_out_told(left_out),
        ),
        parts=(
            (
                _table(found, judgement, acceptances),
                (*_each_told(found, judgement), *lines, _promise(found)),
            ),
        )
        if judgement.outcomes
        else (),
    )


def _run_told(run: RunRecord) -> str:
    return f"{run.id}, {units.moment(run.started_at)}"


def _uncommitted_told(runs: Sequence[RunRecord]) -> tuple[str, ...]:
    if not any(run.environment.get("code", {}).get("dirty") for run in runs):
        return ()
    return ("warning: changes lay uncommitted, so nobody can tell whether the code was the same",)


def _left_out_told(left_out: Sequence[RunRecord]) -> tuple[str, ...]:
    if not left_out:
        return ()
    shown = [f"{run.id} ({run.state})" for run in left_out[:_LEFT_OUT_SHOWN_MAX]]
    more = len(left_out) - len(shown)
    told = ", ".join([*shown, *([f"{more} more"] if more else [])])
    beside = units.count_of(len(left_out), "runs")
    line = (
        f"warning: beside them lie {beside} of the same plan and code, not judged: {told}; what "
        "follows holds if none was left out for what it says"
    )
    return (line,)


def _promise(found: Repeated) -> str:
    fail, least = (units.count(e) for e in (found.fail_e, found.pass_e))
    return (
        f"A PASS takes what chance brings once in {least} times, a FAIL once in {fail} "
        f"({units.percent(FALSE_ALARMS_MAX)} over all budgets), however often you measure again "
        "and judge all runs together."
    )


def _table(found: Repeated, judgement: Judgement, acceptances: Sequence[Acceptance]) -> Table:
    by_budget = {one.budget: one for one in acceptances}
    columns = names(len(found.runs)) if len(found.runs) <= _COLUMNS_MAX else []
    return Table(
        id="repeated",
        caption=f"{len(found.runs)} runs together",
        columns=(
            Column("scenario"),
            Column("variant"),
            Column("metric"),
            Column("limit", numeric=True),
            *(Column(name, numeric=True) for name in columns),
            Column("together [90 %]", numeric=True),
            Column("by chance"),
            Column("decision"),
        ),
        rows=tuple(
            (
                Cell(outcome.budget.scenario or "all"),
                Cell(outcome.budget.variant),
                Cell(units.metric_name(outcome.budget.metric)),
                Cell(beside_limit(outcome)[1]),
                *(Cell(_alone(one)) for one in told.alone[: len(columns)]),
                Cell(beside_limit(outcome)[0]),
                Cell(_evidence(told)),
                decision_cell(outcome, by_budget.get(outcome.budget)),
            )
            for outcome, told in zip(judgement.outcomes, found.told, strict=True)
        ),
    )


def _each_told(found: Repeated, judgement: Judgement) -> Iterator[str]:
    """What each run says of each budget, where there are too many for columns."""
    if len(found.runs) <= _COLUMNS_MAX:
        return
    for outcome, told in zip(judgement.outcomes, found.told, strict=True):
        alone = zip(names(len(found.runs)), told.alone, strict=True)
        each = ", ".join(f"{name} {_alone(one)}" for name, one in alone)
        yield f"{budget_in_words(outcome.budget)}: {each}"


def _alone(outcome: Outcome) -> str:
    if outcome.budget.metric != CAPACITY:
        outcome = replace(outcome, interval90=_NO_INTERVAL)
    return beside_limit(outcome)[0]


def _evidence(told: Told) -> str:
    """How rarely chance brings the stronger of the two pieces of evidence."""
    if told.exceeded_log_e is None or told.kept_log_e is None:
        return "-"
    strongest = max(told.exceeded_log_e, told.kept_log_e)
    if strongest <= 0:
        return "no evidence"
    return f"{units.odds(strongest)} if {'kept' if strongest == told.exceeded_log_e else 'over'}"
