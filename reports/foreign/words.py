"""Two files of other tools, side by side in words and one table."""

from reports import units
from reports.foreign.formats import Foreign, Series
from reports.page.runs import RunsPage
from reports.page.shapes import Cell, Column, Table
from reports.statistics import stats
from reports.statistics.values import UNITS_MIN

_WARNING = (
    "Not paired, and not judged: A and B were measured at different times, so changes of the "
    "machine are part of their difference"
)


def foreign_page(first: Foreign, second: Foreign) -> RunsPage:
    """Word two files; series and metrics of only one of them are listed, too."""
    in_second = {one.name: one for one in second.series}
    both = [(one, in_second.pop(one.name, None)) for one in first.series]
    rows = [row for one, other in both for row in _rows(one.name, one, other)]
    rows += [row for name, other in in_second.items() for row in _rows(name, None, other)]
    table = Table(
        id="foreign",
        caption="B against A, UNPAIRED; in brackets the 90 % interval of a value, from raw times",
        columns=(
            Column("what"),
            Column("metric"),
            Column("change", numeric=True),
            Column("A", numeric=True),
            Column("B", numeric=True),
        ),
        rows=tuple(rows),
    )
    notes = tuple(dict.fromkeys((*first.notes, *second.notes)))
    return RunsPage(
        lines=(
            f"{_WARNING}.",
            *(_line(which, one) for which, one in (("A", first), ("B", second))),
            *_differences(first, second),
        ),
        parts=((table, tuple(f"{note}." for note in notes)),),
    )


def _line(which: str, one: Foreign) -> str:
    measured = f", {one.measured}" if one.measured else ""
    return f"{which}: {one.path}, by {one.tool}{measured}"


def _differences(first: Foreign, second: Foreign) -> tuple[str, ...]:
    if first.tool == second.tool:
        return ()
    return (f"differs: tool: {first.tool} / {second.tool}; they time different things",)


def _rows(name: str, first: Series | None, second: Series | None) -> list[tuple[Cell, ...]]:
    one, other = (side.values_s if side else {} for side in (first, second))
    return [
        (
            Cell(name),
            Cell(units.metric_name(metric)),
            Cell(
                units.change(other[metric] / one[metric])
                if metric in one and metric in other
                else "only in one of them"
            ),
            Cell(_value(first, metric)),
            Cell(_value(second, metric)),
        )
        for metric in dict.fromkeys((*one, *other))
    ]


def _value(side: Series | None, metric: str) -> str:
    if side is None or metric not in side.values_s:
        return ""
    text = units.duration(side.values_s[metric])
    if metric != "latency_s_p50" or len(side.times_s) < UNITS_MIN:
        return text
    ends = stats.quantile_interval(side.times_s, 0.5, 0.90)
    return f"{text} [{units.duration(ends.low)}, {units.duration(ends.high)}]"
