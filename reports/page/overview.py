"""The first screen: one verdict, one short sentence, a row for each comparison, and cards."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from contract.exit_codes import INCONCLUSIVE, INVALID, PASSED, REGRESSED
from contract.metrics import CPU, FIRST_EVENT, TAIL, TYPICAL
from reports import units
from reports.clean import short
from reports.effects.comparison import Comparison
from reports.effects.shapes import CounterEffect, Effect, State, Verdict
from reports.page.budgets import observed_and_limit
from reports.page.cards import cards_of, decided_words, some_of
from reports.page.causes import causes_of
from reports.page.groups import Group, grid_of, groups_of
from reports.page.shapes import Cell, Change, Dumbbell, Overview
from reports.page.tables import VERDICT_TONES, section_id, slug_of
from reports.verdicts.findings import Findings
from reports.verdicts.shapes import Decision, Outcome

HEADLINE_MAX = 90
ROWS_MAX = 24
"""With more comparisons, scenarios are grouped: `GROUPS_MAX` rows, and a grid of all."""

GROUPS_MAX = 10

_BYTES = ("db_bytes", "wire_bytes", "body_bytes")
_QUERIES = "db_requests"
_CHIPS: dict[int, Cell] = {
    PASSED: Cell("PASS", "good"),
    REGRESSED: Cell("FAIL", "bad"),
    INCONCLUSIVE: Cell("INCONCLUSIVE", "unsure"),
    INVALID: Cell("INVALID", "bad"),
}
_WITHOUT_BUDGETS: dict[Verdict, Cell] = {
    Verdict.SLOWER: Cell("SLOWER", "bad"),
    Verdict.FASTER: Cell("FASTER", "good"),
    Verdict.EQUIVALENT: Cell("NO CHANGE", "same"),
    Verdict.INCONCLUSIVE: Cell("UNDECIDED", "unsure"),
}


def overview_of(findings: Findings, reasons: Sequence[str], warnings: int) -> Overview:
    """The first screen of a run.

    Args:
        findings: of the run.
        reasons: why it is not complete, in words.
        warnings: how many the page shows.
    """
    comparison = findings.comparison
    columns = _columns_of(comparison, {metric for _, _, metric in _failed(findings)})
    groups = groups_of(comparison)
    count = sum(len(one.rows) for one in groups)
    grouped = count > ROWS_MAX
    changes = tuple(
        _change(columns, one, effects, first=not place)
        for one in (groups[:GROUPS_MAX] if grouped else groups)
        for place, effects in enumerate(one.rows[:1] if grouped else one.rows)
    )
    return Overview(
        chip=_chip(findings),
        headline=short(_headline(findings), HEADLINE_MAX),
        titles=columns.titles,
        changes=changes,
        left_out=count - len(changes),
        grid=grid_of(groups if grouped else (), comparison),
        cards=tuple(cards_of(findings, reasons, warnings)),
        causes=causes_of(comparison),
    )


def _chip(findings: Findings) -> Cell:
    comparison, judgement = findings.comparison, findings.judgement
    if comparison.state is not State.COMPLETE:
        return Cell(
            comparison.state.upper(), "bad" if comparison.state is State.INVALID else "unsure"
        )
    if judgement.exit_code in _CHIPS:
        return _CHIPS[judgement.exit_code]
    verdicts = {one.verdict for one in _primaries(comparison)}
    for verdict in (Verdict.SLOWER, Verdict.FASTER, Verdict.EQUIVALENT):
        if verdict in verdicts:
            return _WITHOUT_BUDGETS[verdict]
    return _WITHOUT_BUDGETS[Verdict.INCONCLUSIVE]


# The headline


def _primaries(comparison: Comparison) -> list[Effect]:
    """Typical and p95 latencies that verdicts of the run rest on; pages where there are none."""
    invalid = comparison.invalid_scenarios
    found = [
        one
        for one in comparison.effects()
        if one.primary and one.metric in {TYPICAL, TAIL} and one.scenario not in invalid
    ]
    return found or [one for one in comparison.effects("page") if one.primary]


_Key = tuple[str, str, str]
"""Scenario, variant and metric."""


def _failed(findings: Findings) -> Mapping[_Key, Outcome]:
    """Budgets that are exceeded."""
    return {
        (one.budget.scenario, one.budget.variant, one.budget.metric): one
        for one in findings.judgement.outcomes
        if one.decision is Decision.FAIL
    }


def _over_budget(failed: Sequence[Outcome]) -> str:
    """`CPU time of list: 1.18x, limit 1.03x, and 2 more`."""
    if not failed:
        return ""
    budget = failed[0].budget
    of = f" of {budget.scenario}" if budget.scenario else ""
    more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
    observed, limit = observed_and_limit(failed[0])
    over = f"{observed.partition(' [')[0]}, limit {limit}"
    return f"{units.metric_name(budget.metric)}{of}: {over}{more}"


def _headline(findings: Findings) -> str:
    comparison = findings.comparison
    broken = sorted(comparison.invalid_scenarios)
    if comparison.state is State.INVALID and not broken:
        return "Invalid run, proves nothing"
    trust = f"Invalid in {some_of(broken)}: " if broken else ""
    trust += "Partial run: " * (comparison.state is State.PARTIAL)
    effects = _primaries(comparison)
    if not effects:
        return f"{trust}{'n' if trust else 'N'}othing could be compared"
    centres = [one for one in effects if one.metric != TAIL]
    faster = [one for one in centres if one.verdict is Verdict.FASTER]
    several = len(comparison.variants) > 2
    parts = [
        *_bad_news(effects, _failed(findings), several=several),
        _better(faster, len(centres), several=several),
    ]
    if load := comparison.load:
        driven = f"At {units.rate(load.rate_per_s)} requests per second"
        if load.users:
            driven = f"Closed loop of {units.count_of(load.users, 'users')}"
        trust += f"{driven}: "
    text = joined([part for part in parts if part], HEADLINE_MAX - len(trust))
    passed = bool(findings.judgement.outcomes) and findings.judgement.exit_code == PASSED
    text = text or _unchanged(centres, passed=passed)
    if text.startswith(("all are", "every budget")) and not trust:
        text = f"{text[0].upper()}{text[1:]}"
    return f"{trust}{text}"


def _bad_news(
    effects: Sequence[Effect], failed: Mapping[_Key, Outcome], *, several: bool
) -> Iterator[str]:
    """What exceeds its budget, then what else is slower; of a scenario and variant one thing."""
    slower = [one for one in effects if one.verdict is Verdict.SLOWER]
    named: set[tuple[str, str]] = set()
    for exceeding in (True, False):
        for tail, of in ((False, ""), (True, "p95 of ")):
            found = [
                one
                for one in slower
                if (one.metric == TAIL) is tail and (_key(one) in failed) is exceeding
                if (one.scenario, one.variant) not in named
            ]
            named |= {(one.scenario, one.variant) for one in found}
            yield _worse(found, of, several=several)
        if exceeding:
            effects_named = {_key(one) for one in slower}
            yield _over_budget([one for key, one in failed.items() if key not in effects_named])


def _key(effect: Effect) -> _Key:
    return effect.scenario, effect.variant, effect.metric


def joined(parts: Sequence[str], length: int) -> str:
    """The first part, and each other one that has room: half a phrase says nothing."""
    text = parts[0] if parts else ""
    for part in parts[1:]:
        longer = f"{text}; {part}"
        text = longer if len(longer) <= length else text
    return text


def _worse(effects: Sequence[Effect], of: str, *, several: bool) -> str:
    if not effects:
        return ""
    worst = max(effects, key=lambda one: one.ratio)
    named = f"{of}{worst.scenario} is {units.change(worst.ratio)}"
    if several:
        named += f" with {worst.variant}"
    return named if len(effects) == 1 else f"{named}, and {len(effects) - 1} more"


def _better(effects: Sequence[Effect], compared: int, *, several: bool) -> str:
    if not effects:
        return ""
    least, most = (chosen(effects, key=lambda one: one.ratio) for chosen in (max, min))
    if len(effects) == 1:
        return f"{most.scenario} is {units.change(most.ratio)}{f' with {most.variant}' * several}"
    gains = [units.change(one.ratio).removesuffix(" faster") for one in (least, most)]
    all_of = "all" if len(effects) == compared else f"{len(effects)} of {compared}"
    return f"{all_of} are faster, {gains[0]} to {gains[1]}"


def _unchanged(effects: Sequence[Effect], *, passed: bool) -> str:
    same = sum(one.verdict is Verdict.EQUIVALENT for one in effects)
    if same == len(effects):
        return f"No change in {units.count_of(len({one.scenario for one in effects}), 'scenarios')}"
    undecided = f"{len(effects) - same} of {len(effects)} comparisons are undecided"
    return f"every budget is kept; {undecided}" if passed else f"{undecided}, none is slower"


# The rows


class _Columns(NamedTuple):
    """What stands behind the change, of what this run has.

    Attributes:
        times: metrics that have effects.
        counted: the bytes that say most, and queries.
    """

    times: tuple[str, ...]
    counted: tuple[str, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """In the order of each row's cells."""
        names = {metric: units.metric_name(metric) for metric in (*self.times, *self.counted)}
        short_names = {TAIL: "p95", CPU: "CPU"}
        return tuple(
            short_names.get(metric, name.removeprefix("typical ")) for metric, name in names.items()
        )


def _columns_of(comparison: Comparison, failed: Collection[str]) -> _Columns:
    """Those with a failed budget first: where there is little room, the last ones are left out."""
    estimated = {one.metric for one in comparison.effects()}
    known = {one.metric for one in comparison.counters()}
    sizes = [metric for metric in _BYTES if metric in known]
    times = (TAIL, *(metric for metric in (FIRST_EVENT, CPU) if metric in estimated))
    return _Columns(
        tuple(sorted(times, key=lambda metric: metric not in failed)),
        (*sizes[:1], *((_QUERIES,) if _QUERIES in known else ())),
    )


def _change(
    columns: _Columns, group: Group, effects: Mapping[str, Effect], *, first: bool
) -> Change:
    typical, subject, slug = effects[TYPICAL], group.subject, group.slug
    counters = {one.metric: one for one in subject.counters if one.variant == typical.variant}
    tail = effects.get(TAIL)
    text, bracket = decided_words(typical)
    same = typical.verdict is Verdict.EQUIVALENT
    shown = typical.interval90 if same else typical.interval_familywise
    return Change(
        scenario=subject.name,
        request=subject.scenario.request,
        variant=typical.variant,
        anchor=section_id(slug),
        first=first,
        before=units.value(TYPICAL, typical.before.value),
        after=units.value(TYPICAL, typical.after.value),
        change=Cell(text, VERDICT_TONES[typical.verdict]),
        interval=bracket,
        others=(
            *(_effect_cell(effects.get(metric)) for metric in columns.times),
            *(_counter_cell(counters.get(metric)) for metric in columns.counted),
        ),
        dumbbell=Dumbbell(
            chart_id=f"change-{slug}-{slug_of(typical.variant)}",
            before_s=typical.before.value,
            after_s=typical.after.value,
            before_p95_s=tail.before.value if tail else math.nan,
            after_p95_s=tail.after.value if tail else math.nan,
            tone=VERDICT_TONES[typical.verdict],
        ),
        ratio=typical.ratio,
        low=shown.low,
        high=shown.high,
    )


def _effect_cell(effect: Effect | None) -> Cell:
    if effect is None:
        return Cell("")
    text, _ = decided_words(effect)
    return Cell({"no change": "="}.get(text, text), VERDICT_TONES[effect.verdict])


def _counter_cell(counter: CounterEffect | None) -> Cell:
    if counter is None:
        return Cell("")
    if counter.verdict is Verdict.EQUAL:
        return Cell("=", "same")
    before, after = (
        units.value(counter.metric, one.median) for one in (counter.before, counter.after)
    )
    text = f"{before} → {after}" if before != after else f"about {before}"
    return Cell(text, VERDICT_TONES[counter.verdict])
