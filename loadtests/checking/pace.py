"""How far a plan gets in its time: rounds at a known latency, and the parts of the time."""

import math
from collections.abc import Iterator, Mapping
from itertools import islice

from contract.check import Pace, TimePart
from contract.config.measuring import ProfileConfig
from loadtests.engines.paired import COMPARED_MIN
from loadtests.planning.arrivals import blocks_planned
from loadtests.planning.plan import Plan

_BLOCKS_MAX = 10_000
"""Further blocks are not walked through; no look is declared behind so many."""


def pace_of(plan: Plan, latencies_s: Mapping[str, float]) -> tuple[Pace, ...]:
    """The pace of each scenario whose latency is known.

    Args:
        plan: in rounds, not under load.
        latencies_s: of each scenario, the sum over all variants.
    """
    return tuple(
        _pace(plan, index, latencies_s[scenario.name])
        for index, scenario in enumerate(plan.scenarios)
        if scenario.name in latencies_s
    )


def fastest_pace(plan: Plan) -> tuple[Pace, ...]:
    """The pace if every answer took no time: what is out of reach then is so in any case."""
    return pace_of(plan, dict.fromkeys((scenario.name for scenario in plan.scenarios), 0.0))


def time_parts(plan: Plan, start_s: float = 0.0) -> tuple[TimePart, ...]:
    """The parts of the time that measuring takes, without those that take none.

    Args:
        plan: what would be measured.
        start_s: how long its servers took to start.
    """
    profile = plan.profile
    parts = [TimePart("measure", sum(scenario.budget_s for scenario in plan.scenarios))]
    if not plan.urls:  # Of what runs already nothing is started.
        starts = plan.restarts[-1] if plan.restarts else 1
        parts.append(TimePart("starts", starts * start_s))
    if plan.pages:
        parts.append(TimePart("pages", profile.pages_s))
    if plan.suite:
        parts.append(TimePart("suite", profile.suite_s))
    return tuple(part for part in parts if part.seconds > 0)


def load_parts(plan: Plan) -> tuple[TimePart, ...]:
    """The same of a run under load."""
    profile, steps = plan.profile, 2 * len(plan.variants)
    switchback_s = blocks_planned(profile, len(plan.variants)) * steps * profile.sub_block_s
    parts = TimePart("capacity", profile.capacity_s), TimePart("switchback", switchback_s)
    return tuple(part for part in parts if part.seconds > 0)


def _pace(plan: Plan, index: int, latency_s: float) -> Pace:
    profile, scenario = plan.profile, plan.scenarios[index]
    # A clock that stands still has no end of a block.
    round_s = max(latency_s + len(plan.variants) * profile.gap_s, 1e-6)
    if plan.restarts:
        pair_s = profile.pair_s * scenario.share
        blocks = _blocks(profile, scenario.budget_s, round_s, pair_s, cold=True)
        return Pace(scenario.name, round_s, tuple(islice(blocks, plan.restarts[-1])))
    blocks = _blocks(profile, scenario.budget_s, round_s, profile.block_s, cold=False)
    return Pace(scenario.name, round_s, tuple(_until_budget(profile, blocks)))


def _until_budget(profile: ProfileConfig, blocks: Iterator[int]) -> Iterator[int]:
    for compared in blocks:
        yield min(compared, profile.rounds_max)
        if compared >= profile.rounds_max:
            return


def _blocks(
    profile: ProfileConfig, budget_s: float, round_s: float, block_s: float, *, cold: bool
) -> Iterator[int]:
    """Compared rounds at the end of each block, as `engines.paired` makes them.

    Args:
        profile: of the plan.
        budget_s: of the scenario.
        round_s: one round.
        block_s: what a block takes, if it has enough rounds by then.
        cold: whether servers are new in each block; it then goes on when the budget is spent.
    """
    spent_s, compared, number = 0.0, 0, 0
    while cold or spent_s < budget_s:
        settling = profile.warmup_rounds if cold or not number else min(profile.warmup_rounds, 1)
        left_s = budget_s - spent_s
        if number == _BLOCKS_MAX and not cold:
            # All others are like those before.
            yield compared + int(left_s / spent_s * compared)
            return
        within = math.ceil(max(0.0, min(block_s, left_s)) / round_s)
        rounds = max(
            settling + 1,
            min(math.ceil(max(0.0, left_s) / round_s), max(settling + COMPARED_MIN, within)),
        )
        compared += rounds - settling
        spent_s += rounds * round_s
        number += 1
        yield compared
