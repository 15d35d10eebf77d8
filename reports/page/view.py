"""Words and tables: everything a reader is shown, decided once, for terminal and page alike."""

import math
from collections.abc import Sequence
from dataclasses import replace

from contract.metrics import TAIL, TYPICAL
from contract.run.calibrated import CalibratedRecord
from contract.run.record import RunRecord
from reports import units
from reports.effects.bodies import differences_of
from reports.effects.capacity import LoadComparison
from reports.effects.comparison import Comparison
from reports.effects.family import FALSE_ALARMS_MAX
from reports.effects.host import HostNoise
from reports.effects.shapes import Effect, State, SubjectComparison, Verdict
from reports.effects.stages import NOT_STAGED, OUTSIDE
from reports.page import appendix, budgets, load, processes, tables, users
from reports.page.calibrated import calibrated_sentence
from reports.page.doubts import validity
from reports.page.drawn import drawn_in_words, rows_in_words
from reports.page.functions import functions_part
from reports.page.gists import gists_of
from reports.page.grouping import grouped_in_words
from reports.page.groups import counted
from reports.page.overview import overview_of
from reports.page.pages import pages_in_words, pages_part
from reports.page.reasons import all_in_words, in_words
from reports.page.shape_words import scenarios_in_words
from reports.page.shapes import Page, Section
from reports.verdicts.findings import Findings
from reports.verdicts.shapes import ClaimOutcome, ClaimVerdict


def build_page(
    record: RunRecord,
    findings: Findings,
    host: Sequence[HostNoise] = (),
    calibrated: CalibratedRecord | None = None,
) -> Page:
    """Word and sort a whole run."""
    comparison, judgement = findings.comparison, findings.judgement
    functions = functions_part(comparison.functions) if comparison.functions else None
    warnings = (
        *grouped_in_words([*comparison.warnings, *(each for one in host for each in one.warnings)]),
        *(functions.warnings if functions else ()),
    )
    reasons = grouped_in_words(comparison.reasons)
    return Page(
        title=f"{_variants_in_words(comparison)}: {record.id}",
        overview=overview_of(findings, reasons, len(warnings)),
        gists=gists_of(findings, record),
        headline=_headline(comparison),
        lede=(
            *_lede(comparison, findings.claims),
            *((calibrated_sentence(calibrated),) if calibrated else ()),
        ),
        state=comparison.state,
        reasons=reasons,
        warnings=warnings,
        verdicts=tables.verdict_table(comparison),
        gate=(
            budgets.gate_lines(comparison, judgement, findings.acceptances)
            if judgement.outcomes
            else ()
        ),
        budgets=budgets.budget_table(judgement, findings.acceptances),
        sections=tuple(
            _section(scenario, index, comparison)
            for index, scenario in enumerate(comparison.scenarios)
        ),
        memory=processes.memory_table(comparison),
        interactions=tables.interactions_table(findings.interactions),
        claims=budgets.claims_table(findings.claims),
        pages=pages_part(comparison.pages, comparison) if comparison.pages else None,
        functions=functions,
        delivery=appendix.requests_table(comparison),
        environment=appendix.environment(record, host),
        method=appendix.method(comparison),
        command=record.command,
        about=appendix.about(record),
        files=appendix.files_table(record),
        load=load.load_part(record.load, comparison) if record.load else None,
        validity=validity(comparison, warnings),
        notes=grouped_in_words(comparison.notes),
    )


# What happened, in sentences


def _variants_in_words(comparison: Comparison) -> str:
    return f"{', '.join(tables.others(comparison))} against {comparison.baseline}"


_NAMED_MAX = 4


def _headline(comparison: Comparison) -> str:
    trust = {
        State.COMPLETE: "",
        State.PARTIAL: "Partial run, read with care: ",
        State.INVALID: "Invalid run, proves nothing: ",
    }[comparison.state]
    if comparison.invalid_scenarios:
        trust = f"Invalid in {', '.join(sorted(comparison.invalid_scenarios))}: "
    carried = load.carried_in_words(comparison.load) if comparison.load else ""
    return f"{trust}{'; '.join(part for part in (carried, _changes_in_words(comparison)) if part)}"


def _changes_in_words(comparison: Comparison) -> str:
    typical = _primary(comparison, TYPICAL)
    if not typical and comparison.pages:
        typical = [one for one in comparison.effects("page") if one.primary]
    if not typical:
        return "nothing could be compared"
    changes = "; ".join(
        f"{variant} is {_variant_in_words([one for one in typical if one.variant == variant])}"
        for variant in dict.fromkeys(one.variant for one in typical)
    )
    if comparison.load is None:
        return changes
    if comparison.load.users:
        return f"with {units.count_of(comparison.load.users, 'users')} {changes}"
    return f"at {units.rate(comparison.load.rate_per_s)} requests per second {changes}"


def _primary(comparison: Comparison, metric: str) -> list[Effect]:
    """The effects that verdicts of the run rest on, of all scenarios that prove anything."""
    invalid = comparison.invalid_scenarios
    found = [one for one in comparison.effects() if one.primary and one.metric == metric]
    return [one for one in found if one.scenario not in invalid]


def _variant_in_words(effects: Sequence[Effect]) -> str:
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
    text = units.change(effect.ratio) if decided else _WORDS[effect.verdict]
    return f"{text} in {effect.scenario}"


def _lede(comparison: Comparison, claims: Sequence[ClaimOutcome]) -> tuple[str, ...]:
    sentences = [
        _how_sure(comparison),
        users.CLOSED_LOOP_IN_SHORT if comparison.load and comparison.load.users else "",
        scenarios_in_words(_primary(comparison, TYPICAL)),
        _undecided(comparison),
        _bytes_in_words(comparison),
        pages_in_words(comparison.pages, comparison) if comparison.pages else "",
        # Under load no claim is tested.
        _claims_in_words(claims) if comparison.load is None else "",
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
    rounds_text = f"From {units.count_of(rounds, 'rounds')} of requests in random order."
    if comparison.load:
        blocks = units.count_of(comparison.load.blocks, "blocks")
        served = (
            f"served {units.count_of(comparison.load.users, 'users')}; "
            f"{units.count_of(rounds, 'requests')} of each are compared"
            if comparison.load.users
            else f"served the same {units.count_of(rounds, 'arrivals')}"
        )
        rounds_text = (
            f"From {blocks} in which the variants took turns twice, in random order and back, and "
            f"{served}."
        )
    if comparison.design == "restarts":
        pairs = max(one.n for one in comparison.effects() if one.metric == TYPICAL)
        rounds_text = (
            f"From {units.count_of(pairs, 'pairs')} of starts, in which both revisions answered "
            f"{units.count_of(rounds, 'rounds')} of requests in random order."
        )
    if comparison.state is State.INVALID and not comparison.invalid_scenarios:
        return rounds_text
    # The canary's intervals are a family of their own.
    canary = any(scenario.canary for scenario in comparison.scenarios)
    equivalent = any(
        effect.verdict is Verdict.EQUIVALENT
        for scenario in comparison.scenarios
        for effect in scenario.effects
        if not scenario.canary
    )
    excluded = " and ".join(["canary"] * canary + ["those marked 90 %"] * equivalent)
    those = f"All intervals below ({excluded} excluded)" if excluded else "All intervals below"
    confidence = units.percent(1 - FALSE_ALARMS_MAX)
    return f"{rounds_text} {those} hold jointly with {confidence} confidence."


def _undecided(comparison: Comparison) -> str:
    tails = _primary(comparison, TAIL)
    open_ones = [one for one in tails if one.verdict is Verdict.INCONCLUSIVE]
    if not open_ones:
        return ""
    # Each needs so much more of the whole run: the longest is enough for all.
    more_s = max(one.needed_s or 0.0 for one in open_ones)
    short = any(one.short for one in open_ones)
    time = f"; {units.still_needed(more_s, short=short)}" if more_s else ""
    cases = f"{len(open_ones)} of {len(tails)} comparisons"
    return f"p95: too few requests for a verdict in {cases}{time}."


def _bytes_in_words(comparison: Comparison) -> str:
    changed = [
        counter
        for counter in comparison.counters()
        if counter.metric in {"db_bytes", "wire_bytes"}
        and counter.verdict in {Verdict.MORE, Verdict.FEWER}
    ]
    several = len(comparison.variants) > 2
    sizes = [
        f"{one.scenario}{f' ({one.variant})' if several else ''} "
        f"{units.size(one.before.median)} to {units.size(one.after.median)} "
        f"{units.metric_name(one.metric).removeprefix('bytes ')}"
        for one in changed[:_NAMED_MAX]
    ]
    return f"Bytes of one request: {', '.join(sizes)}." if sizes else ""


def _claims_in_words(claims: Sequence[ClaimOutcome]) -> str:
    counted = [
        f"{sum(one.verdict is verdict for one in claims)} {verdict}"
        for verdict in ClaimVerdict
        if any(one.verdict is verdict for one in claims)
    ]
    return f"Of {len(claims)} published claims: {', '.join(counted)}." if counted else ""


_NAMED_IN_SECTION_MAX = 2


def _section(scenario: SubjectComparison, index: int, comparison: Comparison) -> Section:
    slug = tables.slug_at(index, scenario.name)
    typical = [one for one in scenario.effects if one.metric == TYPICAL]
    many = tables.are_many(comparison)
    shown = replace(scenario, cpu=(), stages=()) if many else scenario
    return Section(
        id=tables.section_id(slug),
        title=_title(scenario),
        request=scenario.scenario.request,
        verdict=(
            "; ".join(map(_section_verdict, tables.by_news(typical)))
            if len(typical) <= _NAMED_IN_SECTION_MAX
            else counted(typical)
        ),
        facts=_facts(scenario, comparison.load),
        rows=rows_in_words(scenario),
        warnings=all_in_words(scenario.warnings),
        shapes=tuple(tables.sentence(in_words(one.shape)) for one in typical if one.shape),
        spark_chart_id=f"spark-{slug}",
        shape_chart_id=f"shape-{slug}",
        latency_chart_id=f"latency-{slug}",
        has_linear_axis=not many,
        shift_chart_id=f"shift-{slug}",
        time_chart_id=f"time-{slug}",
        stage_chart_id=f"stages-{slug}",
        stage_caption=_stage_caption(scenario),
        times=tables.times_table(scenario, slug, comparison),
        cpu=processes.cpu_table(shown, slug),
        stages=tables.stages_table(shown, slug),
        counters=tables.counters_table(scenario, slug, comparison),
    )


def _stage_caption(scenario: SubjectComparison) -> str:
    names = {name for one in scenario.stages for name, _ in one.parts}
    rests = [
        words
        for name, words in (
            (OUTSIDE, "is outside the service: network, queue and generator"),
            (NOT_STAGED, "is in no stage: the service's other work, network, queue and generator"),
        )
        if name in names
    ]
    rest = f" The hatched rest {', or '.join(rests)}." if rests else ""
    return f"Medians of the stages that the service reports.{rest}"


def _title(scenario: SubjectComparison) -> str:
    marked = scenario.canary and "canary" not in scenario.name.lower()
    return f"{scenario.name} (canary)" if marked else scenario.name


def _section_verdict(effect: Effect) -> str:
    return (
        f"{effect.variant}: {effect.verdict}, {units.value(effect.metric, effect.before.value)} to "
        f"{units.value(effect.metric, effect.after.value)}, "
        f"{tables.decided_change(effect)}"
    )


def _bodies_in_words(scenario: SubjectComparison) -> str:
    answers = scenario.scenario.answers
    if scenario.new:
        levels = [
            f"{units.metric_name(one.metric)} {units.value(one.metric, one.level.value)}"
            for one in scenario.own
            if one.level and one.metric in {TYPICAL, TAIL}
        ]
        return f"New in head: nothing is compared. {'; '.join(levels)}".rstrip()
    if answers and answers.not_compared:
        return "Bodies are not compared."
    found = "; ".join(all_in_words(differences_of(scenario)))
    return tables.sentence(found) or "All variants answered with the same bodies."


def _facts(scenario: SubjectComparison, under_load: LoadComparison | None) -> tuple[str, ...]:
    objective_s = scenario.scenario.objective_s
    if under_load and under_load.users:
        return (f"{units.count_of(scenario.rounds, 'requests')} of every variant are compared.",)
    left_out = (
        f" {units.count_of(scenario.rounds_left_out, 'rounds')} left out, because some variant's "
        "answer was wrong."
        if scenario.rounds_left_out
        else ""
    )
    return tuple(
        fact
        for fact in (
            tables.sentence(scenario.scenario.description),
            (
                f"{units.count_of(scenario.rounds, 'rounds')} "
                f"{'measured' if scenario.new else 'compared'}, each one request of every "
                f"variant{', due at the same moment of its step' if under_load else ''}.{left_out}"
            ),
            drawn_in_words(scenario),
            f"Objective: {units.set_time(objective_s)}." if objective_s else "",
            _bodies_in_words(scenario) if scenario.rounds else "",
            processes.idle_in_words(scenario),
            *map(tables.sentence, all_in_words(scenario.unchecked)),
        )
        if fact
    )
