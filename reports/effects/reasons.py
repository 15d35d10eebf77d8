"""Why something has no verdict, or what else to know about it: named reasons with their facts.

A reason is data: `reports.page.reasons` makes a sentence of it, and comparison.json carries it as
it is, so that a program need not read sentences.
"""

from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any


class Name(StrEnum):
    """Every reason there is."""

    # An effect without a verdict.
    TOO_FEW_UNITS = auto()
    CARRY_OVER = auto()
    POOLING_DISAGREES = auto()
    NOT_SYMMETRIC = auto()
    NO_RUN_LONG_ENOUGH = auto()
    AS_ONE_FACTOR = auto()
    CANARY_CPU_CHANGED = auto()
    # Notes beside an effect.
    POOLED_RATIO = auto()
    SHAPE_CHANGED = auto()
    SMALL_CARRY_OVER = auto()
    DECIDED_BY_HOLM = auto()
    LIKELY_CHANGE = auto()
    # Doubts about one subject.
    EFFECT_STEPPED = auto()
    EFFECT_DRIFTED = auto()
    REQUESTS_CARRY_OVER = auto()
    REVISIONS_CARRY_OVER = auto()
    VALUES_MISSING = auto()
    CONNECTIONS_DIFFER = auto()
    ANSWERS_STALL = auto()
    ROWS_WARMED = auto()
    CARRY_OVER_UNCHECKED = auto()
    CANARY_UNDECIDED = auto()
    # Of two revisions: answers, and scenarios without any to compare with.
    NEW_IN_HEAD = auto()
    ANSWERS_DIFFER = auto()
    ANSWERS_DIFFER_ELSEWHERE = auto()
    ANSWERS_GAINED = auto()
    ANSWERS_NOT_COMPARED = auto()
    ANSWERS_NOISY = auto()
    SIZE_FOLLOWS_ANSWERS = auto()
    SCENARIO_INVALID = auto()
    # Doubts about a run.
    SIDES_NOT_PROVEN = auto()
    SEPARATE_SERVERS = auto()
    SERVERS_DISTURBED = auto()
    MEASURED_TOGETHER = auto()
    RATE_NOT_CARRIED = auto()
    # Of users in a closed loop.
    FAILURES_DIFFER = auto()
    TASKS_FAILED = auto()
    REQUEST_NOT_COMPARED = auto()
    USERS_BUSY = auto()
    CPU_STOLEN = auto()
    GENERATOR_BUSY_IN_BLOCK = auto()
    # A run that is not complete.
    STATED = auto()
    CLOSED_AS = auto()
    GENERATOR_BUSY = auto()
    WORKER_SENT_LESS = auto()
    OBSERVATIONS_LOST = auto()
    SENT_LATE = auto()
    WORKER_BUSY = auto()
    BLOCKS_MISSING = auto()
    BODIES_DIFFER = auto()
    ROUNDS_LOST = auto()
    ENDED_WITHOUT_CAUSE = auto()
    ROUNDS_MISSING = auto()
    STARTS_MISSING = auto()
    NO_ROUND = auto()
    NO_ROUND_COMPARABLE = auto()
    UNEQUAL_COUNTS = auto()
    ROUNDS_INCOMPLETE = auto()
    ORDER_NOT_RANDOM = auto()
    NO_ANSWER = auto()
    ERROR_RATE = auto()
    ERROR_RATES_DIFFER = auto()
    CANARY_CHANGED = auto()
    # A budget or a claim without a decision.
    VALUE_UNBOUNDED = auto()
    GROWTH_UNBOUNDED = auto()
    COUNT_VARIES = auto()
    NOT_READ = auto()
    ONE_SERVER = auto()
    ONE_START = auto()
    OF_PART = auto()
    PAGES_NOT_LOADED = auto()
    SUITE_NOT_MEASURED = auto()
    FUNCTION_LEFT_OUT = auto()
    FUNCTION_ABSENT = auto()
    FEW_COMPARED_ROUNDS = auto()
    CLAIM_NOT_TESTABLE = auto()
    CLAIM_NEEDS_LOW_LOAD = auto()
    NOT_IN_THIS_RUN = auto()
    LESS_THAN_CLAIMED = auto()
    NOT_FEWER_IN_EVERY_ROUND = auto()
    # Several runs.
    IN_RUN = auto()
    RUN_NOT_COMPLETE = auto()
    RUNS_DIFFER = auto()
    FEW_STRETCHES = auto()
    NO_CONTROL = auto()
    CONTROL_CHANGED = auto()
    BASELINE_CHANGED = auto()
    EXCEEDED_ALONE = auto()
    RUNS_DECIDE_DIFFERENTLY = auto()
    MORE_RUNS_NEEDED = auto()


@dataclass(frozen=True)
class Reason:
    """One reason.

    Attributes:
        name: which one.
        subject: the scenario, page or function that it is about; empty for the whole run.
        facts: what its sentence needs, by name; values in seconds, bytes, shares and ratios.
    """

    name: Name
    subject: str = ""
    facts: dict[str, Any] = field(default_factory=dict, hash=False)


def reason(name: Name, subject: str = "", /, **facts: Any) -> Reason:
    """A reason with its facts as keywords."""
    return Reason(name, subject, facts)
