"""Scenarios whose request the base does not know: the head is measured, and compared with nothing.

There are neither effects nor pictures, for nothing stands beside them.
"""

from collections.abc import Sequence

from contract.run.record import ScenarioRecord
from reports.effects.rounds import Rounds
from reports.effects.shapes import (
    CounterEffect,
    Delivery,
    Effect,
    OwnLevel,
    SubjectComparison,
)


def new_in_head(
    scenario: ScenarioRecord,
    rounds: Rounds,
    deliveries: tuple[Delivery, ...],
    effects: Sequence[Effect],
    counters: Sequence[CounterEffect],
) -> SubjectComparison:
    """What the head takes.

    Args:
        scenario: as recorded.
        rounds: of both revisions.
        deliveries: likewise.
        effects: of the head, compared with itself.
        counters: likewise.
    """
    own = (
        *(OwnLevel(one.variant, one.metric, one.after, None, one.n, one.unit_s) for one in effects),
        *(OwnLevel(one.variant, one.metric, spread=one.after) for one in counters),
    )
    return SubjectComparison(
        subject=scenario,
        kind="request",
        rounds=len(rounds.number),
        rounds_left_out=rounds.left_out,
        rounds_silent=rounds.silent,
        round_s=rounds.round_s,
        rounds_bodies_differ=0,
        effects=(),
        counters=(),
        missing=(),
        deliveries=deliveries,
        warnings=(),
        own=own,
    )
