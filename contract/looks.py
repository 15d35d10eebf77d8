"""After how many rounds a run under way is looked at, as measuring and judging agree on it."""

import bisect
import math

LOOK_GROWTH = 1.25
"""Each look has this many times the rounds of the one before, rounded up.

With a boundary that holds for all looks together, verdicts come 1.3 times sooner than with looks
that double; finer ones bring little more (docs/method.md, "Stopping early").
"""

LOOKS: tuple[int, ...] = tuple(math.ceil(16 * LOOK_GROWTH**step) for step in range(34))
"""At how many rounds there is a look: at the end of the first block that reaches each.

Requests that take a second get few rounds, and a dozen tell what is many times faster. Fewer than
the first cannot reach the confidence that a look needs.
"""


def looks_reached(rounds: int) -> int:
    """How many of the looks so many rounds have reached."""
    return bisect.bisect_right(LOOKS, rounds)


def next_look(measured: int) -> float:
    """At how many measured rounds to look next; infinite after the last look."""
    reached = looks_reached(measured)
    return LOOKS[reached] if reached < len(LOOKS) else math.inf
