"""Several runs of one plan judged together, so that measuring again is paid for.

Repeating a gate until it is green works, whatever the truth. Here every run counts: a budget on a
ratio of times is decided by the evidence of all units of all runs (`evidence`), whose error rate
holds whatever rule stopped measuring. What no coin protects takes the widest bounds of all runs:
growth of a counter in one run is growth, and a time or a capacity without a baseline is decided
only where every run by itself decides alike. Where one run by itself exceeds a budget, more runs do
not make that a pass.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from contract.config.judging import Budget
from contract.errors import ReportError
from contract.metrics import MORE_IS_BETTER, OF_PROCESSES, find
from contract.run.record import RunRecord
from reports.effects.agreement import RATE, Difference, Side, differences
from reports.effects.capacity import Capacity, CapacityRatio, LoadComparison
from reports.effects.comparison import Comparison
from reports.effects.family import FALSE_ALARMS_MAX
from reports.effects.levels import as_ratios
from reports.effects.reasons import Name, Reason, reason
from reports.effects.requests import Requests
from reports.effects.shapes import (
    CounterEffect,
    Effect,
    State,
    SubjectComparison,
)
from reports.statistics import stats
from reports.statistics.evidence import STAKES, Evidence
from reports.statistics.values import UNITS_MIN, FloatArray
from reports.verdicts.bounds import hull, in_all, span, worst_answers
from reports.verdicts.gate import conclude, expanded, judge, judged_by
from reports.verdicts.shapes import Decision, Judgement, Outcome

_FALSE_PASSES_MAX = 0.05
_Key = tuple[str, str, str]

# These differ by chance, or between machines that answer the same question.
_SHOWN_ONLY = ("machine, ", RATE)
# These do not forbid a comparison of two runs, but other code is another question.
_ANOTHER_QUESTION = {"variants", "scenarios", "code, commit", "code, lock_sha256"}


@dataclass(frozen=True)
class BudgetEvidence:
    """What the runs show of one budget.

    Attributes:
        alone: the outcome of each run by itself, in their order.
        exceeded_log_e, kept_log_e: the log e-values for a FAIL and for a PASS; None where the
            budget is not on a ratio of times, so that no coin protects it.
    """

    alone: tuple[Outcome, ...]
    exceeded_log_e: float | None = None
    kept_log_e: float | None = None


@dataclass(frozen=True)
class Repeated:
    """Several runs of one plan, judged together.

    Attributes:
        runs: in the order in which they were measured.
        differences: what they differ in without asking another question; never the seed.
        comparison: of all of them, reduced to what budgets limit.
        evidence: beside each of the judgement's outcomes.
        fail_e, pass_e: the e-values that a FAIL and a PASS take.
    """

    runs: tuple[RunRecord, ...]
    differences: tuple[Difference, ...]
    comparison: Comparison
    judgement: Judgement
    evidence: tuple[BudgetEvidence, ...]
    fail_e: float
    pass_e: float = 1 / _FALSE_PASSES_MAX


def judge_together(sides: Sequence[Side], budgets: Sequence[Budget]) -> Repeated:
    """Judge every budget by all runs.

    Args:
        sides: at least two, in any order.
        budgets: of the plan that all runs share.

    Raises:
        ReportError: two of them are the same run, drew the same coins or ask different questions.
    """
    # Times of one format and zone, as the record's writer makes them.
    sides = sorted(sides, key=lambda side: (side.record.started_at, side.record.id))
    found = tuple(dict.fromkeys(_agreed(sides)))
    first = sides[0].comparison
    stated = [one for one in budgets if one.design == first.design]
    mine = [one for budget in stated for one in expanded(budget, first)]
    limited = {judged_by(first, one) for one in mine if one.scenario}
    joined = _Joined(sides, limited)
    judged = judge(joined.comparison, mine)
    alone = [judge(side.comparison, mine).outcomes for side in sides]
    rows = [
        joined.judge(outcome, each)
        for outcome, each in zip(judged.outcomes, zip(*alone, strict=True), strict=True)
    ]
    return Repeated(
        runs=tuple(side.record for side in sides),
        differences=found,
        comparison=joined.comparison,
        judgement=conclude(joined.comparison.state, tuple(outcome for outcome, _ in rows)),
        evidence=tuple(evidence for _, evidence in rows),
        fail_e=joined.fail_e,
    )


def names(count: int) -> list[str]:
    """The names of several runs: A, B, ..., Z, run 27, ..."""
    return [chr(ord("A") + index) if index < 26 else f"run {index + 1}" for index in range(count)]


def same_question(first: RunRecord, other: RunRecord) -> bool:
    """Whether two runs measured the same plan on the same code."""
    return not any(map(_is_another_question, differences(first, other)))


def _agreed(sides: Sequence[Side]) -> Iterator[Difference]:
    for one, other in combinations((side.record for side in sides), 2):
        if one.id == other.id:
            raise ReportError(
                f"run {one.id} was given twice; it counts once. Name each run once, or measure "
                "again."
            )
        if one.seed == other.seed:
            raise ReportError(
                f"runs {one.id} and {other.id} have the same seed {one.seed}, so the same coins: "
                "they are no two trials. Measure again without --seed."
            )
        for key in ("budgets", "accepted", "margins"):
            if one.config.get(key) != other.config.get(key):
                raise ReportError(
                    f"runs {one.id} and {other.id} differ in {key}, so one judgement cannot be of "
                    "both. Measure again with one configuration."
                )
        found = differences(one, other)
        for each in filter(_is_another_question, found):
            where = " of ".join(name for name in (each.fact, each.variant, each.scenario) if name)
            raise ReportError(
                f"runs {one.id} and {other.id} ask different questions: {where}: {each.first} / "
                f"{each.second}. Judge each alone, or measure again."
            )
        yield from (each for each in found if each.fact != "seed")


def _is_another_question(one: Difference) -> bool:
    return one.fact in _ANOTHER_QUESTION or (one.forbids and not one.fact.startswith(_SHOWN_ONLY))


class _Joined:
    """All runs as one comparison, of which the gate reads what it reads of a single one."""

    def __init__(self, sides: Sequence[Side], limited: Collection[_Key]) -> None:
        self._sides = sides
        comparisons = [side.comparison for side in sides]
        metrics = {metric for _, _, metric in limited}
        logs = [
            Requests(side.record, side.samples, side.margins, metrics).stretch_logs()
            for side in sides
        ]
        keys = [key for key in limited if all(key in one for one in logs)]
        # Bonferroni over all that the evidence decides.
        self.fail_e = max(1, len(keys)) / FALSE_ALARMS_MAX
        self._evidence = {key: Evidence([one[key] for one in logs]) for key in keys}
        effects = {
            key: self._effect(key, [_effects(one)[key] for one in comparisons], logs)
            for key in keys
        }
        self.comparison = _joined(comparisons, effects)
        self._scenarios = {one.name for one in self.comparison.scenarios}

    def _effect(
        self, key: _Key, effects: Sequence[Effect], logs: Sequence[Mapping[_Key, FloatArray]]
    ) -> Effect:
        found, every = self._evidence[key], np.concatenate([one[key] for one in logs])
        ninety = as_ratios(found.interval(-math.log(_FALSE_PASSES_MAX)), 0.0)
        familywise = as_ratios(found.interval(math.log(self.fail_e)), 0.0)
        fewest = max(UNITS_MIN, math.ceil(math.log2(self.fail_e * len(STAKES))))
        stretched = find(effects[0].metric).rounds_per_stretch > 1
        unit_s = sum(one.unit_s * one.n for one in effects) / max(1, len(every))
        joined = replace(
            effects[0],
            unit="blocks" if stretched else effects[0].unit,
            ratio=math.exp(stats.centre(every)) if len(every) else effects[0].ratio,
            interval90=ninety,
            interval_familywise=familywise,
            n=len(every),
            unit_s=unit_s,
            before=hull([one.before for one in effects]),
            after=hull([one.after for one in effects]),
            needed_s=None,
            notes=(),
        )
        few = _few(joined, fewest)
        lasting = [
            reason(Name.IN_RUN, run=name, reason=warning)
            for name, one in zip(names(len(effects)), effects, strict=True)
            for warning in (*one.lasting, *_moved_medians(one))
        ]
        if familywise.low > ninety.high:
            lasting.append(reason(Name.NOT_SYMMETRIC))
        return replace(
            joined,
            needed_s=(fewest - joined.n) * unit_s if few and not lasting else None,
            warnings=(*few, *lasting),
        )

    def judge(self, outcome: Outcome, alone: tuple[Outcome, ...]) -> tuple[Outcome, BudgetEvidence]:
        """One budget's outcome with its evidence."""
        budget = outcome.budget
        key = judged_by(self.comparison, budget)
        elsewhere = budget.scenario and budget.scenario not in self._scenarios
        if elsewhere or budget.metric in OF_PROCESSES:
            return _alike(outcome, alone), BudgetEvidence(alone)
        exceeding = [
            name
            for name, one in zip(names(len(alone)), alone, strict=True)
            if one.decision is Decision.FAIL
        ]
        if exceeding and (outcome.decision is Decision.PASS or outcome.not_required):
            outcome = replace(
                outcome,
                # What one run has decided is required of all.
                budget=replace(budget, undecided="inconclusive"),
                decision=Decision.INCONCLUSIVE,
                notes=(reason(Name.EXCEEDED_ALONE, runs=exceeding),),
            )
        if not budget.of_ratio or key not in self._evidence:
            return replace(outcome, needed_s=None), BudgetEvidence(alone)
        notes = (*outcome.notes, *self._still_needed(outcome, _effects(self.comparison)[key]))
        found, limit = self._evidence[key], math.log(budget.limit)
        more, less = found.above(limit), found.below(limit)
        exceeded, kept = (less, more) if budget.metric in MORE_IS_BETTER else (more, less)
        return (
            replace(outcome, needed_s=None, notes=notes),
            BudgetEvidence(alone, exceeded, kept),
        )

    def _still_needed(self, outcome: Outcome, effect: Effect) -> tuple[Reason, ...]:
        """How many more runs should decide it; empty when decided or unknown."""
        if outcome.needed_s is None or not effect.n:
            return ()
        run_s = effect.n * effect.unit_s / len(self._sides)
        runs = math.ceil(max(outcome.needed_s / run_s, 1.0))
        return (reason(Name.MORE_RUNS_NEEDED, runs=runs, short=outcome.short),)


def _alike(outcome: Outcome, alone: tuple[Outcome, ...]) -> Outcome:
    """Of pages, functions and memory no units are joined: decided where each run decides alike."""
    decisions = {one.decision for one in alone}
    if len(decisions) == 1:
        return replace(alone[0], needed_s=None)
    notes = (reason(Name.RUNS_DECIDE_DIFFERENTLY),)
    return replace(outcome, decision=Decision.INCONCLUSIVE, needed_s=None, notes=notes)


def _few(effect: Effect, fewest: int) -> tuple[Reason, ...]:
    """Why there are not enough units for a verdict, as the first of an effect's warnings."""
    if not effect.short:
        return ()
    rounds = find(effect.metric).rounds_per_stretch
    if not effect.n:
        return (reason(Name.NO_RUN_LONG_ENOUGH, rounds_per_unit=rounds),)
    return (
        reason(
            Name.TOO_FEW_UNITS, n=effect.n, unit=effect.unit, rounds_per_unit=rounds, needed=fewest
        ),
    )


def _effects(comparison: Comparison) -> dict[_Key, Effect]:
    return {(one.scenario, one.variant, one.metric): one for one in comparison.effects()}


def _counters(comparison: Comparison) -> dict[_Key, CounterEffect]:
    return {(one.scenario, one.variant, one.metric): one for one in comparison.counters()}


def _joined(comparisons: Sequence[Comparison], effects: Mapping[_Key, Effect]) -> Comparison:
    first = comparisons[0]
    of_runs = [_counters(one) for one in comparisons]
    counters = {
        key: replace(
            one,
            before=span([each[key].before for each in of_runs]),
            after=span([each[key].after for each in of_runs]),
            within=span([each[key].within for each in of_runs]),
        )
        for key, one in of_runs[0].items()
        if all(key in each for each in of_runs)
    }
    missing = tuple(each for one in comparisons for each in one.missing())
    return replace(
        first,
        state=max((one.state for one in comparisons), key=list(State).index),
        reasons=tuple(
            reason(Name.IN_RUN, run=name, reason=each)
            for name, one in zip(names(len(comparisons)), comparisons, strict=True)
            for each in one.reasons
        ),
        scenarios=tuple(
            replace(
                scenario,
                effects=_of(effects, scenario.name),
                counters=_of(counters, scenario.name),
                missing=tuple(each for each in missing if each.scenario == scenario.name),
            )
            for scenario in map(worst_answers, _each_scenario(comparisons))
        ),
        load=_loads([one.load for one in comparisons if one.load]),
    )


def _each_scenario(comparisons: Sequence[Comparison]) -> Iterator[list[SubjectComparison]]:
    """Each scenario of the first run, as it is in every run."""
    for scenario in comparisons[0].scenarios:
        every = [one for each in comparisons for one in each.scenarios]
        yield [one for one in every if one.name == scenario.name]


def _of(found: Mapping[_Key, Any], scenario: str) -> tuple[Any, ...]:
    return tuple(one for (name, _, _), one in found.items() if name == scenario)


def _loads(loads: Sequence[LoadComparison]) -> LoadComparison | None:
    if not loads:
        return None
    capacities = [{one.variant: one for one in load.capacities} for load in loads]
    ratios = [{one.variant: one for one in load.ratios} for load in loads]
    return replace(
        loads[0],
        capacities=tuple(_capacity(found) for found in in_all(capacities)),
        ratios=tuple(_ratio(found) for found in in_all(ratios)),
    )


def _capacity(found: Sequence[Capacity]) -> Capacity:
    return Capacity(
        found[0].variant,
        min(one.low_per_s for one in found),
        max(one.high_per_s for one in found),
        tuple(dict.fromkeys(limit for one in found for limit in one.limits)),
        sum(one.steps for one in found),
    )


def _ratio(found: Sequence[CapacityRatio]) -> CapacityRatio:
    return CapacityRatio(
        found[0].variant, min(one.low for one in found), max(one.high for one in found)
    )


def _moved_medians(effect: Effect) -> tuple[Reason, ...]:
    """Evidence of units alone says nothing about a median that moved otherwise."""
    return (effect.shape,) if effect.shape and effect.medians_apart else ()
