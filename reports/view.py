"""Words and tables: everything a reader is shown, decided once, for terminal and page alike."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from reports import appendix, ledger, units
from reports.compare import FALSE_ALARMS_MAX
from reports.model import (
    TAIL,
    TYPICAL,
    ClaimOutcome,
    ClaimVerdict,
    Comparison,
    CounterEffect,
    Effect,
    HostNoise,
    Judgement,
    Lack,
    MicroRow,
    ScenarioComparison,
    State,
    Verdict,
)
from reports.page import Cell, Column, Page, Section, Table, Tone
from reports.record import RunRecord


def build_page(
    record: RunRecord,
    comparison: Comparison,
    judgement: Judgement,
    claims: Sequence[ClaimOutcome],
    micro: Sequence[MicroRow],
    host: Sequence[HostNoise] = (),
) -> Page:
    """Word and sort a whole run."""
    return Page(
        title=f"{_variants_in_words(comparison)}: {record.id}",
        headline=_headline(comparison),
        lede=_lede(comparison, claims),
        state=comparison.state,
        reasons=comparison.reasons,
        warnings=(
            *comparison.warnings,
            *(f"{one.scenario}: {warning}" for one in host for warning in one.warnings),
        ),
        verdicts=_verdict_table(comparison),
        gate=ledger.gate_lines(comparison, judgement) if judgement.outcomes else (),
        budgets=ledger.budget_table(judgement),
        sections=tuple(
            _section(scenario, index, comparison)
            for index, scenario in enumerate(comparison.scenarios)
        ),
        claims=ledger.claims_table(claims),
        micro=appendix.micro_table(micro),
        delivery=appendix.delivery_table(comparison),
        environment=appendix.environment(record, host),
        method=appendix.method(comparison),
        command=record.command,
        about=appendix.about(record),
        files=appendix.files_table(record),
    )


# What happened, in sentences


def _others(comparison: Comparison) -> list[str]:
    return [name for name in comparison.variants if name != comparison.baseline]


def _variants_in_words(comparison: Comparison) -> str:
    return f"{', '.join(_others(comparison))} against {comparison.baseline}"


_BAD_NEWS_FIRST = {
    Verdict.SLOWER: 0,
    Verdict.MORE: 0,
    Verdict.INCONCLUSIVE: 1,
    Verdict.FASTER: 2,
    Verdict.FEWER: 2,
    Verdict.EQUIVALENT: 3,
    Verdict.EQUAL: 3,
}
_NAMED_MAX = 4


def _by_news(effects: Iterable[Effect]) -> list[Effect]:
    """Regressions first, worst first; then typical before tail: undecided, gains, and the same."""
    return sorted(
        effects,
        key=lambda one: (
            one.verdict is not Verdict.SLOWER,
            one.metric == TAIL,
            _BAD_NEWS_FIRST[one.verdict],
            one.ratio if one.verdict is Verdict.FASTER else -one.ratio,
        ),
    )


def _headline(comparison: Comparison) -> str:
    trust = {
        State.COMPLETE: "",
        State.PARTIAL: "Partial run, to be read with care: ",
        State.INVALID: "Invalid run, proving nothing: ",
    }[comparison.state]
    typical = [one for one in comparison.effects() if one.primary and one.metric == TYPICAL]
    if not typical:
        return f"{trust}nothing could be compared"
    told = [
        f"{variant} is {_told([one for one in typical if one.variant == variant])}"
        for variant in dict.fromkeys(one.variant for one in typical)
    ]
    return f"{trust}{'; '.join(told)}"


def _told(effects: Sequence[Effect]) -> str:
    """`1.94x slower in file_list, 30.1x faster in workflow_list`."""
    phrases = []
    for verdict in sorted({one.verdict for one in effects}, key=lambda one: _BAD_NEWS_FIRST[one]):
        alike = _by_news(one for one in effects if one.verdict is verdict)
        named = [_phrase(one) for one in alike[:_NAMED_MAX]]
        if len(alike) > _NAMED_MAX:
            named = [*named[: _NAMED_MAX - 1], f"{_WORDS[verdict]} in {len(alike) - 3} more"]
        phrases.extend(named)
    return ", ".join(phrases)


_WORDS = {
    Verdict.SLOWER: "slower",
    Verdict.FASTER: "faster",
    Verdict.EQUIVALENT: "neither slower nor faster",
    Verdict.INCONCLUSIVE: "undecided",
}


def _phrase(effect: Effect) -> str:
    decided = effect.verdict in {Verdict.SLOWER, Verdict.FASTER}
    said = units.change(effect.ratio) if decided else _WORDS[effect.verdict]
    return f"{said} in {effect.scenario}"


def _lede(comparison: Comparison, claims: Sequence[ClaimOutcome]) -> tuple[str, ...]:
    sentences = [
        _how_sure(comparison),
        _undecided(comparison),
        _bytes_told(comparison),
        _claims_told(claims),
    ]
    return tuple(sentence for sentence in sentences if sentence)


def _how_sure(comparison: Comparison) -> str:
    rounds = sum(one.rounds for one in comparison.scenarios if not one.canary)
    bounded = any(
        effect.primary and math.isfinite(effect.interval_familywise.high)
        for effect in comparison.effects()
    )
    if not bounded:
        return ""
    rounds_told = f"From {units.count_of(rounds, 'rounds')} of requests in random order."
    if comparison.state is State.INVALID:
        return rounds_told
    # The canary's intervals are a family of their own, so nothing is promised of all together.
    canary = any(scenario.canary for scenario in comparison.scenarios)
    return (
        f"{rounds_told} With {units.percent(1 - FALSE_ALARMS_MAX)} confidence, every interval in "
        f"the table below{', the canary left aside,' if canary else ''} holds the truth."
    )


def _undecided(comparison: Comparison) -> str:
    tails = [one for one in comparison.effects() if one.primary and one.metric == TAIL]
    open_ones = [one for one in tails if one.verdict is Verdict.INCONCLUSIVE]
    if not open_ones:
        return ""
    # Each needs so much more of the whole run: the longest is enough for all.
    more_s = max(one.needed_s or 0.0 for one in open_ones)
    short = any(one.short for one in open_ones)
    time = f"; {units.still_needed(more_s, short=short)}" if more_s else ""
    return (
        f"About p95 latency this run cannot speak in {len(open_ones)} of {len(tails)} cases{time}."
    )


def _bytes_told(comparison: Comparison) -> str:
    changed = [
        counter
        for counter in comparison.counters()
        if counter.metric in {"db_bytes", "wire_bytes"}
        and counter.verdict in {Verdict.MORE, Verdict.FEWER}
    ]
    several = len(comparison.variants) > 2
    told = [
        f"{one.scenario}{f' ({one.variant})' if several else ''} "
        f"{units.size(one.before.median)} to {units.size(one.after.median)} "
        f"{units.metric_name(one.metric).removeprefix('bytes ')}"
        for one in changed[:_NAMED_MAX]
    ]
    return f"Bytes of one request: {', '.join(told)}." if told else ""


def _claims_told(claims: Sequence[ClaimOutcome]) -> str:
    counted = [
        f"{sum(one.verdict is verdict for one in claims)} {verdict}"
        for verdict in ClaimVerdict
        if any(one.verdict is verdict for one in claims)
    ]
    return f"Of {len(claims)} published claims: {', '.join(counted)}." if counted else ""


# Tables of effects

_TONES: Mapping[Verdict, Tone] = {
    Verdict.SLOWER: "bad",
    Verdict.MORE: "bad",
    Verdict.FASTER: "good",
    Verdict.FEWER: "good",
    Verdict.EQUIVALENT: "same",
    Verdict.EQUAL: "same",
    Verdict.INCONCLUSIVE: "unsure",
}


def _verdict_table(comparison: Comparison) -> Table:
    shown = [one for one in comparison.effects() if one.metric in {TYPICAL, TAIL}]
    canaries = [one for one in shown if not one.primary]
    primaries = [one for one in shown if one.primary]
    return Table(
        id="verdicts",
        caption="Latency, regressions first; the canary runs the same code in every variant",
        columns=_effect_columns(comparison, with_scenario=True),
        rows=tuple(
            (*_where(one, comparison), *_effect_cells(one))
            for one in (*_by_news(primaries), *_by_news(canaries))
        ),
    )


def _effect_columns(comparison: Comparison, *, with_scenario: bool) -> tuple[Column, ...]:
    several = len(comparison.variants) > 2
    return (
        *((Column("scenario"),) if with_scenario else ()),
        *((Column("variant"),) if several else ()),
        Column("metric"),
        Column("verdict"),
        Column("change [interval]", numeric=True),
        Column("before" if several else comparison.baseline, numeric=True),
        Column("after" if several else _others(comparison)[-1], numeric=True),
        Column("n", numeric=True),
        Column("notes"),
    )


def _where(effect: Effect | CounterEffect, comparison: Comparison) -> tuple[Cell, ...]:
    several = len(comparison.variants) > 2
    return (Cell(effect.scenario), *((Cell(effect.variant),) if several else ()))


def _effect_cells(effect: Effect) -> tuple[Cell, ...]:
    return (
        Cell(units.metric_name(effect.metric)),
        Cell(effect.verdict, _TONES[effect.verdict]),
        Cell(units.change(effect.ratio, effect.interval_familywise)),
        Cell(units.value(effect.metric, effect.before.value)),
        Cell(units.value(effect.metric, effect.after.value)),
        Cell(units.count_of(effect.n, effect.unit)),
        Cell(_notes(effect)),
    )


def _notes(effect: Effect) -> str:
    notes = [*effect.warnings, *effect.notes]
    if effect.verdict is Verdict.INCONCLUSIVE and not effect.warnings:
        notes.append(f"a change under {_seen(effect)} could have stayed unseen")
    if effect.needed_s is not None and effect.metric in {TYPICAL, TAIL}:
        notes.append(units.still_needed(effect.needed_s, short=effect.short))
    return "; ".join(notes)


def _seen(effect: Effect) -> str:
    return units.change(effect.detectable_ratio).removesuffix(" slower")


def _section(scenario: ScenarioComparison, index: int, comparison: Comparison) -> Section:
    slug = f"{index + 1}-{re.sub('[^a-z0-9]+', '-', scenario.name.lower()).strip('-')}"
    typical = [one for one in scenario.effects if one.metric == TYPICAL]
    return Section(
        id=f"scenario-{slug}",
        title=_title(scenario),
        request=scenario.request,
        verdict="; ".join(_section_verdict(one) for one in _by_news(typical)),
        facts=_facts(scenario),
        warnings=scenario.warnings,
        latency_chart_id=f"latency-{slug}",
        stage_chart_id=f"stages-{slug}",
        times=_times_table(scenario, slug, comparison),
        stages=_stages_table(scenario, slug),
        counters=_counters_table(scenario, slug, comparison),
    )


def _title(scenario: ScenarioComparison) -> str:
    told = scenario.canary and "canary" not in scenario.name.lower()
    return f"{scenario.name} (canary)" if told else scenario.name


def _section_verdict(effect: Effect) -> str:
    return (
        f"{effect.variant}: {effect.verdict}, {units.value(effect.metric, effect.before.value)} to "
        f"{units.value(effect.metric, effect.after.value)}, "
        f"{units.change(effect.ratio, effect.interval_familywise)}"
    )


def _facts(scenario: ScenarioComparison) -> tuple[str, ...]:
    differing = scenario.rounds_bodies_differ
    bodies = (
        f"Bodies DIFFER in {differing:,} of {units.count_of(scenario.rounds, 'rounds')}."
        if differing
        else "All variants gave the same bodies."
    )
    left_out = (
        f" {units.count_of(scenario.rounds_left_out, 'rounds')} left out for want of a right "
        "answer of every variant."
        if scenario.rounds_left_out
        else ""
    )
    return tuple(
        fact
        for fact in (
            _sentence(scenario.description),
            (
                f"{units.count_of(scenario.rounds, 'rounds')} compared, each one request of every "
                f"variant.{left_out}"
            ),
            bodies if scenario.rounds else "",
            *map(_sentence, scenario.unchecked),
        )
        if fact
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}." if text else ""


def _times_table(scenario: ScenarioComparison, slug: str, comparison: Comparison) -> Table:
    several = len(comparison.variants) > 2
    return Table(
        id=f"times-{slug}",
        caption="Times; all but typical and p95 latency are advisory",
        columns=_effect_columns(comparison, with_scenario=False),
        rows=tuple(
            (*((Cell(one.variant),) if several else ()), *_effect_cells(one))
            for one in scenario.effects
        ),
    )


def _stages_table(scenario: ScenarioComparison, slug: str) -> Table:
    names = [name for name, _ in scenario.stages[0].parts] if scenario.stages else []
    rows = [
        (
            Cell(name),
            *(Cell(units.duration(dict(stage.parts)[name])) for stage in scenario.stages),
        )
        for name in names
    ]
    whole = (
        Cell("whole request"),
        *(Cell(units.duration(stage.latency_s)) for stage in scenario.stages),
    )
    return Table(
        id=f"stage-medians-{slug}",
        caption="Median of each stage; medians need not add up to the median of the whole",
        columns=(
            Column("stage"),
            *(Column(stage.variant, numeric=True) for stage in scenario.stages),
        ),
        rows=(*rows, whole) if rows else (),
    )


def _counters_table(scenario: ScenarioComparison, slug: str, comparison: Comparison) -> Table:
    several = len(comparison.variants) > 2
    counters = sorted(scenario.counters, key=lambda one: _BAD_NEWS_FIRST[one.verdict])

    def variant_cell(one: CounterEffect | Lack) -> tuple[Cell, ...]:
        return (Cell(one.variant),) if several else ()

    return Table(
        id=f"counters-{slug}",
        caption="Counted for each request; no noise, so no interval",
        columns=(
            *((Column("variant"),) if several else ()),
            Column("counter"),
            Column("verdict"),
            Column("change", numeric=True),
            Column("before", numeric=True),
            Column("after", numeric=True),
            Column("notes"),
        ),
        rows=(
            *((*variant_cell(one), *_counter_cells(one)) for one in counters),
            *((*variant_cell(one), *_unknown_cells(one)) for one in scenario.lacks if one.counted),
        ),
    )


def _counter_cells(counter: CounterEffect) -> tuple[Cell, ...]:
    notes = [
        f"{name} varies from {units.value(counter.metric, spread.low)} to "
        f"{units.value(counter.metric, spread.high)}"
        for name, spread in (("before", counter.before), ("after", counter.after))
        if not spread.exact
    ]
    if not counter.within.exact and math.isfinite(counter.within.high):
        ends = (units.factor(end) for end in (counter.within.low, counter.within.high))
        notes.append(f"in a round {' to '.join(ends)}")
    ratio = 1.0 if counter.verdict is Verdict.EQUAL else counter.ratio
    return (
        Cell(units.metric_name(counter.metric)),
        Cell(counter.verdict, _TONES[counter.verdict]),
        Cell("" if ratio is None else units.change(ratio, words=("fewer", "more"))),
        Cell(units.value(counter.metric, counter.before.median)),
        Cell(units.value(counter.metric, counter.after.median)),
        Cell("; ".join(notes)),
    )


def _unknown_cells(lack: Lack) -> tuple[Cell, ...]:
    lacking = f"{lack.rounds_lacking:,} of {units.count_of(lack.rounds, 'rounds')} lack it"
    name = Cell(units.metric_name(lack.metric))
    return name, Cell("unknown", "unsure"), Cell(""), Cell(""), Cell(""), Cell(lacking)
