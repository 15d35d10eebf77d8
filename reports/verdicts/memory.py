"""Judges what budgets allow of the memory of the service's processes."""

import math
from collections.abc import Callable

from contract.config.judging import Budget
from contract.metrics import MEMORY_GROWTH, MEMORY_START
from reports.effects.comparison import Comparison
from reports.effects.memory import Memory
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import Effect
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
        budget: on one of `MEMORY`.
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
    found: tuple[float, Interval, Interval] | None = None
    for growth in memory.growths if budget.metric == MEMORY_GROWTH else ():
        # Short lives hold much that is kept once; a pair of them has it in common.
        if growth.variant == budget.variant:
            found = growth.difference, growth.interval90, growth.interval_familywise
    if found is None and (server := memory.of(budget.variant)):
        by_metric = {MEMORY_GROWTH: server.growth, MEMORY_START: server.start}
        if level := by_metric.get(budget.metric, server.peak):
            found = level.value, level.interval90, level.interval_familywise
    unbounded = reason(Name.GROWTH_UNBOUNDED, needed=STRETCHES_MIN + 1)
    if found is None:
        is_read = budget.metric == MEMORY_GROWTH and memory.of(budget.variant) is not None
        return _undecided(budget, unbounded if is_read else reason(Name.NOT_READ))
    observed, ninety, familywise = found
    decision = Decision.PASS if ninety.high <= limit else Decision.INCONCLUSIVE
    if familywise.low > limit:
        decision = Decision.FAIL
    # Start and peak have bounds whenever they are read.
    notes = () if math.isfinite(ninety.high) else (unbounded,)
    return Outcome(budget, decision, observed, ninety, familywise, notes=notes)


def _undecided(budget: Budget, why: Reason) -> Outcome:
    return Outcome(budget, Decision.INCONCLUSIVE, math.nan, _NOTHING, _NOTHING, notes=(why,))
