"""A history in words and tables."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from contract.metrics import TYPICAL
from reports import units
from reports.clean import short
from reports.effects.family import FALSE_ALARMS_MAX, confidence_of
from reports.effects.shapes import Verdict
from reports.history.chains import Curve
from reports.history.curve_words import curve_row, curve_section, grouped, news_of, total_of
from reports.history.frame import History
from reports.history.shapes import HistoryPage, HistoryRow, HistorySection, Total
from reports.history.trend import Line, Trend
from reports.page.overview import HEADLINE_MAX, joined
from reports.page.shapes import Card, Cell, Column, Table
from reports.page.tables import VERDICT_TONES
from reports.statistics.values import Interval

_LINES = (
    "A line joins runs on one machine with one plan. Changes are reported from 12 runs of a line "
    "on; in a line without a change, the chance of reporting one is 1 %."
)
_TREND_CAPTION = (
    "Above: the variant's typical latency as a multiple of the baseline's, with its interval. "
    "Below: both latencies. Each line is one machine with one plan; dotted lines mark changes."
)


def history_page(
    history: History,
    trends: Sequence[Trend],
    curves: Sequence[Curve] = (),
    notes: Sequence[str] = (),
) -> HistoryPage:
    """Word a history.

    Args:
        history: its tables.
        trends: of these.
        curves: of its gates.
        notes: about entries that were not read, one sentence each.
    """
    confidence = confidence_of(len(curves))
    groups = grouped(curves)
    groups.sort(key=lambda group: min(news_of(total_of(one, confidence)) for one in group))
    totals = tuple(total_of(curve, confidence) for group in groups for curve in group)
    gates = tuple(curve_row(group, confidence, at) for at, group in enumerate(groups, 1))
    of_gates = [curve_section(group, confidence, at) for at, group in enumerate(groups, 1)]
    ordered = sorted(trends, key=lambda trend: -_changes_of(trend))
    of_trends = [_trend_section(trend, at) for at, trend in enumerate(ordered, 1)]
    changed = sum(map(_changes_of, trends))
    return HistoryPage(
        title=f"History of {units.count_of(len(history.runs), 'runs')}",
        chip=_chip(history, totals, changed),
        headline=_headline(history, totals, changed),
        validity=_validity(history, curves, notes),
        lede=(*_lede(history.runs), *notes),
        method=tuple(_method(history.runs, curves, confidence)),
        cards=tuple(_cards(history, curves, totals, changed)),
        confidence=confidence,
        gates=gates,
        trends=tuple(_trend_row(trend, at) for at, trend in enumerate(ordered, 1)),
        totals=totals,
        sections=(*of_gates, *of_trends),
        runs=_table("runs", "Every run, newest first", _RUN_CELLS, history.runs[::-1]),
        machines=_table("machines", "Machines", _MACHINE_CELLS, _machines(history.runs)),
    )


def _changes_of(trend: Trend) -> int:
    return sum(len(line.changes) for line in trend.lines)


def _chip(history: History, totals: Sequence[Total], changed: int) -> Cell:
    verdicts = {one.verdict for one in totals}
    if Verdict.SLOWER in verdicts:
        return Cell("SLOWER", "bad")
    if changed:
        return Cell("CHANGED", "unsure")
    if Verdict.FASTER in verdicts:
        return Cell("FASTER", "good")
    if verdicts:
        return Cell("UNDECIDED", "unsure")
    if history.runs.empty:
        return Cell("EMPTY", "unsure")
    return Cell("NO CHANGE", "same")


def _headline(history: History, totals: Sequence[Total], changed: int) -> str:
    if history.runs.empty:
        return "No run has left an entry yet"
    parts = [
        *(_moved(totals, verdict) for verdict in (Verdict.SLOWER, Verdict.FASTER)),
        _unmoved(totals),
        _changes_found(history, changed, gates=bool(totals)),
    ]
    return joined([part for part in parts if part], HEADLINE_MAX)


def _moved(totals: Sequence[Total], verdict: Verdict) -> str:
    """The largest product of this verdict, and how many more there are."""
    found = [one for one in totals if one.verdict is verdict]
    found = [one for one in found if one.metric == TYPICAL] or found
    if not found:
        return ""
    most = max(found, key=lambda one: abs(math.log(one.ratio)) if one.ratio > 0 else 0)
    tail = "p95 of " if most.metric != TYPICAL else ""
    scenarios = {(one.scenario, one.variant) for one in found}
    more = f", and {len(scenarios) - 1} more" if len(scenarios) > 1 else ""
    over = units.count_of(most.gates, "gates")
    return f"{tail}{short(most.scenario, 32)} is {units.change(most.ratio)} over {over}{more}"


def _unmoved(totals: Sequence[Total]) -> str:
    if not totals or any(one.verdict is not Verdict.INCONCLUSIVE for one in totals):
        return ""
    return f"No change shown over {units.count_of(max(one.gates for one in totals), 'gates')}"


def _changes_found(history: History, changed: int, *, gates: bool) -> str:
    """Of the runs that are no gates."""
    runs = int((history.runs["base"] == "").sum()) if gates else len(history.runs)
    if not runs or (gates and not changed):
        return ""
    changes = units.count_of(changed, "changes") if changed else "No change"
    return f"{changes} found in {units.count_of(runs, 'runs')}"


def _validity(history: History, curves: Sequence[Curve], notes: Sequence[str]) -> Cell:
    runs = history.runs
    if _have_gaps(curves):
        return Cell("with gaps", "unsure")
    if runs.empty or notes or (runs["state"] != "complete").any():
        return Cell("incomplete", "unsure")
    if any(chain.switches for one in _typical(curves) for chain in one.chains):
        return Cell("several machines or plans", "unsure")
    return Cell("complete", "good")


def _typical(curves: Sequence[Curve]) -> list[Curve]:
    """Most gates are too short for p95, so its gaps are no gaps of the history."""
    return [one for one in curves if one.metric == TYPICAL]


def _have_gaps(curves: Sequence[Curve]) -> bool:
    return any(len(one.chains) > 1 for one in _typical(curves))


def _lede(runs: pd.DataFrame) -> list[str]:
    if runs.empty:
        return []
    machines = units.count_of(runs["machine"].nunique(), "machines")
    first, last = (units.moment(runs["started_at"].iloc[place]) for place in (0, -1))
    sentences = [f"On {machines}, from {first} to {last}."]
    same = int(((runs["base"] != "") & (runs["base"] == runs["head"])).sum())
    if same:
        sentences.append(
            f"{units.count_of(same, 'gates')} of a commit against itself: listed below, no link."
        )
    unusable = int((runs["state"] != "complete").sum())
    if unusable:
        sentences.append(
            f"{units.count_of(unusable, 'runs')} partial or invalid: listed below, in no line."
        )
    return sentences


def _method(runs: pd.DataFrame, curves: Sequence[Curve], confidence: float) -> Iterator[str]:
    if curves:
        yield (
            "Effects of gates multiply where the head of one is the base of the next. The "
            f"interval of each product has {units.percent(confidence)} confidence, so that those "
            f"of all {units.count_of(len(curves), 'products')} hold jointly with "
            f"{units.percent(1 - FALSE_ALARMS_MAX)}. A product begins anew where no complete run "
            "without doubts joins two commits. An error that every gate shares adds up, too."
        )
    if (runs["base"] == "").any():
        yield _LINES


def _cards(
    history: History, curves: Sequence[Curve], totals: Sequence[Total], changed: int
) -> Iterator[Card]:
    if history.runs.empty:
        return
    if curves:
        longest = max(_typical(curves) or curves, key=lambda one: len(one.main.links))
        gaps = len(longest.chains) - 1
        text = f"{units.count_of(len(longest.main.links), 'gates')} in a row"
        yield Card("Gates", f"{text} · {units.count_of(gaps, 'gaps')}" if gaps else text, "gates-1")
    others = int((history.runs["base"] == "").sum())
    if others:
        found = units.count_of(changed, "changes") if changed else "no change found"
        yield Card("Runs of variants", f"{units.count_of(others, 'runs')} · {found}", "all-runs")
    machines = units.count_of(history.runs["machine"].nunique(), "machines")
    plans = units.count_of(history.runs["plan"].nunique(), "plans")
    yield Card("Measured on", f"{machines} · {plans}", "all-runs")
    if curves:
        yield Card(
            "How sure",
            f"all products hold jointly with {units.percent(1 - FALSE_ALARMS_MAX)} confidence",
            "method",
        )
    yield Card("Next", *_next(curves, totals, changed))


def _next(curves: Sequence[Curve], totals: Sequence[Total], changed: int) -> tuple[str, str]:
    """What to do, and where to look."""
    if any(one.verdict is Verdict.SLOWER for one in totals):
        first = min(curves, key=lambda one: news_of(total_of(one, totals[0].confidence)))
        most = max(first.main.links, key=lambda link: link.change.middle)
        size = units.change(most.change.ratio)
        text = f"Look at {first.scenario}: the largest change came with {most.head[:10]}: {size}."
        return text, "gates-1"
    if changed:
        return "Look at the runs from which an effect changed.", "trend-1"
    if _have_gaps(curves):
        return "Close the gaps: each section names two commits to compare.", "gates-1"
    if any(one.verdict is Verdict.INCONCLUSIVE for one in totals):
        return "Undecided: compare the first and the last commit directly (gate --base).", "gates-1"
    return "Nothing: no scenario became slower.", "all-runs"


def _trend_row(trend: Trend, number: int) -> HistoryRow:
    last = trend.points.iloc[-1]
    whole = _change(last)
    changes = _changes_of(trend)
    return HistoryRow(
        scenario=trend.scenario,
        variant=trend.variant,
        anchor=f"trend-{number}",
        span=units.count_of(len(trend.points), "runs"),
        chart_id=f"trend-small-{number}",
        change=Cell(units.change(last["ratio"]), VERDICT_TONES[Verdict(last["verdict"])]),
        interval=f"[{whole.partition(' [')[2]}" if " [" in whole else "",
        other=Cell(units.count(changes), "unsure") if changes else Cell("=", "same"),
    )


def _trend_section(trend: Trend, number: int) -> HistorySection:
    changes = _changes_of(trend)
    return HistorySection(
        id=f"trend-{number}",
        title=f"{trend.scenario}: {trend.variant}",
        gist=units.count_of(changes, "changes") if changes else "no change found",
        chart_id=f"trend-chart-{number}",
        caption=_TREND_CAPTION,
        changes=tuple(
            _change_sentence(line, index) for line in trend.lines for index in line.changes
        ),
        table=_table(
            f"trend-table-{number}",
            f"Typical latency of {trend.scenario}, {trend.variant}, run by run, newest first",
            _POINT_CELLS,
            trend.points[::-1],
        ),
        trend=trend,
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
    Column("base"): lambda run: run.base[:10],
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
