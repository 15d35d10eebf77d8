"""A suite in words: what each variant changed in single functions, and what each one takes."""

import math
from collections.abc import Sequence

from reports import units
from reports.effects.functions import MISFIT_MAX, FunctionLevel, Functions, Growth
from reports.effects.shapes import Effect
from reports.page.reasons import all_in_words
from reports.page.shapes import Cell, FunctionsPart, Table, numbers, words
from reports.page.tables import BAD_NEWS_FIRST, by_news, effect_cells, effect_columns

_FILES_SHOWN = 5
_MISSING_SHOWN = 10


def functions_part(functions: Functions) -> FunctionsPart:
    """What a page tells of a suite."""
    along = dict.fromkeys(one.sweep.along for one in functions.levels if one.sweep)
    return FunctionsPart(
        facts=_facts(functions),
        warnings=_warnings(functions),
        verdicts=_verdicts(functions),
        levels=_levels(functions.levels),
        sweeps=tuple((f"sweep-{index}", name) for index, name in enumerate(along, 1)),
        growths=_growths(functions.growths),
    )


def _facts(functions: Functions) -> tuple[str, ...]:
    if not functions.effects:
        return ()
    pairs = units.count_of(functions.pairs, "pairs")
    how = (
        f"{pairs} of fresh processes, in each pair one for every variant in random order; what is "
        "compared is the median of each process."
    )
    revisions = (f"{variant}: {revision}." for variant, revision in functions.revisions)
    proof = [f"{_imported(functions)}."] if functions.changed_imported else []
    return *revisions, how, f"{_counted(functions.effects)}.", *proof


def _warnings(functions: Functions) -> tuple[str, ...]:
    """A changed suite, and functions that are not compared; those that open budgets first."""
    ordered = sorted(functions.missing, key=lambda one: not one.is_open)
    missing = all_in_words(one.why for one in ordered[:_MISSING_SHOWN])
    more = len(ordered) - _MISSING_SHOWN
    if more > 0:
        missing = (*missing, f"{units.count_of(more, 'more functions')} not compared")
    return *_not_proven(functions), *_changed(functions.files_changed), *missing


def _imported(functions: Functions) -> str:
    """How it is known that the variants ran different code."""
    return (
        f"{units.count_of(functions.changed, 'files')} differ between the revisions; imported of "
        f"them: {_some(functions.changed_imported)}"
    )


def _not_proven(functions: Functions) -> tuple[str, ...]:
    if not functions.changed or functions.changed_imported:
        return ()
    files = units.count_of(functions.changed, "files")
    doubt = (
        f"Not proven that the sides differ: no process imported any of the {files} that differ "
        "between the revisions. The benchmarks may not use them, or run the same installed code "
        "in both."
    )
    return (doubt,)


def _some(files: Sequence[str]) -> str:
    more = len(files) - _FILES_SHOWN
    return ", ".join(files[:_FILES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _changed(files: Sequence[str]) -> tuple[str, ...]:
    if not files:
        return ()
    doubt = (
        f"The suite itself differs between the revisions, in {_some(files)}. Where a benchmark "
        "changed, "
        "its effect is not the code's alone. Change the suite first and by itself, then measure "
        "the change of the code."
    )
    return (doubt,)


def _counted(effects: Sequence[Effect]) -> str:
    parts = [
        f"{sum(one.verdict is verdict for one in effects)} {verdict}"
        for verdict in sorted({one.verdict for one in effects}, key=BAD_NEWS_FIRST.__getitem__)
    ]
    return f"Of {units.count_of(len(effects), 'comparisons')}: {', '.join(parts)}"


def _verdicts(functions: Functions) -> Table:
    variants = list(dict.fromkeys(one.variant for one in functions.effects))
    several = len(variants) > 1
    return Table(
        id="functions-verdicts",
        caption="One call of each function, regressions first",
        columns=(*words("function", *["variant"] * several), *effect_columns()),
        rows=tuple(
            (
                Cell(one.scenario),
                *((Cell(one.variant),) if several else ()),
                *effect_cells(one),
            )
            for one in by_news(functions.effects)
        ),
    )


def format_growth(growth: Growth) -> str:
    """How a function's time grows, in a few words."""
    low, high = growth.each_interval.low, growth.each_interval.high
    if growth.misfit > MISFIT_MAX:
        return f"no straight line: it misses by up to {units.percent(growth.misfit)}"
    if not math.isfinite(high):
        return "too few processes to fit a line"
    fixed = units.duration(growth.fixed_s)
    if low > 0:
        return f"{fixed} + {_format_step(growth)}"
    if high < 0:
        return f"{fixed}, and less with more of {growth.axis}"
    return f"{fixed}; no growth seen"


def _format_step(growth: Growth) -> str:
    """What as many more cost as there are at the first place, so that no digit is wasted."""
    step = units.duration(growth.each_s * growth.first)
    many = f" {units.count(growth.first)}" if growth.first != 1 else ""
    return f"{step} for each{many} of {growth.axis}"


def _growths(growths: Sequence[Growth]) -> Table:
    return Table(
        id="functions-growths",
        caption="How the time grows along a number: a line through the medians, process by process",
        columns=(
            *words("function", "strategy", "growth"),
            *numbers("from the first place to the last [90 %]", "largest misfit", "processes"),
        ),
        rows=tuple(
            (
                Cell(one.along),
                Cell(one.strategy),
                Cell(format_growth(one)),
                Cell(_over_all(one), number=one.each_s * (one.last - one.first)),
                Cell(units.percent(one.misfit), number=one.misfit),
                Cell(units.count(one.processes), number=one.processes),
            )
            for one in growths
        ),
    )


def _over_all(growth: Growth) -> str:
    """What the line gains from the first place to the last."""
    low, middle, high = (
        each_s * (growth.last - growth.first)
        for each_s in (growth.each_interval.low, growth.each_s, growth.each_interval.high)
    )
    if not math.isfinite(high - low):
        return _signed(middle)
    return f"{_signed(middle)} [{_signed(low)}, {_signed(high)}]"


def _signed(seconds: float) -> str:
    return f"{'-' if seconds < 0 else ''}{units.duration(abs(seconds))}"


def _levels(levels: Sequence[FunctionLevel]) -> Table:
    """Functions of one group together, compared with the group's first."""
    firsts: dict[str, FunctionLevel] = {}
    for one in levels:
        firsts.setdefault(one.group, one)
    order = {group: place for place, group in enumerate(firsts)}
    return Table(
        id="functions-levels",
        caption="What one call takes: the middle of the processes' medians, and their quartiles",
        columns=(
            *words("group", "function", "strategy"),
            *numbers("median", "quartiles", "against the group's first", "processes", "rounds"),
        ),
        rows=tuple(
            (
                Cell(one.group),
                Cell(one.name),
                Cell(one.strategy),
                Cell(units.duration(one.median_s), number=one.median_s),
                Cell(f"{units.duration(one.low_s)} to {units.duration(one.high_s)}"),
                _against(one, firsts[one.group]),
                Cell(units.count(one.processes), number=one.processes),
                Cell(units.count(one.rounds), number=one.rounds),
            )
            for one in sorted(levels, key=lambda one: order[one.group])
        ),
    )


def _against(one: FunctionLevel, first: FunctionLevel) -> Cell:
    if one is first:
        return Cell("")
    ratio = one.median_s / first.median_s
    return Cell(units.change(ratio), number=ratio)
