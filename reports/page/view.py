"""Words and tables: everything a reader is shown, decided once, for terminal and page alike."""

import math
import re
from collections.abc import Sequence

from contract.run.record import RunRecord
from reports import units
from reports.effects.compare import FALSE_ALARMS_MAX
from reports.model import (
    TAIL,
    TYPICAL,
    ClaimOutcome,
    ClaimVerdict,
    Comparison,
    Effect,
    HostNoise,
    LoadComparison,
    ScenarioComparison,
    State,
    Verdict,
)
from reports.page import appendix, ledger, load_words, tables
from reports.page.functions_words import functions_part
from reports.page.pages_words import pages_part, pages_told
from reports.page.shapes import Page, Section
from reports.verdicts.findings import Findings


def build_page(
    record: RunRecord,
    findings: Findings,
    host: Sequence[HostNoise] = (),
) -> Page:
    """Word and sort a whole run."""
    comparison, judgement = findings.comparison, findings.judgement
    functions = functions_part(comparison.functions) if comparison.functions else None
    return Page(
        title=f"{_variants_in_words(comparison)}: {record.id}",
        headline=_headline(comparison),
        lede=_lede(comparison, findings.claims),
        state=comparison.state,
        reasons=comparison.reasons,
        warnings=(
            *comparison.warnings,
            *(f"{one.scenario}: {warning}" for one in host for warning in one.warnings),
            *(functions.warnings if functions else ()),
        ),
        verdicts=tables.verdict_table(comparison),
        gate=(
            ledger.gate_lines(comparison, judgement, findings.acceptances)
            if judgement.outcomes
            else ()
        ),
        budgets=ledger.budget_table(judgement, findings.acceptances),
        sections=tuple(
            _section(scenario, index, comparison)
            for index, scenario in enumerate(comparison.scenarios)
        ),
        interactions=tables.interactions_table(findings.interactions),
        claims=ledger.claims_table(findings.claims),
        pages=pages_part(comparison.pages, comparison) if comparison.pages else None,
        functions=functions,
        delivery=appendix.delivery_table(comparison),
        environment=appendix.environment(record, host),
        method=appendix.method(comparison),
        command=record.command,
        about=appendix.about(record),
        files=appendix.files_table(record),
        load=load_words.load_part(record.load, comparison) if record.load else None,
    )


# What happened, in sentences


def _variants_in_words(comparison: Comparison) -> str:
    return f"{', '.join(tables.others(comparison))} against {comparison.baseline}"


_NAMED_MAX = 4


def _headline(comparison: Comparison) -> str:
    trust = {
        State.COMPLETE: "",
        State.PARTIAL: "Partial run, to be read with care: ",
        State.INVALID: "Invalid run, proving nothing: ",
    }[comparison.state]
    carried = load_words.carried_told(comparison.load) if comparison.load else ""
    return f"{trust}{'; '.join(part for part in (carried, _changed_told(comparison)) if part)}"


def _changed_told(comparison: Comparison) -> str:
    typical = [one for one in comparison.effects() if one.primary and one.metric == TYPICAL]
    if not typical and comparison.pages:
        typical = [one for one in comparison.pages.effects() if one.primary]
    if not typical:
        return "nothing could be compared"
    told = "; ".join(
        f"{variant} is {_told([one for one in typical if one.variant == variant])}"
        for variant in dict.fromkeys(one.variant for one in typical)
    )
    if comparison.load is None:
        return told
    return f"at {units.rate(comparison.load.rate_per_s)} requests a second {told}"


def _told(effects: Sequence[Effect]) -> str:
    """`1.94x slower in file_list, 30.1x faster in workflow_list`."""
    phrases = []
    for verdict in sorted(
        {one.verdict for one in effects}, key=lambda one: tables.BAD_NEWS_FIRST[one]
    ):
        alike = tables.by_news(one for one in effects if one.verdict is verdict)
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
        pages_told(comparison.pages) if comparison.pages else "",
        # Under load no claim is tested, which the ledger says of each.
        _claims_told(claims) if comparison.load is None else "",
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
    if comparison.load:
        blocks = units.count_of(comparison.load.blocks, "blocks")
        rounds_told = (
            f"From {blocks} in which the variants took turns twice, in random order and back, and "
            f"served the same {units.count_of(rounds, 'arrivals')}."
        )
    if comparison.design == "restarts":
        pairs = max(one.n for one in comparison.effects() if one.metric == TYPICAL)
        rounds_told = (
            f"From {units.count_of(pairs, 'pairs')} of starts, in which both revisions answered "
            f"{units.count_of(rounds, 'rounds')} of requests in random order."
        )
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


def _section(scenario: ScenarioComparison, index: int, comparison: Comparison) -> Section:
    slug = f"{index + 1}-{re.sub('[^a-z0-9]+', '-', scenario.name.lower()).strip('-')}"
    typical = [one for one in scenario.effects if one.metric == TYPICAL]
    return Section(
        id=f"scenario-{slug}",
        title=_title(scenario),
        request=scenario.request,
        verdict="; ".join(_section_verdict(one) for one in tables.by_news(typical)),
        facts=_facts(scenario, comparison.load),
        warnings=scenario.warnings,
        latency_chart_id=f"latency-{slug}",
        shift_chart_id=f"shift-{slug}",
        time_chart_id=f"time-{slug}",
        stage_chart_id=f"stages-{slug}",
        times=tables.times_table(scenario, slug, comparison),
        stages=tables.stages_table(scenario, slug),
        counters=tables.counters_table(scenario, slug, comparison),
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


def _facts(scenario: ScenarioComparison, load: LoadComparison | None) -> tuple[str, ...]:
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
                f"variant{', due at the same moment of its step' if load else ''}.{left_out}"
            ),
            f"Objective: {units.set_time(scenario.objective_s)}." if scenario.objective_s else "",
            bodies if scenario.rounds else "",
            *map(_sentence, scenario.unchecked),
        )
        if fact
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}." if text else ""
