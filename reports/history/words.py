"""A history in words and tables."""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports import units
from reports.history.entry import Entry
from reports.history.trend import Point, Stretch, Trend
from reports.model import TYPICAL, Interval, Verdict
from reports.page.shapes import Cell, Column, Table
from reports.page.tables import VERDICT_TONES


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
    entries: Sequence[Entry], trends: Sequence[Trend], left_out: Sequence[str]
) -> HistoryPage:
    """Word a history.

    Args:
        entries: in order of time.
        trends: of these.
        left_out: what could not be read, one line each.
    """
    letters = machine_letters(entries)
    shown = [one for one in trends if one.metric == TYPICAL]
    sections = tuple(_section(one, number, letters) for number, one in enumerate(shown, 1))
    changed = sum(len(section.changes) for section in sections)
    return HistoryPage(
        title=f"History of {units.count_of(len(entries), 'runs')}",
        headline=_headline(changed, len(entries)),
        lede=tuple(_lede(entries, letters, left_out)),
        sections=sections,
        runs=_runs_table(entries, letters),
        machines=_machines_table(entries, letters),
    )


def machine_letters(entries: Sequence[Entry]) -> Mapping[str, str]:
    """A short name for each machine, in order of appearance: A, B, ... Z, then M27, M28, ..."""
    found = dict.fromkeys(entry.machine for entry in entries)
    return {
        machine: string.ascii_uppercase[number] if number < 26 else f"M{number + 1}"
        for number, machine in enumerate(found)
    }


def _headline(changed: int, runs: int) -> str:
    if not runs:
        return "No run has left an entry yet"
    told = units.count_of(changed, "changes") if changed else "No change"
    return f"{told} found in {units.count_of(runs, 'runs')}"


def _lede(
    entries: Sequence[Entry], letters: Mapping[str, str], left_out: Sequence[str]
) -> list[str]:
    said = []
    if entries:
        machines = units.count_of(len(letters), "machines")
        first, last = (units.moment(one.started_at) for one in (entries[0], entries[-1]))
        said.append(f"On {machines}, from {first} to {last}.")
        said.append(
            "A line joins runs on one machine, with one plan. A change needs 12 runs of such a "
            "line, and would be found by chance in 1 of 100 lines that have none."
        )
    invalid = sum(one.state != "complete" for one in entries)
    if invalid:
        said.append(
            f"{units.count_of(invalid, 'runs')} partial or invalid: listed below, but in no line."
        )
    return [*said, *left_out]


def _section(trend: Trend, number: int, letters: Mapping[str, str]) -> TrendSection:
    points = sorted(
        (point for stretch in trend.stretches for point in stretch.points),
        key=lambda one: one.place,
        reverse=True,
    )
    return TrendSection(
        id=f"trend-{number}",
        title=f"{trend.scenario}: {trend.variant}",
        chart_id=f"trend-chart-{number}",
        trend=trend,
        changes=tuple(
            _change_told(stretch, index, letters)
            for stretch in trend.stretches
            for index in stretch.changes
        ),
        table=Table(
            id=f"trend-table-{number}",
            caption=f"{units.metric_name(trend.metric).capitalize()} of {trend.scenario}, "
            f"{trend.variant}, run by run, newest first",
            columns=(
                Column("run"),
                Column("commit"),
                Column("machine"),
                Column("verdict"),
                Column("change [interval]", numeric=True),
                Column("baseline", numeric=True),
                Column("variant", numeric=True),
            ),
            rows=tuple(_row(point, letters) for point in points),
        ),
    )


def _change_told(stretch: Stretch, index: int, letters: Mapping[str, str]) -> str:
    ends = (0, *stretch.changes, len(stretch.points))
    at = ends.index(index)
    before = _middle(stretch.points[ends[at - 1] : index])
    after = _middle(stretch.points[index : ends[at + 1]])
    entry = stretch.points[index].entry
    commit = f", commit {entry.commit[:10]}" if entry.commit else ""
    return (
        f"From {entry.run} on ({units.moment(entry.started_at)}{commit}, machine "
        f"{letters[stretch.machine]}): {units.change(after)}, before it {units.change(before)}."
    )


def _middle(points: Sequence[Point]) -> float:
    ratios = sorted(point.effect.ratio for point in points)
    return ratios[len(ratios) // 2]


def _row(point: Point, letters: Mapping[str, str]) -> tuple[Cell, ...]:
    effect, entry = point.effect, point.entry
    bounded = effect.low is not None and effect.high is not None
    interval = Interval(effect.low or 0.0, effect.high or 0.0, 0.99) if bounded else None
    verdict = Verdict(effect.verdict)
    return (
        Cell(entry.run),
        Cell(_commit(entry)),
        Cell(letters[entry.machine]),
        Cell(verdict, VERDICT_TONES[verdict]),
        Cell(units.change(effect.ratio, interval)),
        Cell(units.value(effect.metric, effect.before)),
        Cell(units.value(effect.metric, effect.after)),
    )


def _commit(entry: Entry) -> str:
    return f"{entry.commit[:10]}{' and changes' if entry.dirty else ''}"


_GATES = {0: "pass", 1: "regression", 2: "no budgets", 3: "inconclusive", 4: "not judged"}


def _runs_table(entries: Sequence[Entry], letters: Mapping[str, str]) -> Table:
    return Table(
        id="runs",
        caption="Every run, newest first",
        columns=(
            Column("run"),
            Column("started"),
            Column("commit"),
            Column("machine"),
            Column("design"),
            Column("profile"),
            Column("state"),
            Column("gate"),
        ),
        rows=tuple(
            (
                Cell(one.run),
                Cell(units.moment(one.started_at)),
                Cell(_commit(one)),
                Cell(letters[one.machine]),
                Cell(one.design),
                Cell(one.profile),
                Cell(one.state, "" if one.state == "complete" else "unsure"),
                Cell(_GATES.get(one.exit_code, str(one.exit_code))),
            )
            for one in reversed(entries)
        ),
    )


def _machines_table(entries: Sequence[Entry], letters: Mapping[str, str]) -> Table:
    told = {entry.machine: entry.machine_told for entry in entries}
    return Table(
        id="machines",
        caption="Machines",
        columns=(Column("machine"), Column("what it is"), Column("runs", numeric=True)),
        rows=tuple(
            (
                Cell(letter),
                Cell(told[machine]),
                Cell(units.count(sum(one.machine == machine for one in entries))),
            )
            for machine, letter in letters.items()
        ),
    )
