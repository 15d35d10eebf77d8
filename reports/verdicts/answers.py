"""Whether a revision answers as its base does: a fast wrong answer is no gain.

Fields that an answer gains are a change that clients do not notice; any other difference fails,
unless somebody accepts it.
"""

import math

from contract.config.defaults import DEFAULT_BUDGET
from contract.config.judging import HEAD, Budget
from contract.metrics import BODIES, find
from reports.effects.bodies import differences_of
from reports.effects.comparison import Comparison
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import SubjectComparison
from reports.statistics.values import Interval
from reports.verdicts.shapes import Decision, Outcome

_WHY = (
    "a revision answers as its base does; what may differ is for `ignore` or [[accepted]] with "
    'metric = "bodies"'
)


def judge_answers(comparison: Comparison) -> tuple[Outcome, ...]:
    """One outcome for each scenario; those without a comparison are not required."""
    return tuple(_judge(scenario) for scenario in comparison.scenarios)


def _judge(scenario: SubjectComparison) -> Outcome:
    answers = scenario.scenario.answers
    count = scenario.rounds_bodies_differ
    if scenario.new:
        return _not_compared(scenario, reason(Name.NEW_IN_HEAD))
    if answers and answers.not_compared:
        why = reason(Name.ANSWERS_NOT_COMPARED, why=answers.not_compared, ignore=answers.ignore)
        return _not_compared(scenario, why)
    if not scenario.rounds:
        return _not_compared(scenario, reason(Name.FEW_COMPARED_ROUNDS, rounds=0, needed=1))
    seen = Interval(count, count, 1.0)
    decision = Decision.FAIL if count else Decision.PASS
    why_wrong = _WHY if count else ""
    budget = _budget(scenario, why_wrong)
    return Outcome(budget, decision, float(count), seen, seen, notes=differences_of(scenario))


def _budget(scenario: SubjectComparison, why: str = "", *, required: bool = True) -> Budget:
    return Budget(
        *(scenario.name, HEAD, BODIES),
        value_max=0,
        revisions=True,
        reason=why,
        undecided="inconclusive" if required else "pass",
    )


def _not_compared(scenario: SubjectComparison, why: Reason) -> Outcome:
    nothing = Interval(-math.inf, math.inf, 1.0)
    budget = _budget(scenario, required=False)
    return Outcome(budget, Decision.INCONCLUSIVE, math.nan, nothing, nothing, notes=(why,))


def follows_answers(scenario: SubjectComparison, budget: Budget) -> bool:
    """Whether a size that nobody limited on purpose grew because answers say something else."""
    changed = scenario.rounds_bodies_differ or scenario.rounds_bodies_gained
    is_default = budget.reason.startswith(DEFAULT_BUDGET)
    return bool(changed) and is_default and find(budget.metric).unit == "bytes"


def is_new(outcome: Outcome) -> bool:
    """Whether it is undecided because the base does not know the request."""
    return any(one.name is Name.NEW_IN_HEAD for one in outcome.notes)
