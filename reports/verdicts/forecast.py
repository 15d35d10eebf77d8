"""What a run can decide in its time, known before it measures anything.

It counts units as the judging does, by the same functions, for a run without noise: what such a run
cannot decide, no run of this length can. The reverse is no promise: noise may leave anything open.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from contract.check import Checked, Pace
from contract.config.judging import EVERY, Budget, Settings
from contract.exit_codes import INCONCLUSIVE, INVALID, PASSED
from contract.looks import LOOKS
from contract.metrics import CALL_TIME, CAPACITY, TYPICAL, Design, Metric, find
from contract.run.record import RunRecord, ScenarioRecord
from reports.effects.estimating import level_stretches, required
from reports.effects.looks import look_of
from reports.effects.pairing import PAIRED_UNITS, Paired
from reports.effects.primaries import confidence, primaries_of
from reports.effects.shapes import PairedUnit
from reports.statistics.sequential import Look
from reports.statistics.values import UNITS_MIN
from reports.verdicts.gate import for_each
from reports.verdicts.settings import joint_metrics

Limit = Literal["time", "rounds_max", "pairs"]


@dataclass(frozen=True)
class Reach:
    """Whether a run has enough units for a verdict on one metric of one scenario.

    Attributes:
        rounds: that are compared in the scenario's time.
        units, units_needed: as the judging counts them.
        by_budget: whether a budget needs the verdict; else only the report does.
        limit: what there is too little of; empty where the verdict is possible.
        time_factor: so many times the measuring time would be enough; None where time is not what
            is missing.
        enough_alone: whether the time would be enough for this scenario by itself.
    """

    scenario: str
    metric: str
    rounds: int
    unit: PairedUnit
    units: int
    units_needed: int
    by_budget: bool
    limit: Limit | Literal[""] = ""
    time_factor: float | None = None
    enough_alone: bool = False

    @property
    def possible(self) -> bool:
        """Whether there are enough units."""
        return not self.limit


Prospect = Literal["possible", "too_short", "absent", "unanswered", "left_out", "not_checked"]
"""Of a budget: it can be decided; there is too little time; its metric is in no answer; there was
no answer; its scenario or variant is not to be measured; it is about what a check does not measure,
such as pages."""


@dataclass(frozen=True)
class BudgetProspect:
    """A budget and whether it can be decided."""

    budget: Budget
    prospect: Prospect


@dataclass(frozen=True)
class Forecast:
    """What a run can decide.

    Attributes:
        reaches: of the metrics that verdicts or budgets are about, by scenario.
        budgets: those that this run would be judged by, one for each scenario.
        others: how many budgets are for runs of another design, by design.
    """

    reaches: tuple[Reach, ...]
    budgets: tuple[BudgetProspect, ...]
    others: Mapping[Design, int]

    @property
    def impossible(self) -> tuple[Reach, ...]:
        """What cannot be decided."""
        return tuple(reach for reach in self.reaches if not reach.possible)


def forecast(
    record: RunRecord,
    settings: Settings,
    paces: Sequence[Pace],
    absent: Collection[tuple[str, str, str]] = (),
) -> Forecast:
    """What a planned run can decide.

    Args:
        record: of the run, before anything is measured.
        settings: how it will be judged.
        paces: of the scenarios whose pace is known.
        absent: scenario, variant and metric of stages and counters that no answer has.
    """
    names = [scenario.name for scenario in record.scenarios]
    budgets = [
        budget
        for stated in settings.budgets
        if stated.design == record.design
        for budget in for_each(stated, [EVERY] if stated.metric == CALL_TIME else names)
    ]
    known = {pace.scenario: pace for pace in paces}
    joint = joint_metrics(record, settings)
    reaches = [
        _reach(record, scenario, find(metric), known[scenario.name], judged, joint)
        for scenario in record.scenarios
        if scenario.name in known
        for metric, judged in _wanted(record, scenario, budgets).items()
    ]
    by_key = {(reach.scenario, reach.metric): reach for reach in reaches}
    return Forecast(
        reaches=tuple(reaches),
        budgets=tuple(
            BudgetProspect(one, _prospect(one, record, by_key, absent)) for one in budgets
        ),
        others=Counter(
            budget.design for budget in settings.budgets if budget.design != record.design
        ),
    )


def exit_code_of_check(checked: Checked, outlook: Forecast) -> int:
    """4 where a run would be invalid, 3 where a budget could not be decided, else 0."""
    if (
        checked.failure
        or any(answer.error for answer in checked.answers)
        or any(difference.harmful for difference in checked.differences)
    ):
        return INVALID
    undecided = {"too_short", "absent"}
    prospects = {one.prospect for one in outlook.budgets if one.budget.undecided != "pass"}
    return INCONCLUSIVE if prospects & undecided else PASSED


def _wanted(
    record: RunRecord, scenario: ScenarioRecord, budgets: Sequence[Budget]
) -> dict[str, tuple[Budget, ...]]:
    """The times that are to be decided, and the budgets that need each."""
    of_report = (TYPICAL,) if scenario.canary else primaries_of(record)
    mine = [one for one in budgets if _is_of_requests(one) and one.scenario == scenario.name]
    metrics = dict.fromkeys(
        (*of_report, *(one.metric for one in mine if find(one.metric).is_estimated))
    )
    # A budget on a counter that is called a time, such as cpu_s, is decided as a time is.
    return {metric: tuple(one for one in mine if one.metric == metric) for metric in metrics}


def _is_of_requests(budget: Budget) -> bool:
    return not budget.page and find(budget.metric).kind == "request"


def _prospect(
    budget: Budget,
    record: RunRecord,
    reaches: dict[tuple[str, str], Reach],
    absent: Collection[tuple[str, str, str]],
) -> Prospect:
    names = {scenario.name for scenario in record.scenarios}
    if budget.metric == CAPACITY or not _is_of_requests(budget):
        return "not_checked"
    if budget.scenario not in names or budget.variant not in record.variants:
        return "left_out"
    pair = (record.baseline, budget.variant)
    if any((budget.scenario, variant, budget.metric) in absent for variant in pair):
        return "absent"
    reach = reaches.get((budget.scenario, budget.metric))
    if reach is None:
        return "unanswered" if find(budget.metric).is_estimated else "possible"
    return "possible" if reach.possible else "too_short"


def _reach(
    record: RunRecord,
    scenario: ScenarioRecord,
    metric: Metric,
    pace: Pace,
    budgets: Sequence[Budget],
    joint: Collection[str],
) -> Reach:
    look = look_of(record, pace.block_ends, at_end=True)
    paired = _without_noise(record, metric, pace)
    level = confidence(record, canary=scenario.canary, joint=joint)
    units, fewest = paired.n_units, required(look, level, metric)
    needed = max(fewest.units, math.ceil(fewest.rounds / max(1.0, paired.rounds_per_unit)))
    values_only = bool(budgets) and not any(one.of_ratio for one in budgets)
    if values_only and metric.name not in primaries_of(record):
        # A value's interval is of one variant: no pairs, and none of the others count.
        units, needed = len(level_stretches(paired, paired.before)), UNITS_MIN
    limit, rounds_needed = _limit(record, scenario, paired, level, units, needed)
    factor = rounds_needed / max(1, pace.rounds) if limit == "time" else None
    share = scenario.budget_s / sum(one.budget_s for one in record.scenarios)
    return Reach(
        scenario=scenario.name,
        metric=metric.name,
        rounds=pace.rounds,
        unit=paired.unit,
        units=units,
        units_needed=needed,
        by_budget=any(one.undecided != "pass" for one in budgets),
        limit=limit,
        time_factor=factor,
        enough_alone=factor is not None and share < 1 and factor * share <= 1,
    )


def _without_noise(record: RunRecord, metric: Metric, pace: Pace) -> Paired:
    """The rounds of a run in which every request takes the same time."""
    same = np.ones(pace.rounds)
    block = None
    if record.design != "paired":
        sizes = np.diff(pace.block_ends, prepend=0)
        block = np.repeat(np.arange(len(sizes)), sizes)
    return Paired(metric, "", same, same, block, PAIRED_UNITS[record.design])


def _limit(
    record: RunRecord,
    scenario: ScenarioRecord,
    paired: Paired,
    level: float,
    units: int,
    needed: int,
) -> tuple[Limit | Literal[""], int]:
    """What there is too little of, and how many rounds would be enough."""
    metric = paired.metric
    if units >= needed:
        return "", 0
    if paired.block is not None:
        # Whether there are enough of them does not depend on how long each is.
        if paired.n_units < required(Look(1), level, metric).units:
            return "pairs", 0
        return "time", math.ceil(needed * paired.rounds_per_unit)
    rounds = needed
    if record.looks:
        # A longer run has more looks, and each takes its part of the chance of error.
        before = max((one for one in LOOKS if one < rounds), default=0)
        rounds = max(needed, required(Look(rounds, before), level, metric).rounds)
    return ("rounds_max" if scenario.rounds_max < rounds else "time"), rounds


def absent_metrics(checked: Checked) -> frozenset[tuple[str, str, str]]:
    """Scenario, variant and metric of stages and counters that no answer has."""
    return frozenset(
        (answer.scenario, answer.variant, metric)
        for answer in checked.answers
        for metric in answer.missing
    )
