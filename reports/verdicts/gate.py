"""Judges a comparison against budgets: pure, and never silently a pass."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from contract.config.judging import EVERY, Budget
from contract.exit_codes import INCONCLUSIVE, INVALID, PASSED, USAGE
from contract.metrics import CALL_TIME, CAPACITY, MORE_IS_BETTER, OF_PROCESSES, TYPICAL, find
from reports.effects.comparison import SERVED, Comparison
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import (
    CounterEffect,
    Effect,
    MissingMetric,
    Spread,
    State,
    SubjectComparison,
)
from reports.statistics.values import Interval
from reports.verdicts.answers import follows_answers, is_new, judge_answers
from reports.verdicts.memory import judge_memory
from reports.verdicts.shapes import Decision, Judgement, Outcome, exit_code_of

_NOTHING = Interval(-math.inf, math.inf, 1.0)


def judge(comparison: Comparison, budgets: Sequence[Budget]) -> Judgement:
    """Judge every budget and fold the answers into one exit code.

    PASS needs no correction for the number of budgets, because every one must pass; FAIL uses
    intervals that hold together for the whole run.
    """
    stated = tuple(
        _judge_budget(comparison, one)
        for budget in budgets
        if budget.design == comparison.design
        for one in expanded(budget, comparison)
    )
    # Without a budget nobody asked for a judgement.
    answers = judge_answers(comparison) if stated and comparison.design == "restarts" else ()
    return conclude(comparison.state, (*answers, *stated))


def expanded(budget: Budget, comparison: Comparison) -> Iterator[Budget]:
    """A budget on every scenario, or on every function, as one on each.

    On every function: also on those that were not measured, and where there are none, it stays.
    """
    names = [scenario.name for scenario in comparison.scenarios]
    if budget.scenario == EVERY and budget.metric == CALL_TIME:
        functions = comparison.functions
        measured = [one.scenario for one in functions.effects] if functions else []
        missing = [one.function for one in functions.missing if one.is_open] if functions else []
        names = list(dict.fromkeys((*measured, *missing))) or [EVERY]
    yield from for_each(budget, names)


def for_each(budget: Budget, names: Sequence[str]) -> Iterator[Budget]:
    """A budget on every subject as one on each of these; any other as it is."""
    if budget.scenario != EVERY:
        yield budget
        return
    for name in names:
        yield replace(budget, scenario=name)


def conclude(state: State, outcomes: tuple[Outcome, ...]) -> Judgement:
    """Fold the answers of all budgets into one exit code; a pass needs a decision on some."""
    if not outcomes:
        return Judgement(USAGE, ())
    if state is not State.COMPLETE:
        return Judgement(INVALID, outcomes)
    code = exit_code_of(outcomes)
    # Bytes that never change decide nothing about time, and nothing is known of what is new.
    compared = tuple(one for one in outcomes if not is_new(one)) or outcomes
    times = tuple(one for one in compared if find(one.budget.metric).is_estimated)
    if code == PASSED and all(one.not_required for one in times or compared):
        code = INCONCLUSIVE
    return Judgement(code, outcomes)


def _judge_budget(comparison: Comparison, budget: Budget) -> Outcome:
    if budget.metric == CAPACITY:
        return _judge_capacity(comparison, budget)
    if budget.metric in OF_PROCESSES:
        return judge_memory(comparison, budget, _judge_effect)
    scenario = next((one for one in comparison.scenarios if one.name == budget.scenario), None)
    if scenario and scenario.new:
        return _judge_new(comparison, scenario, budget)
    if budget.scenario in comparison.invalid_scenarios:
        return _undecided(budget, reason(Name.SCENARIO_INVALID))
    return _judge_compared(comparison, scenario, budget)


def _judge_compared(
    comparison: Comparison, scenario: SubjectComparison | None, budget: Budget
) -> Outcome:
    key = judged_by(comparison, budget)
    for effect in comparison.effects("request", "page", "function"):
        if (effect.scenario, effect.variant, effect.metric) == key:
            return _judge_effect(effect, budget)
    for counter in comparison.counters(*SERVED):
        if (counter.scenario, counter.variant, counter.metric) == key:
            outcome = _judge_counter(counter, budget, looked_at=_looked_at(comparison, counter))
            if scenario and outcome.decision is Decision.FAIL and follows_answers(scenario, budget):
                why = (reason(Name.SIZE_FOLLOWS_ANSWERS),)
                return replace(outcome, decision=Decision.INCONCLUSIVE, notes=why)
            return outcome
    return _undecided(budget, *why_missing(comparison, key, page=bool(budget.page)))


def _undecided(budget: Budget, *notes: Reason) -> Outcome:
    return Outcome(budget, Decision.INCONCLUSIVE, math.nan, _NOTHING, _NOTHING, notes=notes)


def _judge_new(comparison: Comparison, scenario: SubjectComparison, budget: Budget) -> Outcome:
    """What the base does not know can keep a value, but is no more or less than anything."""
    if budget.of_ratio:
        return _undecided(replace(budget, undecided="pass"), reason(Name.NEW_IN_HEAD))
    own = next((one for one in scenario.own if one.metric == budget.metric), None)
    if own is None:
        key = judged_by(comparison, budget)
        return _undecided(budget, *why_missing(comparison, key, page=False))
    if own.spread is not None:
        return _of_count(budget, own.spread)
    assert own.level is not None
    level = own.level
    ninety, familywise = level.interval90, level.interval_familywise
    decision = _decide(ninety, familywise, budget)
    bounded = math.isfinite(ninety.high)
    return Outcome(
        budget,
        decision,
        level.value,
        ninety,
        familywise,
        needed_s=_until_apart(level.value, ninety, familywise, budget, own.n * own.unit_s)
        if decision is Decision.INCONCLUSIVE
        else None,
        notes=() if bounded else (reason(Name.VALUE_UNBOUNDED),),
    )


def judged_by(comparison: Comparison, budget: Budget) -> tuple[str, str, str]:
    """Scenario, variant and metric of the effect or counter that decides a budget."""
    # The baseline stands in every comparison as what came before.
    variant = budget.variant
    if variant == comparison.baseline:
        variant = next(name for name in comparison.variants if name != comparison.baseline)
    return budget.scenario, variant, budget.metric


def _judge_capacity(comparison: Comparison, budget: Budget) -> Outcome:
    """PASS when even the lower bound is enough, FAIL when even the upper one is not."""
    assert comparison.load is not None
    low, high, limit = 0.0, math.inf, budget.limit
    for ratio in comparison.load.ratios if budget.ratio_min is not None else ():
        if ratio.variant == budget.variant:
            low, high = ratio.low, ratio.high
    for found in comparison.load.capacities if budget.value_min is not None else ():
        if found.variant == budget.variant:
            low, high = found.low_per_s, found.ceiling_per_s
    decision = Decision.PASS if low >= limit else Decision.INCONCLUSIVE
    if high < limit:
        decision = Decision.FAIL
    bounds = Interval(low, high, 1.0)
    return Outcome(budget, decision, low, bounds, bounds)


def why_missing(
    comparison: Comparison, key: tuple[str, str, str], *, page: bool
) -> tuple[Reason, ...]:
    """Why a metric could not be compared; empty when the run does not know it."""
    if page and comparison.pages is None:
        return (reason(Name.PAGES_NOT_LOADED),)
    name, _, metric = key
    for one in comparison.missing():
        if (one.scenario, one.variant, one.metric) == key:
            return (_missing(one, comparison.baseline),)
    if metric == CALL_TIME:
        return _why_function_missing(comparison, name)
    if comparison.throughputs and name not in {one.name for one in comparison.scenarios}:
        return (reason(Name.NOT_IN_THIS_RUN),)
    needed = find(metric).rounds_min
    for scenario in comparison.scenarios:
        if scenario.name == name and scenario.rounds < needed:
            return (reason(Name.FEW_COMPARED_ROUNDS, rounds=scenario.rounds, needed=needed),)
    return ()


def _why_function_missing(comparison: Comparison, name: str) -> tuple[Reason, ...]:
    if comparison.functions is None:
        return (reason(Name.SUITE_NOT_MEASURED),)
    # The budget names the function.
    found = [
        replace(one.why, subject="") for one in comparison.functions.missing if one.function == name
    ]
    return tuple(found) or (reason(Name.NOT_IN_THIS_RUN),)


def _missing(one: MissingMetric, baseline: str) -> Reason:
    return reason(
        Name.VALUES_MISSING,
        metric=one.metric,
        missing=one.rounds_missing,
        rounds=one.rounds,
        baseline=baseline,
        variant=one.variant,
    )


def _judge_effect(effect: Effect, budget: Budget) -> Outcome:
    if budget.of_ratio:
        observed, ninety, familywise = effect.ratio, effect.interval90, effect.interval_familywise
        doubts = effect.warnings
        if not doubts and effect.shape and not effect.on_one_side(budget.limit):
            doubts = (effect.shape,)
    else:
        level = effect.after if budget.variant == effect.variant else effect.before
        observed, ninety, familywise = level.value, level.interval90, level.interval_familywise
        doubts = () if math.isfinite(ninety.high) else (reason(Name.VALUE_UNBOUNDED),)
    decision = Decision.INCONCLUSIVE if doubts else _decide(ninety, familywise, budget)
    # More of the same does not bring two numbers together.
    apart = budget.of_ratio and not effect.on_one_side(budget.limit)
    undecided = decision is Decision.INCONCLUSIVE and not apart
    return Outcome(
        budget,
        decision,
        observed,
        ninety,
        familywise,
        needed_s=_needed_s(effect, observed, ninety, familywise, budget) if undecided else None,
        short=effect.short,
        notes=doubts,
    )


def _decide(ninety: Interval, familywise: Interval, budget: Budget) -> Decision:
    """PASS by the one-sided 95 % upper bound, FAIL by the family-wise lower bound.

    Of what must not become less, the other way round.
    """
    limit = budget.limit
    if budget.metric in MORE_IS_BETTER:
        if ninety.low >= limit:
            return Decision.PASS
        return Decision.FAIL if familywise.high < limit else Decision.INCONCLUSIVE
    if ninety.high <= limit:
        return Decision.PASS
    return Decision.FAIL if familywise.low > limit else Decision.INCONCLUSIVE


def _needed_s(
    effect: Effect, observed: float, ninety: Interval, familywise: Interval, budget: Budget
) -> float | None:
    """Further measuring until the interval leaves the limit, if the truth is what it seems."""
    if effect.warnings:
        return effect.needed_s
    apart_s = _until_apart(observed, ninety, familywise, budget, effect.n * effect.unit_s)
    return effect.needed_s if apart_s is None else apart_s


def _until_apart(
    observed: float, ninety: Interval, familywise: Interval, budget: Budget, measured_s: float
) -> float | None:
    limit = budget.limit
    finite = ninety.low > 0 and math.isfinite(ninety.high) and math.isfinite(familywise.high)
    if not finite or familywise.low <= 0:
        return None
    if limit <= 0 or observed == limit or not math.isfinite(measured_s):
        return None
    if budget.metric in MORE_IS_BETTER:
        end = familywise.high if observed < limit else ninety.low
    else:
        end = ninety.high if observed < limit else familywise.low
    half, distance = (abs(math.log(observed / other)) for other in (end, limit))
    return ((half / distance) ** 2 - 1) * measured_s


def _judge_counter(counter: CounterEffect, budget: Budget, *, looked_at: bool) -> Outcome:
    """No noise, so no interval: the largest count, or the largest ratio in a round, must keep it.

    Whole ranges would let growth hide: of a baseline that once counted 3 and else 1, a variant that
    always counts 3 keeps the largest count.
    """
    spread = counter.after if budget.variant == counter.variant else counter.before
    if budget.ratio_max is not None:
        spread = counter.within
    outcome = _of_count(budget, spread)
    shown = looked_at and _grew(counter, budget)
    if outcome.decision is Decision.FAIL and budget.undecided == "pass" and not shown:
        varies = (reason(Name.COUNT_VARIES),)
        return replace(outcome, decision=Decision.INCONCLUSIVE, notes=varies)
    return outcome


def _of_count(budget: Budget, spread: Spread) -> Outcome:
    decision = Decision.PASS if spread.high <= budget.limit else Decision.FAIL
    seen = Interval(spread.low, spread.high, 1.0)
    return Outcome(budget, decision, spread.high, seen, seen)


def _looked_at(comparison: Comparison, counter: CounterEffect) -> bool:
    """Whether there are enough units for a verdict on the scenario's latency."""
    return any(
        effect.metric == TYPICAL and not effect.short
        for effect in comparison.effects("request", "page")
        if (effect.scenario, effect.variant) == (counter.scenario, counter.variant)
    )


def _grew(counter: CounterEffect, budget: Budget) -> bool:
    """Whether a count that may differ from answer to answer is larger than chance makes it.

    Against the baseline: what a value may be does not depend on it.

    Chance deals both sides alike. Of 14 starts each, none of the baseline then has the larger count
    while half of the variant's have it less than once in 2,000 times, however rare it is; and all
    of the variant's exceed all of a varying baseline's far more seldom.
    """
    if budget.ratio_max is None:
        return True
    limit = budget.ratio_max * counter.before.high
    steady = counter.before.low == counter.before.high
    return (counter.after.median if steady else counter.after.low) > limit
