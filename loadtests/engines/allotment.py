"""How long pairs or rounds go on: the clock and their number decide, never what was measured."""

UNITS_PLANNED = 14
"""Two more than a verdict needs, so that a family of a dozen effects can be decided."""
OVERRUN = 2.0
"""Of the time, where only that brings as many units as a verdict needs."""


def has_time(done: int, spent_s: float, next_s: float, seconds: float) -> bool:
    """Whether one more unit is made; the first one always is.

    Args:
        done: units so far.
        spent_s: what they took.
        next_s: what the next one may take.
        seconds: for all of them.
    """
    room = OVERRUN if done < UNITS_PLANNED else 1.0
    return not done or spent_s + next_s <= room * seconds


def time_left_s(done: int, spent_s: float, seconds: float) -> float:
    """About how long more units are made, each taking what those so far took.

    Args:
        done: units so far.
        spent_s: what they took.
        seconds: for all of them.
    """
    each_s = spent_s / done if done else 0.0
    to_plan_s = min((UNITS_PLANNED - done) * each_s, OVERRUN * seconds - spent_s)
    return max(0.0, seconds - spent_s, to_plan_s)
