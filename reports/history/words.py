"""A history in words and tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports import units
from reports.effects.shapes import Verdict
from reports.history.frame import History
from reports.history.trend import Line, Trend
from reports.page.shapes import Cell, Column, Table
from reports.page.tables import VERDICT_TONES
from reports.statistics.values import Interval

_LINES = (
    "A line joins runs on one machine with one plan. Changes are reported from 12 runs of a line "
    "on; in a line without a change, the chance of reporting one is 1 %."
)


@dataclass(frozen=True)
class TrendSection:
    """One scenario in one variant.

    Attributes:
        changes: where the effect changed, one sentence each.
    """

    id: str
    title: str
    chart_id: str
    trend: Trend
    changes: tuple[str, ...]
    table: Table


@dataclass(frozen=True)
class HistoryPage:
    """Everything that is shown of a history."""

    title: str
    headline: str
    lede: tuple[str, ...]
    sections: tuple[TrendSection, ...]
    runs: Table
    machines: Table


def history_page(
    history: History, trends: Sequence[Trend], notes: Sequence[str] = ()
) -> HistoryPage:
    """Word a history.

    Args:
        history: its tables.
        trends: of these.
        notes: about entries that were not read, one sentence each.
    """
    sections = tuple(_section(trend, number) for number, trend in enumerate(trends, 1))
    changed = sum(len(section.changes) for section in sections)
    return HistoryPage(
        title=f"History of {units.count_of(len(history.runs), 'runs')}",
        headline=_headline(changed, len(history.runs)),
        lede=(*_lede(history.runs), *notes),
        sections=sections,
        runs=_table("runs", "Every run, newest first", _RUN_CELLS, history.runs[::-1]),
        machines=_table("machines", "Machines", _MACHINE_CELLS, _machines(history.runs)),
    )


def _headline(changed: int, runs: int) -> str:
    if not runs:
        return "No run has left an entry yet"
    changes = units.count_of(changed, "changes") if changed else "No change"
    return f"{changes} found in {units.count_of(runs, 'runs')}"


def _lede(runs: pd.DataFrame) -> list[str]:
    if runs.empty:
        return []
    machines = units.count_of(runs["machine"].nunique(), "machines")
    first, last = (units.moment(runs["started_at"].iloc[place]) for place in (0, -1))
    sentences = [
        f"On {machines}, from {first} to {last}.",
        _LINES,
    ]
    unusable = int((runs["state"] != "complete").sum())
    if unusable:
        sentences.append(
            f"{units.count_of(unusable, 'runs')} partial or invalid: listed below, in no line."
        )
    return sentences


def _section(trend: Trend, number: int) -> TrendSection:
    return TrendSection(
        id=f"trend-{number}",
        title=f"{trend.scenario}: {trend.variant}",
        chart_id=f"trend-chart-{number}",
        trend=trend,
        changes=tuple(
            _change_sentence(line, index) for line in trend.lines for index in line.changes
        ),
        table=_table(
            f"trend-table-{number}",
            f"Typical latency of {trend.scenario}, {trend.variant}, run by run, newest first",
            _POINT_CELLS,
            trend.points[::-1],
        ),
    )


def _change_sentence(line: Line, index: int) -> str:
    ends = (0, *line.changes, len(line.points))
    at = ends.index(index)
    before = _middle(line.points.iloc[ends[at - 1] : index])
    after = _middle(line.points.iloc[index : ends[at + 1]])
    run = line.points.iloc[index]
    commit = f", commit {run['commit'][:10]}" if run["commit"] else ""
    return (
        f"From {run['run']} on ({units.moment(run['started_at'])}{commit}, machine "
        f"{line.letter}): {units.change(after)}, before it {units.change(before)}."
    )


def _middle(points: pd.DataFrame) -> float:
    """The upper median, which is one of the ratios."""
    return float(points["ratio"].quantile(0.5, interpolation="higher"))


_Cells = Mapping[Column, Callable[[Any], Cell | str]]


def _table(table_id: str, caption: str, cells: _Cells, rows: pd.DataFrame) -> Table:
    """A row for each row of the frame, a column for each entry of `cells`."""
    made = ((cell(row) for cell in cells.values()) for row in rows.itertuples())
    return Table(
        id=table_id,
        caption=caption,
        columns=tuple(cells),
        rows=tuple(
            tuple(Cell(cell) if isinstance(cell, str) else cell for cell in row) for row in made
        ),
    )


def _commit(run: Any) -> str:
    return f"{run.commit[:10]}{' and changes' if run.dirty else ''}"


def _change(effect: Any) -> str:
    # An unbounded end is NaN, with which no interval is shown.
    return units.change(effect.ratio, Interval(effect.low, effect.high, 0.99))


_POINT_CELLS: _Cells = {
    Column("run"): lambda point: point.run,
    Column("commit"): _commit,
    Column("machine"): lambda point: point.letter,
    Column("verdict"): lambda point: Cell(point.verdict, VERDICT_TONES[Verdict(point.verdict)]),
    Column("change [interval]", numeric=True): _change,
    Column("baseline", numeric=True): lambda point: units.value(point.metric, point.before),
    Column("variant", numeric=True): lambda point: units.value(point.metric, point.after),
}

_GATES = {0: "pass", 1: "regression", 2: "no budgets", 3: "inconclusive", 4: "not judged"}

_RUN_CELLS: _Cells = {
    Column("run"): lambda run: run.run,
    Column("started"): lambda run: units.moment(run.started_at),
    Column("commit"): _commit,
    Column("machine"): lambda run: run.letter,
    Column("design"): lambda run: run.design,
    Column("profile"): lambda run: run.profile,
    Column("state"): lambda run: Cell(run.state, "" if run.state == "complete" else "unsure"),
    Column("gate"): lambda run: _GATES.get(run.exit_code, str(run.exit_code)),
}

_MACHINE_CELLS: _Cells = {
    Column("machine"): lambda machine: machine.letter,
    Column("what it is"): lambda machine: machine.machine_told,
    Column("runs", numeric=True): lambda machine: units.count(machine.runs),
}


def _machines(runs: pd.DataFrame) -> pd.DataFrame:
    by_machine = runs.groupby("letter", sort=False)
    return by_machine.agg(machine_told=("machine_told", "last"), runs=("run", "size")).reset_index()
