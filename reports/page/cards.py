"""Cards beside the headline: a few words about each part of the page, with a link to it."""

from collections.abc import Iterable, Iterator, Sequence

from contract.metrics import TYPICAL
from reports import units
from reports.effects.comparison import Comparison
from reports.effects.family import FALSE_ALARMS_MAX
from reports.effects.shapes import Effect, State, Verdict
from reports.page.load import carried_in_words
from reports.page.reasons import in_words
from reports.page.shapes import Card, Tone
from reports.page.tables import by_news, decided_change, section_id, slug_at
from reports.page.users import throughput_in_words
from reports.verdicts.findings import Findings
from reports.verdicts.shapes import ClaimOutcome, ClaimVerdict, Decision, Outcome

_NAMED_MAX = 2
_CLAIM_TONES: dict[ClaimVerdict, Tone] = {
    ClaimVerdict.REPRODUCED: "good",
    ClaimVerdict.PARTLY: "good",
    ClaimVerdict.NOT_REPRODUCED: "same",
    ClaimVerdict.REFUTED: "bad",
    ClaimVerdict.UNDECIDED: "unsure",
    ClaimVerdict.NOT_MEASURED: "",
}


def cards_of(findings: Findings, reasons: Sequence[str], warnings: int) -> Iterator[Card]:
    """Capacity, budgets, claims, pages, how sure, and what to do.

    Args:
        findings: of the run.
        reasons: why it is not complete, in words.
        warnings: how many the page shows.
    """
    load = findings.comparison.load
    if load and (carried := carried_in_words(load)):
        yield Card("Capacity", carried, "capacity")
    if findings.comparison.throughputs:
        yield Card("Throughput", throughput_in_words(findings.comparison), "capacity")
    if findings.judgement.outcomes:
        yield _budgets(findings.judgement.outcomes)
    if findings.claims and findings.comparison.load is None:
        yield _claims(findings.claims)
    if findings.comparison.pages:
        yield Card("Pages in a browser", pages_in_short(findings.comparison), "pages")
    yield _sure(findings.comparison, warnings)
    yield _next(findings, reasons)


def _budgets(outcomes: Sequence[Outcome]) -> Card:
    failed = [one for one in outcomes if one.decision is Decision.FAIL]
    opened = [one for one in outcomes if one.decision is Decision.INCONCLUSIVE]
    kept = len(outcomes) - len(failed) - len(opened)
    named = [
        ", ".join(part for part in (one.budget.scenario, one.budget.variant) if part)
        for one in failed
    ]
    texts = [
        f"{len(failed)} of {len(outcomes)} failed: {some_of(named)}" if failed else "",
        f"{kept} kept" if kept else "",
        f"{len(opened)} undecided" if opened else "",
    ]
    bar: tuple[tuple[Tone, int], ...] = (
        ("bad", len(failed)),
        ("unsure", len(opened)),
        ("good", kept),
    )
    return Card("Budgets", " · ".join(text for text in texts if text), "gate", bar)


def claims_in_short(claims: Sequence[ClaimOutcome]) -> str:
    """How many were reproduced, and so on; empty without claims."""
    return " · ".join(f"{count} {verdict}" for verdict, count in _counts(claims) if count)


def _counts(claims: Sequence[ClaimOutcome]) -> list[tuple[ClaimVerdict, int]]:
    return [(verdict, sum(one.verdict is verdict for one in claims)) for verdict in ClaimVerdict]


def _claims(claims: Sequence[ClaimOutcome]) -> Card:
    bar = tuple((_CLAIM_TONES[verdict], count) for verdict, count in _counts(claims))
    return Card("Claims", claims_in_short(claims), "ledger", bar)


def pages_in_short(comparison: Comparison) -> str:
    """The worst news of pages; empty without pages."""
    effects = by_news(one for one in comparison.effects("page") if one.primary)
    several = len(comparison.variants) > 2
    return some_of(
        f"{one.scenario} {decided_words(one)[0]}{f' ({one.variant})' * several}" for one in effects
    )


def _sure(comparison: Comparison, warnings: int) -> Card:
    rounds = sum(one.rounds for one in comparison.scenarios if not one.canary)
    measured = units.count_of(rounds, "arrivals" if comparison.load else "rounds")
    if comparison.load and comparison.load.users:
        measured = f"{units.count_of(rounds, 'requests')} of each variant"
    if comparison.design == "restarts":
        pairs = max((one.n for one in comparison.effects() if one.metric == TYPICAL), default=0)
        measured = f"{units.count_of(pairs, 'pairs')} of starts, {measured}"
    invalid = comparison.state is State.INVALID and not comparison.invalid_scenarios
    holds = f"all changes hold jointly with {units.percent(1 - FALSE_ALARMS_MAX)} confidence"
    texts = [
        measured,
        "an invalid run proves nothing" if invalid else holds,
        f"{units.count_of(warnings, 'warnings')}" if warnings else "no warnings",
    ]
    return Card("How sure", " · ".join(texts), "warnings" if warnings else "method")


def _next(findings: Findings, reasons: Sequence[str]) -> Card:
    """What to do, in one sentence."""
    comparison, judgement = findings.comparison, findings.judgement
    if comparison.state is not State.COMPLETE:
        reason = reasons[0] if reasons else "the run did not end as planned"
        text = f"Mend this and measure again: {reason.rstrip('.')}."
        return Card("Next", text, "validity")
    failed = [one for one in judgement.outcomes if one.decision is Decision.FAIL]
    if failed:
        name = failed[0].budget.scenario
        found = next(
            (index for index, one in enumerate(comparison.scenarios) if one.name == name), None
        )
        where = "gate" if found is None else section_id(slug_at(found, name))
        what = units.metric_name(failed[0].budget.metric)
        return Card("Next", f"Look at {name or 'the budgets'}: {what}.", where)
    opened = [
        one
        for one in judgement.outcomes
        if one.decision is Decision.INCONCLUSIVE and not one.not_required
    ]
    if opened:
        more_s = max(one.needed_s or 0.0 for one in opened)
        short_of = any(one.short for one in opened)
        if more_s:
            return Card("Next", f"Undecided: {units.still_needed(more_s, short=short_of)}.", "gate")
        why = next((in_words(note) for one in opened for note in one.notes), "see the budgets")
        return Card("Next", f"Undecided: {why}.", "gate")
    if judgement.outcomes:
        return Card("Next", "Nothing: every budget that must be kept is kept.", "gate")
    return Card("Next", "State budgets, so that the gate has something to judge.", "verdict")


def decided_words(effect: Effect) -> tuple[str, str]:
    """The change, and its interval in brackets.

    Where no direction is decided, the interval has signs of its own: + is more, so slower.
    """
    if effect.verdict is Verdict.EQUIVALENT:
        level = units.percent(round(effect.interval90.confidence, 2))
        return "no change", f"{units.signed(effect.interval90)} ({level})"
    if effect.verdict is Verdict.INCONCLUSIVE:
        return "undecided", units.signed(effect.interval_familywise)
    whole = decided_change(effect)
    bracket = f"[{whole.partition(' [')[2]}" if " [" in whole else ""
    # Decided by stepping down: an interval that holds no change is wider than what decided.
    return units.change(effect.ratio), "" if effect.interval_familywise.holds(1.0) else bracket


def some_of(names: Iterable[str]) -> str:
    """The first few of some names, each once."""
    once = list(dict.fromkeys(names))
    more = f" and {len(once) - _NAMED_MAX} more" if len(once) > _NAMED_MAX else ""
    return f"{'; '.join(once[:_NAMED_MAX])}{more}"
