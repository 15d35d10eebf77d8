"""Judges what budgets allow the target's processes to hold: memory and descriptors."""

import math
from collections.abc import Callable

from contract.config.judging import Budget
from contract.metrics import GROWTHS, MEMORY_GROWTH, MEMORY_START
from reports.effects.comparison import Comparison
from reports.effects.memory import Memory
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import Effect, Level
from reports.statistics.slopes import STRETCHES_MIN
from reports.statistics.values import Interval
from reports.verdicts.shapes import Decision, Outcome

_NOTHING = Interval(-math.inf, math.inf, 1.0)


def judge_memory(
    comparison: Comparison, budget: Budget, judge_effect: Callable[[Effect, Budget], Outcome]
) -> Outcome:
    """The outcome of a budget on memory.

    Args:
        comparison: of the run.
        budget: on one of `OF_PROCESSES`; growth is limited for the service and each part alike.
        judge_effect: judges a ratio as it does for all others.
    """
    memory = comparison.memory
    if memory is None:
        return _undecided(budget, reason(Name.NOT_READ))
    if budget.ratio_max is not None:
        for effect in memory.effects:
            if (effect.variant, effect.metric) == (budget.variant, budget.metric):
                return judge_effect(effect, budget)
        shared = any(not one.server for one in memory.servers)
        return _undecided(budget, reason(Name.ONE_SERVER if shared else Name.ONE_START))
    return _judge_value(memory, budget)


def _judge_value(memory: Memory, budget: Budget) -> Outcome:
    assert budget.value_max is not None
    limit = budget.value_max
    levels = _levels(memory, budget)
    if not levels:
        return _undecided(budget, reason(Name.NOT_READ))
    unbounded = reason(Name.GROWTH_UNBOUNDED, needed=STRETCHES_MIN + 1)
    found: list[tuple[str, Level]] = []
    for part, level, is_read in levels:
        if level is None:
            return _undecided(budget, unbounded if is_read else reason(Name.NOT_READ))
        found.append((part, level))
    failed = [one for one in found if one[1].interval_familywise.low > limit]
    part, level = max(failed or found, key=lambda one: one[1].interval90.high)
    decision = Decision.PASS if level.interval90.high <= limit else Decision.INCONCLUSIVE
    if failed:
        decision = Decision.FAIL
    notes: tuple[Reason, ...] = ()
    if part and decision is not Decision.PASS:
        notes = (reason(Name.OF_PART, part=part),)
    if not math.isfinite(level.interval90.high):
        # Start and peak have bounds whenever they are read.
        notes = (*notes, unbounded)
    return Outcome(
        *(budget, decision, level.value, level.interval90, level.interval_familywise), notes=notes
    )


def _levels(memory: Memory, budget: Budget) -> list[tuple[str, Level | None, bool]]:
    """What the budget is about: names of parts, empty for the service, and whether it was read."""
    metric = budget.metric
    for change in memory.growths:
        # Short lives hold much that is kept once; a pair of them has it in common.
        if (change.variant, change.metric) == (budget.variant, metric):
            wide = change.interval_familywise
            return [("", Level(change.difference, change.interval90, wide), True)]
    server = memory.of(budget.variant)
    if server is None:
        return []
    if metric not in GROWTHS:
        return [("", server.start if metric == MEMORY_START else server.peak, False)]
    parts = [("", server), *((one.server, one) for one in memory.parts)]
    return [
        (part, one.growth_of(metric), metric == MEMORY_GROWTH or one.descriptors is not None)
        for part, one in parts
    ]


def _undecided(budget: Budget, why: Reason) -> Outcome:
    return Outcome(budget, Decision.INCONCLUSIVE, math.nan, _NOTHING, _NOTHING, notes=(why,))
