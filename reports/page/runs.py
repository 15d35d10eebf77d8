"""Two runs compared, in words and tables for a terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contract.run.record import RunRecord
from reports import units
from reports.effects.agreement import Difference
from reports.effects.levels import Change
from reports.effects.shapes import Spread, Verdict
from reports.effects.unpaired import ChangedCounter, RunsComparison
from reports.page.reasons import all_in_words, both_in_words
from reports.page.shapes import Cell, Table, numbers, words
from reports.page.tables import BAD_NEWS_FIRST, VERDICT_TONES, decided_change

_NOT_PAIRED = (
    "Not paired: B was measured at another time than A, so what changed in between may be the "
    "machine."
)
_BOUNDS_NOTHING = 10
"""An interval that reaches so many times further than its ratio is not shown."""


@dataclass(frozen=True)
class RunsPage:
    """What is printed of two runs.

    Attributes:
        lines: before the tables; the first is the headline.
        parts: tables, each with the lines below it.
    """

    lines: tuple[str, ...]
    parts: tuple[tuple[Table, tuple[str, ...]], ...]


def runs_page(compared: RunsComparison) -> RunsPage:
    """Word two compared runs."""
    return RunsPage(
        lines=(
            _NOT_PAIRED,
            _run_line("A", compared.first),
            _run_line("B", compared.second),
            *map(_difference_line, compared.differences),
        ),
        parts=(
            (_effects_table(compared.effects), _reason_lines(compared.effects)),
            (_levels_table(compared.levels), _reason_lines(compared.levels)),
            (_counters_table(compared.counters, compared.counters_alike), ()),
        ),
    )


def _run_line(which: str, run: RunRecord) -> str:
    return f"{which}: {run.id}, {units.moment(run.started_at)}, profile {run.profile}"


def _difference_line(one: Difference) -> str:
    where = ", ".join(name for name in (one.scenario, one.variant) if name)
    forbids = f", so nothing is concluded{f' about {where}' if where else ''}"
    return f"differs{forbids if one.forbids else ''}: {one.fact}: {both_in_words(one)}"


def _effects_table(effects: Sequence[Change]) -> Table:
    return _changes_table(
        "runs-effects",
        "Change of the effect: variant / baseline in B against the same in A, each paired inside "
        "its run; what changed both variants alike does not show",
        effects,
        lambda _, effect: units.change(effect),
    )


def _levels_table(levels: Sequence[Change]) -> Table:
    return _changes_table(
        "runs-levels",
        "Change of the level: B against A, UNPAIRED; the intervals allow for the machine",
        levels,
        lambda one, level_s: units.value(one.metric, level_s),
    )


def _changes_table(
    name: str, caption: str, changes: Sequence[Change], shown: Callable[[Change, float], str]
) -> Table:
    return Table(
        id=name,
        caption=caption,
        columns=(
            *words("scenario", "variant", "metric", "verdict"),
            *numbers("change [interval]", "A", "B"),
        ),
        rows=tuple(
            (
                *_where(one),
                Cell(one.verdict, VERDICT_TONES[one.verdict]),
                Cell(_changed(one)),
                Cell(shown(one, one.first)),
                Cell(shown(one, one.second)),
            )
            for one in sorted(changes, key=lambda one: BAD_NEWS_FIRST[one.verdict])
        ),
    )


def _changed(one: Change) -> str:
    if not one.ratio > 0:
        return "unknown"
    if one.verdict is Verdict.EQUIVALENT:
        return decided_change(one)
    interval = one.interval_familywise
    wide = max(interval.high / one.ratio, one.ratio / max(interval.low, 1e-9)) > _BOUNDS_NOTHING
    return units.change(one.ratio, None if wide else interval)


def _where(one: Change | ChangedCounter) -> tuple[Cell, Cell, Cell]:
    return Cell(one.scenario), Cell(one.variant), Cell(units.metric_name(one.metric))


def _reason_lines(changes: Sequence[Change]) -> tuple[str, ...]:
    """Every reason once, with the comparisons that it leaves without a verdict."""
    rows: dict[str, list[str]] = {}
    for one in changes:
        where = " ".join(cell.text.removesuffix(" latency") for cell in _where(one))
        for line in all_in_words(one.reasons):
            rows.setdefault(line, []).append(where)
    return tuple(
        f"inconclusive: {'all' if len(where) == len(changes) else '; '.join(where)}: {line}"
        for line, where in rows.items()
    )


def _counters_table(counters: Sequence[ChangedCounter], alike: int) -> Table:
    return Table(
        id="runs-counters",
        caption=f"Counters that differ; {units.count_of(alike, 'others')} are the same in both "
        "runs",
        columns=(*words("scenario", "variant", "metric", "verdict"), *numbers("A", "B")),
        rows=tuple(
            (
                *_where(one),
                Cell(one.verdict, VERDICT_TONES[one.verdict]),
                Cell(_counted(one.metric, one.first)),
                Cell(_counted(one.metric, one.second)),
            )
            for one in sorted(counters, key=lambda one: BAD_NEWS_FIRST[one.verdict])
        ),
    )


def _counted(metric: str, spread: Spread) -> str:
    if spread.exact:
        return units.value(metric, spread.median)
    low, high = (units.value(metric, end) for end in (spread.low, spread.high))
    return f"{units.value(metric, spread.median)} ({low} to {high})"
