"""Two runs compared, in words and tables for a terminal."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contract.run.record import RunRecord
from reports import units
from reports.clean import short
from reports.effects.agreement import Difference
from reports.effects.levels import Change
from reports.effects.shapes import Spread, Verdict
from reports.effects.unpaired import ChangedCounter, RunsComparison
from reports.page.overview import HEADLINE_MAX, ROWS_MAX, joined
from reports.page.reasons import all_in_words, both_in_words
from reports.page.shapes import Cell, RatioRow, SideBySide, Table, numbers, words
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
        first: what their page begins with; None where there is no page.
    """

    lines: tuple[str, ...]
    parts: tuple[tuple[Table, tuple[str, ...]], ...]
    first: SideBySide | None = None


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
        first=_first_screen(compared.effects),
    )


def _first_screen(effects: Sequence[Change]) -> SideBySide:
    """Changes of the effect alone: they are the ones to trust."""
    ordered = sorted(effects, key=lambda one: (BAD_NEWS_FIRST[one.verdict], -_size(one)))
    rows = tuple(_ratio_row(one, at) for at, one in enumerate(ordered[:ROWS_MAX], 1))
    verdicts = {one.verdict for one in effects}
    chip = next((_CHIPS[one] for one in _CHIPS if one in verdicts), Cell("UNDECIDED", "unsure"))
    return SideBySide(
        chip=chip,
        headline=short(_headline(ordered), HEADLINE_MAX),
        caption="Change of the effect, variant / baseline, from A to B; right is slower. Worst "
        "news first.",
        rows=rows,
        left_out=len(ordered) - len(rows),
    )


_CHIPS: dict[Verdict, Cell] = {
    Verdict.SLOWER: Cell("SLOWER", "bad"),
    Verdict.FASTER: Cell("FASTER", "good"),
    Verdict.INCONCLUSIVE: Cell("UNDECIDED", "unsure"),
    Verdict.EQUIVALENT: Cell("NO CHANGE", "same"),
}


def _size(one: Change) -> float:
    return abs(math.log(one.ratio)) if one.ratio > 0 else 0.0


def _headline(ordered: Sequence[Change]) -> str:
    parts = [_largest(ordered, verdict) for verdict in (Verdict.SLOWER, Verdict.FASTER)]
    if text := joined([part for part in parts if part], HEADLINE_MAX):
        return text
    if not ordered:
        return "Nothing could be compared"
    compared = units.count_of(len(ordered), "comparisons")
    opened = sum(one.verdict is Verdict.INCONCLUSIVE for one in ordered)
    return f"{opened} of {compared} are undecided" if opened else f"No change in {compared}"


def _largest(ordered: Sequence[Change], verdict: Verdict) -> str:
    found = [one for one in ordered if one.verdict is verdict]
    if not found:
        return ""
    one = found[0]
    name = units.metric_name(one.metric).removesuffix(" latency")
    what = f"{name} of {short(one.scenario, 24)}, {short(one.variant, 16)}"
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{what}: {units.change(one.ratio)} in B{more}"


def _ratio_row(one: Change, number: int) -> RatioRow:
    decided = one.verdict in {Verdict.SLOWER, Verdict.FASTER}
    shown = _changed(one)
    text = {Verdict.EQUIVALENT: "no change", Verdict.INCONCLUSIVE: "undecided"}.get(
        one.verdict, units.change(one.ratio) if decided else shown
    )
    interval = one.interval90 if one.verdict is Verdict.EQUIVALENT else one.interval_familywise
    return RatioRow(
        what=f"{one.scenario}, {one.variant}",
        metric=units.metric_name(one.metric),
        first=_effect(one.first),
        second=_effect(one.second),
        change=Cell(text, VERDICT_TONES[one.verdict]),
        interval=f"[{shown.partition(' [')[2]}" if " [" in shown else "",
        ratio=one.ratio,
        low=interval.low,
        high=interval.high,
        chart_id=f"ratio-{number}",
    )


def _effect(ratio: float) -> str:
    return units.change(ratio) if ratio > 0 else "unknown"


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
