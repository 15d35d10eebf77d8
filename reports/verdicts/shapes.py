"""What verdicts say: of every budget, of every claim, and of the whole run."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from contract.config.judging import Budget, Claim
from contract.exit_codes import INCONCLUSIVE, PASSED, REGRESSED
from reports.effects.reasons import Reason
from reports.statistics.values import Interval


class Decision(StrEnum):
    """The gate's decision on one budget."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


class ClaimVerdict(StrEnum):
    """The verdict on a prediction."""

    REPRODUCED = "reproduced"
    PARTLY = "partly reproduced"
    NOT_REPRODUCED = "not reproduced"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Outcome:
    """One budget, judged.

    Attributes:
        observed: ratio or value, as the budget limits; NaN where nothing was measured.
        interval90: its upper end decides a PASS; of a capacity, its lower one.
        interval_familywise: its lower end decides a FAIL; of a capacity, its upper one.
        needed_s: further measuring of the whole run that would likely decide it; None when decided
            or unknown.
        short: whether there are too few units for any verdict, so that more may be needed.
        notes: why it is undecided, when the numbers do not show it.
    """

    budget: Budget
    decision: Decision
    observed: float
    interval90: Interval
    interval_familywise: Interval
    needed_s: float | None = None
    short: bool = False
    notes: tuple[Reason, ...] = ()

    @property
    def not_required(self) -> bool:
        """Whether it is undecided, and its budget does without a decision."""
        return self.decision is Decision.INCONCLUSIVE and self.budget.undecided == "pass"


def exit_code_of(outcomes: Iterable[Outcome]) -> int:
    """The answer of several budgets in a run that may be believed."""
    decisions = {outcome.decision for outcome in outcomes if not outcome.not_required}
    if Decision.FAIL in decisions:
        return REGRESSED
    return INCONCLUSIVE if Decision.INCONCLUSIVE in decisions else PASSED


@dataclass(frozen=True)
class ClaimOutcome:
    """One claim beside what was measured.

    Attributes:
        ratio: measured; None where nothing was.
        interval90: of the ratio.
        notes: why it was not measured, is undecided, or what else is open.
    """

    claim: Claim
    verdict: ClaimVerdict
    ratio: float | None = None
    interval90: Interval | None = None
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """The gate's answer for a whole run.

    Attributes:
        exit_code: 0 pass, 1 regression, 2 no budgets, 3 inconclusive, 4 invalid or partial run.
    """

    exit_code: int
    outcomes: tuple[Outcome, ...]
