"""Budgets and claims in words: what is allowed or predicted, and what was measured."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from contract.config.defaults import DEFAULT_BUDGET
from contract.config.judging import Accepted, Budget
from contract.metrics import BODIES, CAPACITY, MORE_IS_BETTER, TYPICAL, Design, find
from reports import units
from reports.effects.comparison import Comparison
from reports.effects.shapes import State
from reports.page.grouping import grouped_in_words
from reports.page.reasons import all_in_words
from reports.page.shapes import Cell, Table, Tone, numbers, words
from reports.statistics.values import Interval
from reports.verdicts.accepted import Acceptance
from reports.verdicts.answers import is_new
from reports.verdicts.shapes import ClaimOutcome, ClaimVerdict, Decision, Judgement, Outcome

_DECISION_TONES: Mapping[Decision, Tone] = {
    Decision.PASS: "good",
    Decision.FAIL: "bad",
    Decision.INCONCLUSIVE: "unsure",
}
_FAILED_FIRST = (Decision.FAIL, Decision.INCONCLUSIVE, Decision.PASS)
_ACCEPTED = "ACCEPTED"
_UNDECIDED = "UNDECIDED"
_JUDGED_RUNS: Mapping[Design, tuple[str, tuple[str, ...]]] = {
    "paired": ("a run at low load", ()),
    "load": ("a run under load", ("under_load = true",)),
    "restarts": ("a run of two revisions", ("revisions = true",)),
}


def _no_budgets(comparison: Comparison) -> tuple[str, ...]:
    """What to add to the configuration, with names of this run."""
    run, own = _JUDGED_RUNS[comparison.design]
    variant = next(name for name in comparison.variants if name != comparison.baseline)
    # What was sent in the burn-in alone decides nothing.
    compared = [one for one in comparison.scenarios if one.rounds] or comparison.scenarios
    limited = {"scenario": compared[0].name, "variant": variant}
    if comparison.design == "restarts":
        del limited["variant"]
    return (
        f"no budgets for {run}: add these lines to the configuration and measure again",
        "[[budgets]]",
        *(f'{key} = "{name}"' for key, name in (limited | {"metric": TYPICAL}).items()),
        *own,
        "ratio_max = 1.05",
    )


def no_budget_line(stated: Sequence[Mapping[str, Any]], *, under_load: bool) -> str:
    """Before variants are measured: that no budget is about such a run; empty where one is.

    Args:
        stated: budgets as a configuration holds them.
        under_load: whether the run is.
    """
    if any(
        not one.get("revisions") and bool(one.get("under_load")) == under_load for one in stated
    ):
        return ""
    return "no budget limits this run: `versus gate` will have nothing to judge"


def default_budgets_line(stated: Sequence[Mapping[str, Any]]) -> str:
    """Which default budgets two revisions get, before they are measured; empty where none.

    Args:
        stated: budgets as a configuration holds them.
    """
    mine = [one for one in stated if str(one.get("reason", "")).startswith(DEFAULT_BUDGET)]
    if not mine:
        return ""
    limits = ", ".join(
        f"{units.metric_name(one['metric'])} {units.factor(one['ratio_max'])}"
        f"{'*' if one.get('undecided') == 'pass' else ''}"
        for one in mine
    )
    return (
        f"{DEFAULT_BUDGET}s, because no [[budgets]] with revisions = true are stated: of each "
        f"scenario at most {limits} (* undecided: not required)"
    )


def gate_lines(
    comparison: Comparison, judgement: Judgement, acceptances: Sequence[Acceptance] = ()
) -> tuple[str, ...]:
    """The gate's answer: one headline, then what failed and what would decide the undecided."""
    if not judgement.outcomes:
        return _no_budgets(comparison)
    by_budget = {one.budget: one for one in acceptances}
    outcomes = _compared(_failed_first(judgement, by_budget))
    # Of what is kept, what answers gained is worth a line; of what is new, one line is enough.
    lines = [
        outcome_line(one, by_budget.get(one.budget))
        for one in outcomes
        if (one.decision is not Decision.PASS or one.notes) and not is_new(one)
    ]
    new = dict.fromkeys(one.budget.scenario for one in judgement.outcomes if is_new(one))
    return (
        _gate_headline(comparison, outcomes, by_budget),
        *lines,
        *(f"NEW {name}: new in head, so not compared; only value_max is judged" for name in new),
        *dict.fromkeys(_idle_line(one.entry) for one in acceptances if _is_idle(one, acceptances)),
    )


def repeat_line(outcomes: Sequence[Outcome], measure: str, again: str) -> str:
    """What to do about an undecided gate instead of measuring until one passes.

    Args:
        outcomes: of the gate.
        measure: the command that measures the same once more; empty where that is unknown.
        again: the command that judges this run and the next one together.

    Returns: empty where more runs would decide nothing.
    """
    curable = any(
        one.decision is Decision.INCONCLUSIVE
        and not one.not_required
        and one.needed_s is not None
        and one.budget.of_ratio
        for one in outcomes
    )
    measure = f": {measure}" if measure else ""
    line = (
        f"undecided; repeating until it passes does not work. Measure once more{measure}; then "
        f"judge both runs together: {again}"
    )
    return line * curable


def _is_idle(acceptance: Acceptance, acceptances: Sequence[Acceptance]) -> bool:
    """Whether every budget is kept without the entry."""
    return all(one.standing == "idle" for one in acceptances if one.entry == acceptance.entry)


def _idle_line(entry: Accepted) -> str:
    where = ", ".join((entry.scenario, entry.variant, units.metric_name(entry.metric)))
    return f"note: {where}: kept without its [[accepted]], which can be removed: {entry.reason}"


def _is_accepted(acceptance: Acceptance | None) -> bool:
    return acceptance is not None and acceptance.standing == "accepted"


def _failed_first(judgement: Judgement, by_budget: Mapping[Budget, Acceptance]) -> list[Outcome]:
    def rank(outcome: Outcome) -> tuple[bool, bool, int]:
        kept = outcome.decision is Decision.PASS
        accepted = _is_accepted(by_budget.get(outcome.budget))
        return kept, accepted or outcome.not_required, _FAILED_FIRST.index(outcome.decision)

    return sorted(judgement.outcomes, key=rank)


def _compared(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those that compare something; where all that was judged is new in head, all."""
    return [one for one in outcomes if not is_new(one)] or list(outcomes)


def _gate_headline(
    comparison: Comparison, outcomes: Sequence[Outcome], by_budget: Mapping[Budget, Acceptance]
) -> str:
    of_all = f"of {units.count_of(len(outcomes), 'budgets')}"
    left = [one for one in outcomes if not _is_accepted(by_budget.get(one.budget))]
    failed = sum(one.decision is Decision.FAIL for one in left)
    kept = sum(one.decision is Decision.PASS for one in left)
    spared = sum(one.not_required for one in left)
    undecided = len(left) - failed - kept - spared
    others = f", {spared} undecided and not required" if spared else ""
    accepted = len(outcomes) - len(left)
    others += f", {accepted} accepted" if accepted else ""
    if comparison.state is not State.COMPLETE:
        why = "; ".join(grouped_in_words(comparison.reasons))
        cannot = "this run cannot pass any budget"
        if comparison.invalid_scenarios:
            # Whoever mends the answers reads what else is exceeded.
            cannot = f"this run cannot pass; {failed} {of_all} exceeded in other scenarios"
        return f"{comparison.state.upper()}: {cannot}: {why}"
    if failed:
        open_ones = f", {undecided} undecided" if undecided else ""
        return f"FAIL: {failed} {of_all} exceeded{open_ones}{others}"
    if undecided or not (kept or accepted):
        return f"INCONCLUSIVE: {undecided} {of_all} undecided, none exceeded{others}"
    return f"PASS: {kept} {of_all} kept{others}"


def outcome_line(outcome: Outcome, acceptance: Acceptance | None) -> str:
    """The outcome of one budget, in one line."""
    observed, limit = observed_and_limit(outcome, before_interval=", 90 % interval ")
    where = budget_in_words(outcome.budget)
    notes = _notes(outcome, acceptance)
    # The limit of answers is always 0; where they differ says more.
    is_clear = outcome.budget.metric == BODIES and any(notes)
    parts = ("" if is_clear else f"{observed}, limit {limit}", *notes)
    return f"{_decision(outcome, acceptance)} {where}: {'; '.join(part for part in parts if part)}"


def budget_in_words(budget: Budget) -> str:
    """What a budget limits."""
    names = (budget.scenario, budget.variant, units.metric_name(budget.metric))
    return ", ".join(name for name in names if name)


def _decision(outcome: Outcome, acceptance: Acceptance | None) -> str:
    if _is_accepted(acceptance):
        return _ACCEPTED
    return _UNDECIDED if outcome.not_required else outcome.decision


def decision_cell(outcome: Outcome, acceptance: Acceptance | None) -> Cell:
    """The gate's decision on one budget."""
    tone = _DECISION_TONES[outcome.decision]
    return Cell(_decision(outcome, acceptance), "unsure" if _is_accepted(acceptance) else tone)


def _notes(outcome: Outcome, acceptance: Acceptance | None) -> tuple[str, ...]:
    accepted = _accepted(acceptance) if acceptance else ""
    # Where it is accepted either way, more measuring decides nothing.
    spared = outcome.not_required and not _is_accepted(acceptance)
    needed = "" if spared or _is_accepted(acceptance) else _still_needed(outcome)
    not_required = "undecided: not required" if spared else ""
    reasons = all_in_words(outcome.notes)
    return not_required, _not_sure(outcome), *reasons, accepted, outcome.budget.reason, needed


def _accepted(acceptance: Acceptance) -> str:
    entry = acceptance.entry
    until = entry.expires.isoformat()
    # Another answer is accepted as it is.
    up_to = "" if entry.ratio_max is None else f" up to {units.factor(entry.ratio_max)}"
    if acceptance.standing == "accepted":
        return f"accepted{up_to} until {until}: {entry.reason}"
    if acceptance.standing == "expired":
        return f"was accepted until {until}, which is past: {entry.reason}"
    if acceptance.standing == "exceeded":
        return f"accepted{up_to} only: {entry.reason}"
    return "kept without its [[accepted]], which can be removed"


def _still_needed(outcome: Outcome) -> str:
    if outcome.needed_s is None:
        return ""
    return units.still_needed(outcome.needed_s, short=outcome.short)


def _not_sure(outcome: Outcome) -> str:
    """Why a budget is undecided though its interval, if it has one, lies beyond its limit."""
    open_above = outcome.budget.limit < outcome.interval90.low < math.inf
    estimated = outcome.interval90.confidence < 1.0 and not outcome.notes
    if open_above and estimated and outcome.decision is Decision.INCONCLUSIVE:
        return "a FAIL needs the joint 99 % interval above the limit"
    return ""


def observed_and_limit(outcome: Outcome, before_interval: str = " ") -> tuple[str, str]:
    """What was observed, with its 90 % interval behind `before_interval`, and the limit."""
    budget = outcome.budget
    if _of_capacity(outcome):
        return _capacity_and_limit(outcome)

    def shown(number: float, digits: int) -> str:
        if budget.of_ratio:
            return units.factor(number, digits)
        return units.value(budget.metric, number, digits)

    limit = budget.limit
    least = "at least " if budget.metric in MORE_IS_BETTER else ""
    if math.isnan(outcome.observed):
        return "not measured", f"{least}{shown(limit, 3)}"
    if math.isinf(outcome.observed):
        return "some where the baseline counts none", shown(limit, 3)
    observed, limit_text = units.with_limit(outcome.observed, limit, shown)
    interval = _between(outcome.interval90, shown, limit)
    return f"{observed}{interval and before_interval}{interval}", f"{least}{limit_text}"


def _capacity_and_limit(outcome: Outcome) -> tuple[str, str]:
    shown = units.factor if outcome.budget.ratio_min is not None else _requests
    limit = outcome.budget.limit
    low, high = outcome.interval90.low, outcome.interval90.high
    ends = [units.with_limit(end, limit, shown)[0] for end in (low, high) if 0 < end < math.inf]
    bounds = " to ".join(ends) or "unknown"
    if ends and math.isinf(high):
        bounds = f"at least {bounds}"
    elif ends and low <= 0:
        bounds = f"less than {bounds}"
    return bounds, f"at least {units.with_limit(low, limit, shown)[1]}"


def _requests(per_s: float, digits: int) -> str:
    return f"{units.rate(per_s, digits)}/s"


def _between(interval: Interval, shown: Any, limit: float) -> str:
    if interval.confidence == 1.0:
        return ""
    ends = [
        units.with_limit(end, limit, shown)[0] if math.isfinite(end) else f"no {side} bound"
        for side, end in (("lower", interval.low), ("upper", interval.high))
    ]
    return f"[{', '.join(ends)}]"


_FROM_BELOW = {
    CAPACITY: ", and of a capacity the lower of its bounds",
    "events_per_s_p50": ", and of events per second the lower end",
}


def _of_capacity(outcome: Outcome) -> bool:
    return outcome.budget.metric == CAPACITY


def budget_table(judgement: Judgement, acceptances: Sequence[Acceptance] = ()) -> Table:
    """Every budget, exceeded ones first."""
    by_budget = {one.budget: one for one in acceptances}
    limited = {one.budget.metric for one in judgement.outcomes}
    rows = []
    for outcome in _compared(_failed_first(judgement, by_budget)):
        budget, acceptance = outcome.budget, by_budget.get(outcome.budget)
        observed, limit = observed_and_limit(outcome)
        rows.append(
            (
                Cell(budget.scenario or "all"),
                Cell(budget.variant),
                Cell(units.metric_name(budget.metric)),
                Cell(observed),
                Cell(limit),
                decision_cell(outcome, acceptance),
                Cell("; ".join(part for part in _notes(outcome, acceptance) if part)),
            )
        )
    return Table(
        id="budgets",
        caption="Budgets; a pass needs the upper end of the 90 % interval within the limit"
        f"{''.join(text for metric, text in _FROM_BELOW.items() if metric in limited)}",
        columns=(
            *words("scenario", "variant", "metric"),
            *numbers("observed [90 %]", "limit"),
            *words("decision", "notes"),
        ),
        rows=tuple(rows),
    )


_CLAIM_TONES: Mapping[ClaimVerdict, Tone] = {
    ClaimVerdict.REPRODUCED: "good",
    ClaimVerdict.PARTLY: "unsure",
    ClaimVerdict.NOT_REPRODUCED: "bad",
    ClaimVerdict.REFUTED: "bad",
    ClaimVerdict.UNDECIDED: "unsure",
    ClaimVerdict.NOT_MEASURED: "",
}


def claims_table(outcomes: Sequence[ClaimOutcome]) -> Table:
    """Every published claim and what was measured."""
    return Table(
        id="claims",
        caption="Published claims and what was measured",
        columns=(
            *words("claim"),
            *numbers("claimed", "measured [90 %]"),
            *words("verdict", "notes"),
        ),
        rows=tuple(map(_claim_cells, outcomes)),
    )


def _claim_cells(outcome: ClaimOutcome) -> tuple[Cell, ...]:
    return (
        Cell(f"{outcome.claim.id}: {outcome.claim.text}"),
        Cell(_claimed(outcome)),
        Cell("" if outcome.ratio is None else _measured(outcome, outcome.ratio)),
        Cell(outcome.verdict, _CLAIM_TONES[outcome.verdict]),
        Cell("; ".join((*all_in_words(outcome.notes), f"source: {outcome.claim.source}"))),
    )


def _claim_words(outcome: ClaimOutcome) -> tuple[str, str]:
    is_time = find(outcome.claim.metric).is_time
    return ("faster", "slower") if is_time else ("fewer", "more")


def _claimed(outcome: ClaimOutcome) -> str:
    expected = outcome.claim.ratio_expected
    if expected is None:
        return ""
    return (
        f"{units.percent(1 - expected)} less: {units.change(expected, words=_claim_words(outcome))}"
    )


def _measured(outcome: ClaimOutcome, ratio: float) -> str:
    less = f"{units.percent(1 - ratio)} less: " if ratio < 1 else ""
    return f"{less}{units.change(ratio, outcome.interval90, _claim_words(outcome))}"
