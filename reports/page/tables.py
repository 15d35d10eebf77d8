"""Effects, stages and counters as tables: cells made once, for terminal and page alike."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from contract.metrics import CPU, OF_STREAMS, TAIL, TYPICAL
from reports import units
from reports.effects.capacity import LoadComparison
from reports.effects.comparison import Comparison
from reports.effects.interactions import InteractionEffect, Together
from reports.effects.levels import Change
from reports.effects.shapes import (
    CounterEffect,
    Delivery,
    Effect,
    MissingMetric,
    SubjectComparison,
    Verdict,
)
from reports.page.reasons import all_in_words
from reports.page.shape_words import typical_in_words
from reports.page.shapes import Cell, Column, Table, Tone, numbers, words

BAD_NEWS_FIRST = {
    Verdict.SLOWER: 0,
    Verdict.MORE: 0,
    Verdict.INCONCLUSIVE: 1,
    Verdict.FASTER: 2,
    Verdict.FEWER: 2,
    Verdict.EQUIVALENT: 3,
    Verdict.EQUAL: 3,
}


def by_news(effects: Iterable[Effect]) -> list[Effect]:
    """Regressions first, worst first; then typical before tail: undecided, gains, and the same."""
    return sorted(
        effects,
        key=lambda one: (
            one.verdict is not Verdict.SLOWER,
            one.metric == TAIL,
            BAD_NEWS_FIRST[one.verdict],
            one.ratio if one.verdict is Verdict.FASTER else -one.ratio,
        ),
    )


def others(comparison: Comparison) -> list[str]:
    """All variants but the baseline."""
    return [name for name in comparison.variants if name != comparison.baseline]


VERDICT_TONES: Mapping[Verdict, Tone] = {
    Verdict.SLOWER: "bad",
    Verdict.MORE: "bad",
    Verdict.FASTER: "good",
    Verdict.FEWER: "good",
    Verdict.EQUIVALENT: "same",
    Verdict.EQUAL: "same",
    Verdict.INCONCLUSIVE: "unsure",
}


def verdict_table(comparison: Comparison) -> Table:
    """Typical and p95 latency of every scenario, and the CPU time where it can be read."""
    shown = [
        one
        for one in comparison.effects()
        if one.metric in {TYPICAL, TAIL, CPU, *OF_STREAMS}
        and one.scenario not in comparison.invalid_scenarios
    ]
    primaries, canaries = (
        by_news(one for one in shown if one.primary is primary) for primary in (True, False)
    )
    caption = f"{_verdict_caption(comparison.load)}; {typical_in_words(comparison.design)}"
    effects = () if are_many(comparison) else (*primaries, *canaries)
    return effects_table("verdicts", caption, effects, comparison, "scenario")


_COMPARISONS_MAX = 60
"""With more pairs of scenario and variant, a page of every metric and chart has several megabytes:
the grid of all changes is first, and the scenarios have what verdicts rest on."""


def are_many(comparison: Comparison) -> bool:
    """Whether only what says something has room."""
    return len(comparison.scenarios) * len(others(comparison)) > _COMPARISONS_MAX


def _verdict_caption(load: LoadComparison | None) -> str:
    if load is None:
        return "Latency, regressions first; the canary runs the same code in every variant"
    if load.users:
        return f"Latency with {units.count_of(load.users, 'users')} at a time, regressions first"
    return (
        f"Latency at {units.rate(load.rate_per_s)} requests per second, from when each was due, "
        "regressions first; a canary's code is the same in every variant, its neighbours' is not"
    )


def effects_table(
    table_id: str, caption: str, effects: Iterable[Effect], comparison: Comparison, kind: str = ""
) -> Table:
    """One row for each effect; `kind` titles a first column with the subjects' names."""
    several = len(comparison.variants) > 2
    ends = ("before", "after") if several else (comparison.baseline, others(comparison)[-1])
    return Table(
        id=table_id,
        caption=caption,
        columns=(
            *words(*[kind] * bool(kind), *["variant"] * several, "metric"),
            *effect_columns(*ends),
        ),
        rows=tuple(
            (
                *[Cell(one.scenario)] * bool(kind),
                *_variant_cells(one.variant, several=several),
                Cell(units.metric_name(one.metric)),
                *effect_cells(one),
            )
            for one in effects
        ),
    )


def effect_columns(before: str = "before", after: str = "after") -> tuple[Column, ...]:
    """The columns of an effect, from the verdict to the notes."""
    numeric = ("change [interval]", before, after, "adjusted p", "margin", "n")
    return (*words("verdict"), *numbers(*numeric), *words("notes"))


def _variant_cells(variant: str, *, several: bool) -> tuple[Cell, ...]:
    return (Cell(variant),) if several else ()


def effect_cells(effect: Effect) -> tuple[Cell, ...]:
    """The cells of `effect_columns`."""
    return (
        Cell(effect.verdict, VERDICT_TONES[effect.verdict]),
        Cell(decided_change(effect), number=effect.ratio),
        Cell(units.value(effect.metric, effect.before.value), number=effect.before.value),
        Cell(units.value(effect.metric, effect.after.value), number=effect.after.value),
        _chance_cell(effect.p_adjusted),
        Cell(units.percent(effect.margin), number=effect.margin),
        Cell(units.count_of(effect.n, effect.unit), number=effect.n),
        Cell(_notes(effect)),
    )


def decided_change(effect: Effect | Change) -> str:
    """A change with the interval that decided its verdict; the margin's is marked."""
    shown = units.change_words(effect.metric)
    if effect.verdict is not Verdict.EQUIVALENT:
        return units.change(effect.ratio, effect.interval_familywise, shown)
    interval = effect.interval90
    confidence = units.percent(round(interval.confidence, 2))
    return f"{units.change(effect.ratio, interval, shown)} ({confidence})"


def _chance_cell(p_value: float | None) -> Cell:
    return Cell("") if p_value is None else Cell(units.chance(p_value), number=p_value)


def _notes(effect: Effect) -> str:
    notes = [*all_in_words(effect.warnings), *all_in_words(effect.notes)]
    if effect.verdict is Verdict.INCONCLUSIVE and not effect.warnings:
        notes.append(f"may hide a change below {_detectable(effect)}")
    if effect.needed_s is not None and (effect.primary or effect.metric in {TYPICAL, TAIL}):
        notes.append(units.needed_in_short(effect.needed_s, short=effect.short))
    return "; ".join(notes)


def _detectable(effect: Effect) -> str:
    return units.change(effect.detectable_ratio).removesuffix(" slower")


def times_table(
    subject: SubjectComparison,
    slug: str,
    comparison: Comparison,
    primary: str = "typical and p95 latency",
) -> Table:
    """Every time of one scenario or page."""
    if any(one.metric == CPU and one.primary for one in subject.effects):
        primary = f"{primary} and {units.metric_name(CPU)}"
    caption = f"Times of {subject.name}; all but {primary} are advisory"
    effects = subject.effects
    if are_many(comparison):
        effects = tuple(
            one
            for one in effects
            if one.metric == TYPICAL or (one.primary and one.verdict is not Verdict.INCONCLUSIVE)
        )
        caption = f"Times of {subject.name}; undecided and advisory ones: comparison.csv"
    return effects_table(f"times-{slug}", caption, effects, comparison)


def stages_table(scenario: SubjectComparison, slug: str) -> Table:
    """Where the time of one scenario went."""
    of_variants = [dict(stage.parts) for stage in scenario.stages]
    names = dict.fromkeys(name for parts in of_variants for name in parts)
    rows = [
        (
            Cell(name),
            *(Cell(units.duration(parts[name]) if name in parts else "") for parts in of_variants),
        )
        for name in names
    ]
    whole = (
        Cell("whole request"),
        *(Cell(units.duration(stage.latency_s)) for stage in scenario.stages),
    )
    return Table(
        id=f"stage-medians-{slug}",
        caption=f"Medians of the stages of {scenario.name}; they need not add up to that of the "
        "whole",
        columns=(
            Column("stage"),
            *(Column(stage.variant, numeric=True) for stage in scenario.stages),
        ),
        rows=(*rows, whole) if rows else (),
    )


def counters_table(
    scenario: SubjectComparison,
    slug: str,
    comparison: Comparison,
    counted: str = "request",
) -> Table:
    """Every counter of one scenario or page, also those that could not be compared."""
    several = len(comparison.variants) > 2
    counters = sorted(scenario.counters, key=lambda one: BAD_NEWS_FIRST[one.verdict])
    rest = ""
    if are_many(comparison):
        counters = [one for one in counters if one.verdict is not Verdict.EQUAL]
        rest = "; equal ones: comparison.csv"
    rows: tuple[tuple[CounterEffect | MissingMetric, tuple[Cell, ...]], ...] = (
        *((one, _counter_cells(one)) for one in counters),
        *((one, _unknown_cells(one)) for one in scenario.missing if one.counted),
    )

    return Table(
        id=f"counters-{slug}",
        caption=f"Counted for each {counted} of {scenario.name}; no noise, so no interval{rest}",
        columns=(
            *words(*["variant"] * several, "counter", "verdict"),
            *numbers("change", "before", "after"),
            *words("notes"),
        ),
        rows=tuple((*_variant_cells(one.variant, several=several), *cells) for one, cells in rows),
    )


def _counter_cells(counter: CounterEffect) -> tuple[Cell, ...]:
    notes = []
    for name, spread in (("before", counter.before), ("after", counter.after)):
        low, high = (units.value(counter.metric, end) for end in (spread.low, spread.high))
        if not spread.exact:
            between = f"from {low} to {high}" if low != high else "by less than these digits show"
            notes.append(f"{name} varies {between}")
    if not counter.within.exact and math.isfinite(counter.within.high):
        ends = (units.factor(end) for end in (counter.within.low, counter.within.high))
        notes.append(f"in a round {' to '.join(dict.fromkeys(ends))}")
    ratio = 1.0 if counter.verdict is Verdict.EQUAL else counter.ratio
    return (
        Cell(units.metric_name(counter.metric)),
        Cell(counter.verdict, VERDICT_TONES[counter.verdict]),
        Cell("" if ratio is None else units.change(ratio, words=("fewer", "more")), number=ratio),
        Cell(units.value(counter.metric, counter.before.median), number=counter.before.median),
        Cell(units.value(counter.metric, counter.after.median), number=counter.after.median),
        Cell("; ".join(notes)),
    )


def _unknown_cells(missing: MissingMetric) -> tuple[Cell, ...]:
    rounds = units.count_of(missing.rounds, "rounds")
    note = f"missing in {missing.rounds_missing:,} of {rounds}"
    name = Cell(units.metric_name(missing.metric))
    return name, Cell("unknown", "unsure"), Cell(""), Cell(""), Cell(""), Cell(note)


_TOGETHER_TONES: Mapping[Together, Tone] = {
    Together.HINDER: "bad",
    Together.HELP: "good",
    Together.INDEPENDENT: "same",
    Together.INCONCLUSIVE: "unsure",
}


def interactions_table(interactions: Sequence[InteractionEffect]) -> Table:
    """Each change alone, both together, and what is left beyond their product."""
    return Table(
        id="interactions",
        caption="Typical latency against the baseline: each change alone, and both together",
        columns=(
            *words("scenario", "changes"),
            *numbers("first alone", "second alone", "their product", "both"),
            *numbers("beyond the product [interval]"),
            *words("verdict"),
            *numbers("n"),
        ),
        rows=tuple(
            (
                Cell(one.scenario),
                Cell(f"{one.stated.first} and {one.stated.second} ({one.stated.both})"),
                *(_ratio_cell(ratio) for ratio in one.alone),
                _ratio_cell(one.alone[0] * one.alone[1]),
                _ratio_cell(one.together),
                Cell(units.change(one.ratio, one.interval), number=one.ratio),
                Cell(one.verdict, _TOGETHER_TONES[one.verdict]),
                Cell(units.count_of(one.n, "rounds"), number=one.n),
            )
            for one in interactions
        ),
    )


def _ratio_cell(ratio: float) -> Cell:
    return Cell(units.factor(ratio), number=ratio)


def delivery_table(
    table_id: str,
    caption: str,
    titles: tuple[str, str, str],
    subjects: Iterable[tuple[SubjectComparison, str]],
) -> Table:
    """What each variant was sent and what failed.

    `titles` are of the columns with the subjects, their observations and earlier errors; each
    subject comes with a note on what was planned.
    """
    kind, observations, errors_before = titles
    subjects = list(subjects)
    known = any(one.connections for subject, _ in subjects for one in subject.deliveries)
    return Table(
        id=table_id,
        caption=caption,
        columns=(
            *words(kind, "variant"),
            *numbers(observations, "errors", errors_before, "rounds"),
            *(numbers("connections opened") if known else ()),
            *words("notes"),
        ),
        rows=tuple(
            (
                Cell(subject.name),
                Cell(one.variant),
                Cell(units.count(one.requests)),
                Cell(f"{one.errors:,}", "bad" if one.errors else ""),
                Cell(f"{one.warmup_errors:,} of {one.warmup_requests:,}"),
                Cell(f"{subject.rounds + subject.rounds_left_out:,}"),
                *([_opened(one)] if known else []),
                Cell("; ".join([*[note] * bool(note), *_kinds(one)])),
            )
            for subject, note in subjects
            for one in subject.deliveries
        ),
    )


def _opened(delivery: Delivery) -> Cell:
    found = delivery.connections
    return Cell(f"{found.opening:,}", number=found.opening) if found else Cell("")


def _kinds(delivery: Delivery) -> Iterator[str]:
    """The commonest errors and notes, and connections that had been closed."""
    for kind, count in (*delivery.kinds[:3], *delivery.notes[:3]):
        yield f"{count:,} x {kind}"
    if delivery.connections and delivery.connections.replaced:
        replaced = units.count_of(delivery.connections.replaced, "connections")
        yield f"{replaced} had been closed while idle and replaced"


def slug_of(name: str) -> str:
    """A name as part of an id."""
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")


def slug_at(index: int, name: str) -> str:
    """A scenario's place and name as part of the ids of its section and its charts."""
    return f"{index + 1}-{slug_of(name)}"


def section_id(slug: str) -> str:
    """The id of a scenario's section, which links lead to."""
    return f"scenario-{slug}"


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop; an empty one stays empty."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}." if text else ""
